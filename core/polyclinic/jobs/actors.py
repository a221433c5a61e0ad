"""The actor of work that no person asked for: explicit clinics, every permission of core."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.access.permissions import CORE_PERMISSIONS


def system_actor(organisation_id: UUID, clinic_ids: Sequence[UUID] = (), *, name: str = "Polyclinic") -> Actor:
    """Return an actor that may do everything at the listed clinics and in the organisation itself."""
    # An organisation without clinics still needs its own permissions held "somewhere"; no clinic has this id.
    held = frozenset(clinic_ids) or frozenset({organisation_id})
    grants = dict.fromkeys(CORE_PERMISSIONS, held)
    return Actor(ActorKind.SYSTEM, organisation_id, tuple(clinic_ids), grants, name=name)
