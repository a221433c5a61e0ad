"""Registrations: licences of therapists, with their expiry."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.therapists import queries
from polyclinic.therapists.commands import CreateRegistration, UpdateRegistration
from polyclinic.therapists.models import Registration
from polyclinic.therapists.rows import RegistrationRow
from polyclinic.therapists.services.profiles import writable_therapist

_CHANGED = {"fields": ["registrations"]}
_TAKEN = "This therapist already has a registration with this number, modality and first day."


def create_registration(actor: Actor, command: CreateRegistration) -> RegistrationRow:
    """Record a licence of a therapist."""
    require(actor, "therapists:write")
    therapist = writable_therapist(actor, command.therapist_id)
    _check_days(command.valid_from, command.expires_on)
    registration = Registration(
        organisation_id=actor.organisation_id,
        id=command.id or new_id(),
        therapist_id=therapist.id,
        authority=command.authority,
        number=command.number,
        modality=command.modality,
        valid_from=command.valid_from,
        expires_on=command.expires_on,
    )
    try:
        with session().begin_nested():
            session().add(registration)
    except IntegrityError as error:
        raise Conflict(_TAKEN, code="registration_exists") from error
    detail = {"therapist_id": str(therapist.id)}
    trail.write(actor, "registration.created", trail.Subject("registration", registration.id), detail=detail)
    announce(actor, "therapist.updated", trail.Subject("therapist", therapist.id), payload=_CHANGED)
    return queries.get_registration(actor, registration.id)


def update_registration(actor: Actor, command: UpdateRegistration) -> RegistrationRow:
    """Correct or prolong a registration; raises `Stale` when it changed since it was read."""
    require(actor, "therapists:write")
    row = queries.get_registration(actor, command.registration_id)
    writable_therapist(actor, row.therapist_id)
    changes = command.changes
    _check_days(changes.get("valid_from", row.valid_from), changes.get("expires_on", row.expires_on))
    statement = (
        update(Registration)
        .where(
            Registration.organisation_id == actor.organisation_id,
            Registration.id == row.id,
            Registration.row_version == command.row_version,
        )
        .values(**changes, row_version=Registration.row_version + 1, updated_at=clock.now())
        .returning(Registration.id)
        .execution_options(synchronize_session=False)
    )
    try:
        with session().begin_nested():
            changed = session().execute(statement).scalar_one_or_none()
    except IntegrityError as error:
        raise Conflict(_TAKEN, code="registration_exists") from error
    if changed is None:
        raise Stale(
            "Somebody changed this registration in the meantime. Reload and repeat your change.",
            row_version=row.row_version,
            current=row,
        )
    detail = {"therapist_id": str(row.therapist_id), "fields": sorted(changes)}
    trail.write(actor, "registration.updated", trail.Subject("registration", row.id), detail=detail)
    announce(actor, "therapist.updated", trail.Subject("therapist", row.therapist_id), payload=_CHANGED)
    return queries.get_registration(actor, row.id)


def _check_days(valid_from: date, expires_on: date | None) -> None:
    if expires_on is not None and expires_on < valid_from:
        raise Invalid({"expires_on": "The last day must not lie before the first."})
