"""Send the reports that are due, each with its owner's present permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid, NotAllowed, NotFound
from polyclinic.sdk.money import format_moment
from polyclinic_reporting.asking import Question
from polyclinic_reporting.cadence import next_run
from polyclinic_reporting.exports.report_table import Format, ReportTable
from polyclinic_reporting.exports.writing import write_report
from polyclinic_reporting.models.schedules import Schedule
from polyclinic_reporting.periods import Preset, span_of
from polyclinic_reporting.queries.schedules import list_due, load_locked
from polyclinic_reporting.running import run_question
from polyclinic_reporting.services.schedules import cadence_of
from polyclinic_reporting.value_text import period_text, total_text
from polyclinic_reporting.vocabulary import PLUGIN_ID, SCHEDULES

SEND_ONE = f"{PLUGIN_ID}.send_schedule"


def send_due(ctx: Ctx, _payload: Mapping[str, Any]) -> None:
    """Have every schedule that is due sent by a job of its own, so that one that fails holds up no other."""
    for schedule_id in list_due(ctx):
        ctx.enqueue(SEND_ONE, {"schedule_id": str(schedule_id)}, lock=f"schedule:{schedule_id}")


def send_schedule(ctx: Ctx, payload: Mapping[str, Any]) -> None:
    """Send one report if it is still due; a second job for the same time finds nothing to do."""
    schedule = load_locked(ctx, UUID(str(payload["schedule_id"])))
    if schedule is None or schedule.state != "active" or schedule.next_run_at > ctx.now():
        return
    due = schedule.next_run_at
    try:
        table = _run(ctx, schedule)
    except (NotAllowed, NotFound) as error:
        _suspend(ctx, schedule, error.detail)
        return
    except (Invalid, Conflict) as error:
        _move_on(ctx, schedule, f"Not sent on {format_moment(due, schedule.zone)}: {error.detail}")
        ctx.audit("schedule_failed", "report_schedule", schedule.id, detail={"code": error.code})
        return
    _mail(ctx, schedule, table)
    _move_on(ctx, schedule, "")
    ctx.audit("schedule_sent", "report_schedule", schedule.id, detail={"rows": len(table.rows)})


def _run(ctx: Ctx, schedule: Schedule) -> ReportTable:
    if schedule.owner_id is None:
        raise NotFound("owner of this schedule")
    own = ctx.on_behalf_of(schedule.owner_id)
    if not own.can(SCHEDULES):
        raise NotAllowed("The owner may no longer schedule reports.", permission=SCHEDULES)
    definition = own.core.reports.get(schedule.report_key)
    today = schedule.next_run_at.astimezone(ZoneInfo(schedule.zone)).date()
    first_on, last_on = span_of(Preset(schedule.preset), today)
    question = Question(
        schedule.report_key,
        first_on,
        last_on,
        schedule.preset,
        tuple(schedule.clinic_ids),
        schedule.params,
    )
    return run_question(own, definition, question, for_file=True)


def _mail(ctx: Ctx, schedule: Schedule, table: ReportTable) -> None:
    subject = f"{table.definition.title}: {period_text(table)}"
    lines = [table.definition.description, "", f"Clinics: {', '.join(table.clinics)}", f"Rows: {len(table.rows)}"]
    lines += [
        f"{column.title}: {total_text(column, table.totals[column.name])}"
        for column in table.columns
        if column.name in table.totals
    ]
    lines += ["", "The whole report is attached. Change or stop it in Polyclinic under Reports, Schedules."]
    file = write_report(table, Format(schedule.format))
    for address in schedule.recipients:
        ctx.mail(address, subject, "\n".join(lines), [file])


def _suspend(ctx: Ctx, schedule: Schedule, reason: str) -> None:
    """Send nothing more: what the owner may no longer see, nobody gets in the owner's name."""
    schedule.state = "suspended"
    schedule.remark = reason
    schedule.row_version += 1
    ctx.db.flush()
    ctx.audit("schedule_suspended", "report_schedule", schedule.id)


def _move_on(ctx: Ctx, schedule: Schedule, remark: str) -> None:
    schedule.remark = remark
    schedule.last_run_at = ctx.now()
    schedule.next_run_at = next_run(cadence_of(schedule), ctx.now())
    schedule.row_version += 1
    ctx.db.flush()
