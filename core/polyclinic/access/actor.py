"""Who asks: always the first argument of a service or query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of principal acts."""

    MEMBER = "member"
    CLIENT = "client"
    API_KEY = "api_key"
    PLUGIN = "plugin"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """One principal in one organisation.

    `clinic_ids` is the explicit list of clinics it may see, never "empty = all". `grants` maps a permission to the
    clinics where it holds; organisation-wide permissions hold at every clinic of the list.
    """

    kind: ActorKind
    organisation_id: UUID
    clinic_ids: tuple[UUID, ...] = ()
    grants: Mapping[str, frozenset[UUID]] = field(default_factory=dict)
    user_id: UUID | None = None
    member_id: UUID | None = None
    key_id: UUID | None = None
    name: str = ""
    ip: str | None = None
    request_id: str | None = None

    @property
    def principal(self) -> str:
        """Return a stable text for audit rows and idempotency keys: kind and id."""
        return f"{self.kind}:{self.key_id or self.member_id or '-'}"

    def clinics_with(self, permission: str) -> tuple[UUID, ...]:
        """Return the clinics at which this actor holds `permission`, in a stable order."""
        held = self.grants.get(permission, frozenset())
        return tuple(clinic for clinic in self.clinic_ids if clinic in held)

    def can(self, permission: str, clinic_id: UUID | None = None) -> bool:
        """Tell whether the actor holds `permission` at the clinic, or anywhere when none is named."""
        held = self.grants.get(permission, frozenset())
        return bool(held) if clinic_id is None else clinic_id in held
