"""Writes of the organisation feature."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, Stale
from polyclinic.kit.ids import new_id
from polyclinic.kit.zones import is_zone
from polyclinic.organisation import queries
from polyclinic.organisation.commands import CreateClinic, CreateRoom, FoundOrganisation, UpdateClinic, UpdateRoom
from polyclinic.organisation.models import Clinic, Organisation, Room
from polyclinic.plugins.announcing import announce

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


def found_organisation(actor: Actor, command: FoundOrganisation) -> Organisation:
    """Begin the organisation whose id the actor and the running transaction already carry; the operator's act."""
    require(actor, "organisation:write")
    if not _SLUG.fullmatch(command.slug):
        raise Invalid({"slug": "Use 2 to 63 lower-case letters, digits and hyphens, for example harbour-massage."})
    organisation = Organisation(id=actor.organisation_id, name=command.name, slug=command.slug)
    try:
        with session().begin_nested():
            session().add(organisation)
    except IntegrityError as error:
        raise Conflict(f"The short name {command.slug} is taken. Choose another.", code="slug_taken") from error
    trail.write(actor, "organisation.founded", trail.Subject("organisation", organisation.id))
    return organisation


def create_clinic(actor: Actor, command: CreateClinic) -> Clinic:
    """Open a clinic; its creator's organisation-wide roles reach it from the next request on."""
    require(actor, "organisation:write")
    _check_zone(command.time_zone)
    clinic = Clinic(
        organisation_id=actor.organisation_id,
        id=command.id or new_id(),
        name=command.name,
        time_zone=command.time_zone,
        street=command.street,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        phone=command.phone,
        email=command.email,
    )
    _add(clinic, f"There is already a clinic called {command.name}. Choose another name.")
    queries.forget_clinics()
    subject = trail.Subject("clinic", clinic.id, clinic.id)
    trail.write(actor, "clinic.created", subject)
    announce(actor, "clinic.created", subject)
    return clinic


def update_clinic(actor: Actor, command: UpdateClinic) -> Clinic:
    """Change a clinic; raises `Stale` when it changed since it was read."""
    require(actor, "clinics:write", command.clinic_id)
    if "time_zone" in command.changes:
        _check_zone(command.changes["time_zone"])
    clinic = queries.get_clinic(actor, command.clinic_id)
    _change(clinic, command.row_version, command.changes)
    queries.forget_clinics()
    subject = trail.Subject("clinic", clinic.id, clinic.id)
    fields = {"fields": sorted(command.changes)}
    trail.write(actor, "clinic.updated", subject, detail=fields)
    announce(actor, "clinic.updated", subject, payload=fields)
    return clinic


def create_room(actor: Actor, command: CreateRoom) -> Room:
    """Add a room to a clinic."""
    require(actor, "clinics:write", command.clinic_id)
    queries.get_clinic(actor, command.clinic_id)
    room = Room(
        organisation_id=actor.organisation_id,
        id=command.id or new_id(),
        clinic_id=command.clinic_id,
        name=command.name,
    )
    _add(room, f"This clinic already has a room called {command.name}. Choose another name.")
    trail.write(actor, "room.created", trail.Subject("room", room.id, room.clinic_id))
    return room


def update_room(actor: Actor, command: UpdateRoom) -> Room:
    """Change a room; raises `Stale` when it changed since it was read."""
    room = queries.get_room(actor, command.room_id)
    require(actor, "clinics:write", room.clinic_id)
    _change(room, command.row_version, command.changes)
    subject = trail.Subject("room", room.id, room.clinic_id)
    trail.write(actor, "room.updated", subject, detail={"fields": sorted(command.changes)})
    return room


def _check_zone(name: str) -> None:
    if not is_zone(name):
        raise Invalid({"time_zone": f"{name!r} is not an IANA time zone. Use a name such as Europe/London."})


def _add(row: Clinic | Room, taken: str) -> None:
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError as error:
        raise Conflict(taken, code="name_taken") from error


def _change(row: Clinic | Room, row_version: int, changes: dict[str, Any]) -> None:
    kind = type(row)
    statement = (
        update(kind)
        .where(kind.organisation_id == row.organisation_id, kind.id == row.id, kind.row_version == row_version)
        .values(**changes, row_version=kind.row_version + 1, updated_at=clock.now())
        .returning(kind.row_version)
    )
    try:
        with session().begin_nested():
            changed = session().execute(statement).scalar_one_or_none()
    except IntegrityError as error:
        raise Conflict("This name is already taken. Choose another.", code="name_taken") from error
    if changed is None:
        raise Stale(
            "Somebody changed this in the meantime. Reload, look at the new values and repeat your change.",
            row_version=row.row_version,
        )
    session().refresh(row)
