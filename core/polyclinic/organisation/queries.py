"""Reads of the organisation feature."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics, scope, scoped, scoped_everywhere
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.organisation.models import Clinic, Organisation, Room

_MEMO = "clinics"
_ORGANISATION = select(Organisation).where(Organisation.id == bindparam("organisation_id", type_=Uuid()))
_CLINICS = scoped_everywhere(Clinic).where(in_scope_clinics(Clinic.id)).order_by(Clinic.name, Clinic.id)
_CLINIC = _CLINICS.where(Clinic.id == bindparam("clinic_id", type_=Uuid()))
_ZONE = scoped_everywhere(Clinic, Clinic.time_zone).where(Clinic.id == bindparam("clinic_id", type_=Uuid()))
_ROOMS = scoped(Room).order_by(Room.name, Room.id)
_ROOM = scoped(Room).where(Room.id == bindparam("room_id", type_=Uuid()))


def get_organisation(actor: Actor) -> Organisation:
    """Return the actor's organisation."""
    return session().execute(_ORGANISATION, {"organisation_id": actor.organisation_id}).scalar_one()


def list_clinics(actor: Actor) -> Sequence[Clinic]:
    """Return the clinics that the actor may see, by name, archived ones included; read once per transaction."""
    asked = scope(actor, "clinics:read")
    memo: dict[tuple[UUID, ...], Sequence[Clinic]] = session().info.setdefault(_MEMO, {})
    key = (actor.organisation_id, *asked["clinic_ids"])
    if key not in memo:
        memo[key] = session().execute(_CLINICS, asked).scalars().all()
    return memo[key]


def forget_clinics() -> None:
    """Make the next question of this transaction read the clinics again."""
    session().info.pop(_MEMO, None)


def get_clinic(actor: Actor, clinic_id: UUID) -> Clinic:
    """Return one clinic; raises `NotFound` outside the actor's clinics."""
    parameters = scope(actor, "clinics:read") | {"clinic_id": clinic_id}
    clinic: Clinic | None = session().execute(_CLINIC, parameters).scalar_one_or_none()
    if clinic is None:
        raise NotFound("clinic")
    return clinic


def zone_of_clinic(organisation_id: UUID, clinic_id: UUID) -> str | None:
    """Return a clinic's time zone for a caller that has checked the actor; no secret to whoever works there."""
    parameters = {"organisation_id": organisation_id, "clinic_id": clinic_id}
    return session().execute(_ZONE, parameters).scalar_one_or_none()


def list_rooms(actor: Actor, clinic_id: UUID | None = None) -> Sequence[Room]:
    """Return the rooms of one clinic, or of all the actor's clinics."""
    return session().execute(_ROOMS, scope(actor, "clinics:read", clinic_id=clinic_id)).scalars().all()


def get_room(actor: Actor, room_id: UUID) -> Room:
    """Return one room; raises `NotFound` outside the actor's clinics."""
    room: Room | None = (
        session().execute(_ROOM, scope(actor, "clinics:read") | {"room_id": room_id}).scalar_one_or_none()
    )
    if room is None:
        raise NotFound("room")
    return room
