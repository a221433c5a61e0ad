"""Built-in roles and what each may do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from polyclinic.access.permissions import CORE_PERMISSIONS


class Role(StrEnum):
    """The built-in roles, assigned at one clinic or at all."""

    CHAIN_ADMINISTRATOR = "chain_administrator"
    CLINIC_MANAGER = "clinic_manager"
    FRONT_DESK = "front_desk"
    THERAPIST = "therapist"


ROLE_TITLES: Mapping[Role, str] = MappingProxyType(
    {
        Role.CHAIN_ADMINISTRATOR: "Chain administrator",
        Role.CLINIC_MANAGER: "Clinic manager",
        Role.FRONT_DESK: "Front desk",
        Role.THERAPIST: "Therapist",
    }
)

_READ_BASICS = frozenset({"clinics:read", "therapists:read", "services:read", "clients:read", "appointments:read"})
_FRONT_DESK = _READ_BASICS | {"clients:write", "appointments:write", "health-history:read"}
_THERAPIST = _FRONT_DESK | {
    "health-history:write",
    "treatment-records:read",
    "treatment-records:write",
    "treatment-records:sign",
    "treatment-records:amend",
}
_CLINIC_MANAGER = _THERAPIST | {
    "appointments:overbook",
    "clients:merge",
    "clinics:write",
    "therapists:write",
    "services:write",
    "members:read",
    "plugins:read",
    "audit:read",
    "treatment-records:override-block",
}
# Only what holds for one clinic: an act on the whole organisation needs the chain administrator.
ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        Role.CHAIN_ADMINISTRATOR.value: frozenset(CORE_PERMISSIONS),
        Role.CLINIC_MANAGER.value: _CLINIC_MANAGER,
        Role.FRONT_DESK.value: _FRONT_DESK,
        Role.THERAPIST.value: _THERAPIST,
    }
)
