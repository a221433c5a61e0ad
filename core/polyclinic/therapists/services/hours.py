"""Weekly hours of therapists, clinic by clinic."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, insert

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, FieldError, Invalid, NotFound
from polyclinic.kit.ids import new_id
from polyclinic.organisation.models import Clinic
from polyclinic.plugins.announcing import announce
from polyclinic.therapists import queries, rules
from polyclinic.therapists.commands import AddWorkingHours, HoursAtClinic, SetWorkingHours, TherapistAtClinic
from polyclinic.therapists.models import WorkingHours
from polyclinic.therapists.rows import HoursSpan, TherapistRow, WeeklyHours
from polyclinic.therapists.services.profiles import bump_version, writable_therapist
from polyclinic.therapists.vocabulary import MAX_HOURS_PER_CLINIC

_CLINIC = bindparam("clinic_id", type_=Uuid())
_ZONE_HERE = scoped_everywhere(Clinic, Clinic.time_zone).where(Clinic.id == _CLINIC).correlate(None).scalar_subquery()
# Wall times of two zones cannot be compared weekly; there the reservations of the calendar keep visits apart.
_ELSEWHERE = (
    scoped_everywhere(
        WorkingHours,
        WorkingHours.weekday,
        WorkingHours.starts_at,
        WorkingHours.ends_at,
        WorkingHours.valid_from,
        WorkingHours.valid_until,
    )
    .join(Clinic, (Clinic.organisation_id == WorkingHours.organisation_id) & (Clinic.id == WorkingHours.clinic_id))
    .where(
        WorkingHours.therapist_id == bindparam("therapist_id", type_=Uuid()),
        WorkingHours.clinic_id != _CLINIC,
        Clinic.time_zone == _ZONE_HERE,
    )
)


def set_working_hours(actor: Actor, command: SetWorkingHours) -> WeeklyHours:
    """Replace all weekly hours of a therapist at one clinic.

    Raises `Invalid` for hours that overlap each other or those at another clinic of the same time zone.
    """
    require(actor, "therapists:write", command.at.clinic_id)
    therapist = writable_therapist(actor, command.therapist_id)
    _require_at_clinic(therapist, command.at.clinic_id)
    bump_version(actor, therapist, command.row_version, {})
    _check(actor, therapist.id, command.at)
    _replace(actor, therapist.id, command.at)
    subject = trail.Subject("therapist", therapist.id, command.at.clinic_id)
    trail.write(actor, "therapist.hours_set", subject, detail={"count": len(command.at.hours)})
    announce(actor, "therapist.updated", subject, payload={"fields": ["hours"]})
    return queries.get_weekly_hours(actor, therapist.id, command.at.clinic_id)


def add_working_hours(actor: Actor, therapist_id: UUID, row_version: int, command: AddWorkingHours) -> WeeklyHours:
    """Add the same hours on several weekdays to those that are there."""
    require(actor, "therapists:write", command.clinic_id)
    if not command.weekdays:
        raise Invalid({"weekdays": "Choose at least one weekday."})
    added = [
        HoursSpan(weekday, command.starts_at, command.ends_at, command.valid_from, command.valid_until)
        for weekday in sorted(set(command.weekdays))
    ]
    kept: Sequence[HoursSpan] = queries.get_weekly_hours(actor, therapist_id, command.clinic_id).hours
    at = HoursAtClinic(command.clinic_id, (*kept, *added))
    return set_working_hours(actor, SetWorkingHours(therapist_id, row_version, at))


def remove_working_hours(actor: Actor, command: TherapistAtClinic, hours_id: UUID) -> WeeklyHours:
    """Take one entry out of the weekly hours; raises `NotFound` when it is not there."""
    require(actor, "therapists:write", command.clinic_id)
    hours = queries.get_weekly_hours(actor, command.therapist_id, command.clinic_id).hours
    kept = tuple(row for row in hours if row.id != hours_id)
    if len(kept) == len(hours):
        raise NotFound("working hours")
    at = HoursAtClinic(command.clinic_id, kept)
    return set_working_hours(actor, SetWorkingHours(command.therapist_id, command.row_version, at))


def _require_at_clinic(therapist: TherapistRow, clinic_id: UUID) -> None:
    if clinic_id not in therapist.clinic_ids:
        raise Conflict("The therapist does not work at this clinic. Add the clinic first.", code="not_at_clinic")


def _check(actor: Actor, therapist_id: UUID, at: HoursAtClinic) -> None:
    if len(at.hours) > MAX_HOURS_PER_CLINIC:
        raise Invalid({"hours": f"At most {MAX_HOURS_PER_CLINIC} entries per clinic."})
    parameters = {"organisation_id": actor.organisation_id, "therapist_id": therapist_id, "clinic_id": at.clinic_id}
    elsewhere = [HoursSpan(*row) for row in session().execute(_ELSEWHERE, parameters)]
    problems = rules.hours_problems(at.hours, elsewhere)
    if problems:
        raise Invalid([FieldError(f"/hours/{problem.index}", problem.detail) for problem in problems])


def _replace(actor: Actor, therapist_id: UUID, at: HoursAtClinic) -> None:
    statement = delete(WorkingHours).where(
        WorkingHours.organisation_id == actor.organisation_id,
        WorkingHours.therapist_id == therapist_id,
        WorkingHours.clinic_id == at.clinic_id,
    )
    session().execute(statement.execution_options(synchronize_session=False))
    rows = [
        {
            "organisation_id": actor.organisation_id,
            "id": new_id(),
            "therapist_id": therapist_id,
            "clinic_id": at.clinic_id,
            "weekday": span.weekday,
            "starts_at": span.starts_at,
            "ends_at": span.ends_at,
            "valid_from": span.valid_from,
            "valid_until": span.valid_until,
        }
        for span in at.hours
    ]
    if rows:
        session().execute(insert(WorkingHours), rows)
