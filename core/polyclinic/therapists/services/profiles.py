"""Therapists themselves: name, modalities, sign-in, clinics, archiving."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, PolyclinicError, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.therapists import queries
from polyclinic.therapists.commands import CreateTherapist, TherapistAtClinic, UpdateTherapist
from polyclinic.therapists.models import Therapist, TherapistClinic, WorkingHours
from polyclinic.therapists.rows import TherapistRow

_WRITE = "therapists:write"


def create_therapist(actor: Actor, command: CreateTherapist) -> TherapistRow:
    """Let a therapist work at one or more of the actor's clinics."""
    require(actor, _WRITE)
    if not command.clinic_ids:
        raise Invalid({"clinic_ids": "Choose at least one clinic."})
    for clinic_id in command.clinic_ids:
        require(actor, _WRITE, clinic_id)
    therapist = Therapist(
        organisation_id=actor.organisation_id,
        id=command.id or new_id(),
        member_id=command.member_id,
        display_name=command.display_name,
        modalities=_distinct(command.modalities),
    )
    clinic_ids = list(dict.fromkeys(command.clinic_ids))
    try:
        with session().begin_nested():
            session().add(therapist)
            session().flush()
            session().add_all(_link(actor, therapist.id, clinic_id) for clinic_id in clinic_ids)
    except IntegrityError as error:
        raise _explain(error) from error
    detail = {"clinic_ids": [str(clinic_id) for clinic_id in clinic_ids]}
    subject = trail.Subject("therapist", therapist.id)
    trail.write(actor, "therapist.created", subject, detail=detail)
    announce(actor, "therapist.joined", subject, payload=detail)
    return queries.get_therapist(actor, therapist.id)


def update_therapist(actor: Actor, command: UpdateTherapist) -> TherapistRow:
    """Change name, modalities or sign-in; raises `Stale` when the therapist changed since it was read."""
    therapist = writable_therapist(actor, command.therapist_id)
    changes = dict(command.changes)
    if "modalities" in changes:
        changes["modalities"] = _distinct(changes["modalities"])
    bump_version(actor, therapist, command.row_version, changes)
    detail = {"fields": sorted(changes)}
    subject = trail.Subject("therapist", therapist.id)
    trail.write(actor, "therapist.updated", subject, detail=detail)
    announce(actor, "therapist.updated", subject, payload=detail)
    return queries.get_therapist(actor, therapist.id)


def archive_therapist(actor: Actor, therapist_id: UUID, row_version: int) -> TherapistRow:
    """Take a therapist off the lists; appointments and records keep them."""
    return _set_archived(actor, therapist_id, row_version, clock.now())


def restore_therapist(actor: Actor, therapist_id: UUID, row_version: int) -> TherapistRow:
    """Put an archived therapist back on the lists."""
    return _set_archived(actor, therapist_id, row_version, None)


def add_clinic(actor: Actor, command: TherapistAtClinic) -> TherapistRow:
    """Let a therapist work at one more clinic; a clinic that is there already changes nothing."""
    require(actor, _WRITE, command.clinic_id)
    therapist = writable_therapist(actor, command.therapist_id)
    if command.clinic_id in therapist.clinic_ids:
        return therapist
    bump_version(actor, therapist, command.row_version, {})
    session().add(_link(actor, therapist.id, command.clinic_id))
    session().flush()
    subject = trail.Subject("therapist", therapist.id, command.clinic_id)
    trail.write(actor, "therapist.clinic_added", subject)
    announce(actor, "therapist.joined", subject)
    return queries.get_therapist(actor, therapist.id)


def withdraw_clinic(actor: Actor, command: TherapistAtClinic) -> TherapistRow:
    """End a therapist's work at a clinic with their hours there; raises `Conflict` for the last one of the actor's."""
    require(actor, _WRITE, command.clinic_id)
    therapist = writable_therapist(actor, command.therapist_id)
    if command.clinic_id not in therapist.clinic_ids:
        return therapist
    if len(therapist.clinic_ids) == 1:
        raise Conflict("A therapist works at one clinic at least. Add another clinic first, or archive the therapist.")
    bump_version(actor, therapist, command.row_version, {})
    for model in (WorkingHours, TherapistClinic):
        statement = delete(model).where(
            model.organisation_id == actor.organisation_id,
            model.therapist_id == therapist.id,
            model.clinic_id == command.clinic_id,
        )
        session().execute(statement)
    subject = trail.Subject("therapist", therapist.id, command.clinic_id)
    trail.write(actor, "therapist.clinic_withdrawn", subject)
    announce(actor, "therapist.left", subject)
    return queries.get_therapist(actor, therapist.id)


def writable_therapist(actor: Actor, therapist_id: UUID) -> TherapistRow:
    """Return a therapist who works at a clinic where the actor holds `therapists:write`; raises `NotAllowed`."""
    require(actor, _WRITE)
    therapist = queries.get_therapist(actor, therapist_id)
    if not any(actor.can(_WRITE, clinic_id) for clinic_id in therapist.clinic_ids):
        raise NotAllowed("You may not change therapists at this therapist's clinics.", permission=_WRITE)
    return therapist


def bump_version(actor: Actor, therapist: TherapistRow, row_version: int, changes: dict[str, Any]) -> None:
    """Apply changes to the therapist's row and count the version up; raises `Stale` when it is not the one read."""
    statement = (
        update(Therapist)
        .where(
            Therapist.organisation_id == actor.organisation_id,
            Therapist.id == therapist.id,
            Therapist.row_version == row_version,
        )
        .values(**changes, row_version=Therapist.row_version + 1, updated_at=clock.now())
        .returning(Therapist.row_version)
        .execution_options(synchronize_session=False)
    )
    try:
        with session().begin_nested():
            changed = session().execute(statement).scalar_one_or_none()
    except IntegrityError as error:
        raise _explain(error) from error
    if changed is None:
        raise Stale(
            "Somebody changed this therapist in the meantime. Reload, look at the new values and repeat your change.",
            row_version=therapist.row_version,
            current=therapist,
        )


def _set_archived(actor: Actor, therapist_id: UUID, row_version: int, at: datetime | None) -> TherapistRow:
    therapist = writable_therapist(actor, therapist_id)
    bump_version(actor, therapist, row_version, {"archived_at": at})
    action = "therapist.archived" if at else "therapist.restored"
    subject = trail.Subject("therapist", therapist.id)
    trail.write(actor, action, subject)
    announce(actor, "therapist.left" if at else "therapist.joined", subject)
    return queries.get_therapist(actor, therapist.id)


def _link(actor: Actor, therapist_id: UUID, clinic_id: UUID) -> TherapistClinic:
    return TherapistClinic(
        organisation_id=actor.organisation_id, id=new_id(), therapist_id=therapist_id, clinic_id=clinic_id
    )


def _distinct(modalities: Any) -> list[str]:
    return list(dict.fromkeys(modalities))


def _explain(error: IntegrityError) -> PolyclinicError:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", "") or ""
    if name == "uq_therapist_member_id":
        return Conflict("This sign-in already belongs to another therapist.", code="member_taken")
    if name == "fk_member_id_to_member":
        return Invalid({"member_id": "There is no such member in this organisation."})
    return Conflict("There is already a therapist with this id.", code="id_taken")
