"""Make, change, stop and remove schedules."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update

from polyclinic.sdk.context import ClinicFact, Ctx
from polyclinic.sdk.errors import Invalid, NotAllowed, Stale
from polyclinic_reporting.cadence import Cadence, Rhythm, next_run
from polyclinic_reporting.commands import ChangeSchedule, ScheduleWishes
from polyclinic_reporting.exports.report_table import Format
from polyclinic_reporting.models.schedules import Schedule
from polyclinic_reporting.periods import Preset
from polyclinic_reporting.queries.schedules import ScheduleRow, get_schedule
from polyclinic_reporting.running import clinics_for
from polyclinic_reporting.vocabulary import SCHEDULES

MOST_RECIPIENTS = 10
ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\.[A-Za-z]{2,63}")


def create_schedule(ctx: Ctx, wishes: ScheduleWishes) -> ScheduleRow:
    """Have a report sent from now on; raises `Invalid` naming the field, `NotFound` for a report out of reach."""
    _require(ctx)
    if ctx.actor.member_id is None:
        raise NotAllowed("A schedule belongs to somebody who signs in here.", permission=SCHEDULES)
    values = _checked(ctx, wishes)
    schedule = Schedule(
        organisation_id=ctx.organisation_id, id=uuid4(), owner_id=ctx.actor.member_id, state="active", **values
    )
    ctx.db.add(schedule)
    ctx.db.flush()
    _audit(ctx, "schedule_created", schedule.id, wishes)
    return get_schedule(ctx, schedule.id)


def change_schedule(ctx: Ctx, command: ChangeSchedule) -> ScheduleRow:
    """Change what a schedule sends; one that was suspended becomes active and belongs to who changed it."""
    _require(ctx)
    schedule = get_schedule(ctx, command.schedule_id)
    values = _checked(ctx, command.wishes) | {"owner_id": ctx.actor.member_id, "state": "active", "remark": ""}
    _write(ctx, schedule, command.row_version, values)
    _audit(ctx, "schedule_changed", schedule.id, command.wishes)
    return get_schedule(ctx, schedule.id)


def pause_schedule(ctx: Ctx, schedule_id: UUID, row_version: int) -> ScheduleRow:
    """Stop sending a report until it is resumed."""
    schedule = get_schedule(ctx, schedule_id)
    _write(ctx, schedule, row_version, {"state": "paused"})
    ctx.audit("schedule_paused", "report_schedule", schedule.id)
    return get_schedule(ctx, schedule.id)


def resume_schedule(ctx: Ctx, schedule_id: UUID, row_version: int) -> ScheduleRow:
    """Send a paused report again, from its next time on; what was missed is not sent."""
    schedule = get_schedule(ctx, schedule_id)
    due = next_run(cadence_of(schedule), ctx.now())
    _write(ctx, schedule, row_version, {"state": "active", "remark": "", "next_run_at": due})
    ctx.audit("schedule_resumed", "report_schedule", schedule.id)
    return get_schedule(ctx, schedule.id)


def remove_schedule(ctx: Ctx, schedule_id: UUID) -> None:
    """Remove a schedule; the audit trail keeps that it was there."""
    schedule = get_schedule(ctx, schedule_id)
    ctx.db.execute(delete(Schedule).where(Schedule.organisation_id == ctx.organisation_id, Schedule.id == schedule.id))
    ctx.audit("schedule_removed", "report_schedule", schedule.id, detail={"report": schedule.report_key})


def cadence_of(schedule: ScheduleRow | Schedule) -> Cadence:
    """Return when a schedule runs."""
    return Cadence(Rhythm(schedule.rhythm), schedule.hour, schedule.zone, schedule.day)


def _require(ctx: Ctx) -> None:
    if not ctx.can(SCHEDULES):
        raise NotAllowed("Your role may not schedule reports. Ask a chain administrator.", permission=SCHEDULES)


def _checked(ctx: Ctx, wishes: ScheduleWishes) -> dict[str, Any]:
    """Return the columns of a schedule; raises `Invalid` with every field that is wrong."""
    definition = ctx.core.reports.get(wishes.report_key)
    clinics = clinics_for(ctx, definition)
    recipients = list(dict.fromkeys(address.strip() for address in wishes.recipients if address.strip()))
    problems = _problems(wishes, recipients, {clinic.id for clinic in clinics})
    if problems:
        raise Invalid(problems)
    zone = _zone(clinics, wishes.clinic_ids)
    cadence = Cadence(Rhythm(wishes.rhythm), wishes.hour, zone, wishes.day)
    return {
        "report_key": definition.key,
        "clinic_ids": list(wishes.clinic_ids),
        "preset": wishes.preset,
        "params": dict(wishes.params),
        "format": wishes.format,
        "rhythm": wishes.rhythm,
        "day": wishes.day,
        "hour": wishes.hour,
        "zone": zone,
        "recipients": recipients,
        "next_run_at": next_run(cadence, ctx.now()),
    }


def _problems(wishes: ScheduleWishes, recipients: list[str], allowed: set[UUID]) -> dict[str, str]:
    found = {}
    if wishes.preset not in set(Preset):
        found["preset"] = "Choose a period that moves along, such as last month."
    if wishes.format not in set(Format):
        found["format"] = f"Choose one of {', '.join(Format)}."
    if wishes.rhythm not in set(Rhythm):
        found["rhythm"] = f"Choose one of {', '.join(Rhythm)}."
    elif not _is_day(Rhythm(wishes.rhythm), wishes.day):
        found["day"] = "Choose a weekday (0 = Monday to 6), or a day of the month from 1 to 31."
    if not 0 <= wishes.hour <= 23:
        found["hour"] = "Choose an hour from 0 to 23."
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        found["recipients"] = f"Give 1 to {MOST_RECIPIENTS} e-mail addresses, one a line."
    wrong = [address for address in recipients if not ADDRESS.fullmatch(address)]
    if wrong:
        found["recipients"] = f"{wrong[0]} is not an e-mail address. Write one a line."
    if not set(wishes.clinic_ids) <= allowed:
        found["clinic_ids"] = "One of these clinics is out of your reach. Choose from the list."
    return found


def _is_day(rhythm: Rhythm, day: int) -> bool:
    match rhythm:
        case Rhythm.DAILY:
            return True
        case Rhythm.WEEKLY:
            return 0 <= day <= 6
        case Rhythm.MONTHLY:
            return 1 <= day <= 31


def _zone(clinics: list[ClinicFact] | Any, chosen: tuple[UUID, ...]) -> str:
    zones = [clinic.time_zone for clinic in clinics if not chosen or clinic.id in chosen]
    return zones[0] if zones else "UTC"


def _write(ctx: Ctx, schedule: ScheduleRow, row_version: int, values: dict[str, Any]) -> None:
    statement = (
        update(Schedule)
        .where(
            Schedule.organisation_id == ctx.organisation_id,
            Schedule.id == schedule.id,
            Schedule.row_version == row_version,
        )
        .values(**values, row_version=Schedule.row_version + 1, updated_at=ctx.now())
        .returning(Schedule.row_version)
        .execution_options(synchronize_session=False)
    )
    if ctx.db.execute(statement).scalar_one_or_none() is None:
        raise Stale(
            "Somebody changed this schedule in the meantime. Look at it again and repeat your change.",
            row_version=schedule.row_version,
            current=schedule,
        )


def _audit(ctx: Ctx, action: str, schedule_id: UUID, wishes: ScheduleWishes) -> None:
    detail = {"report": wishes.report_key, "recipients": len(wishes.recipients), "rhythm": wishes.rhythm}
    ctx.audit(action, "report_schedule", schedule_id, detail=detail)
