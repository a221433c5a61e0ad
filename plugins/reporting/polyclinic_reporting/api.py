"""REST resources of the reporting plugin, below `/api/v1/ext/reporting`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.sdk.api import PluginRoutes
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.reports import ReportDefinition
from polyclinic_reporting import schemas
from polyclinic_reporting.asking import Question
from polyclinic_reporting.commands import ChangeSchedule, ScheduleWishes
from polyclinic_reporting.exports.json_file import as_plain
from polyclinic_reporting.month_schemas import ClinicMonthSchema, MonthQuerySchema
from polyclinic_reporting.periods import month_of
from polyclinic_reporting.queries import runs as run_queries
from polyclinic_reporting.queries import schedules as schedule_queries
from polyclinic_reporting.queries.month import ClinicMonth, list_clinic_months
from polyclinic_reporting.queries.runs import RunRow
from polyclinic_reporting.queries.schedules import ScheduleRow
from polyclinic_reporting.run_schemas import AskForFileSchema, ReportRunSchema
from polyclinic_reporting.running import check_size, run_question
from polyclinic_reporting.services import runs, schedules
from polyclinic_reporting.vocabulary import PLUGIN_ID, READ, SCHEDULES

routes = PluginRoutes(
    PLUGIN_ID, tag="Reports", description="Reports of core and plugins, and their schedules.", takes_context=True
)


@routes.get("/reports", permission=READ, response=schemas.ReportSchema)
def list_reports(ctx: Ctx) -> list[ReportDefinition]:
    """List the reports that this key may run."""
    return list(ctx.core.reports.list())


@routes.get("/reports/<report_key>", permission=READ, response=schemas.ReportSchema)
def show_report(ctx: Ctx, report_key: str) -> ReportDefinition:
    """Show one report: its columns and what it asks for."""
    return ctx.core.reports.get(report_key)


@routes.post("/reports/<report_key>/run", permission=READ, body=schemas.RunReportSchema)
def run_report(ctx: Ctx, report_key: str, body: dict[str, Any]) -> dict[str, Any]:
    """Run a report and return its rows, money as decimal strings, with totals."""
    question = Question(
        report_key,
        body["first_on"],
        body["last_on"],
        clinic_ids=tuple(body["clinic_ids"]),
        params=body["params"],
    )
    table = run_question(ctx, ctx.core.reports.get(report_key), question)
    check_size(table, "Ask for it as a file: POST /api/v1/ext/reporting/report-runs.")
    return as_plain(table)


@routes.post(
    "/report-runs",
    permission=READ,
    body=AskForFileSchema,
    response=ReportRunSchema,
    status=202,
    location=lambda run: f"/api/v1/ext/reporting/report-runs/{run.id}",
)
def ask_for_file(ctx: Ctx, body: dict[str, Any]) -> RunRow:
    """Have a report made into a file, of any size, in the background."""
    definition = ctx.core.reports.get(body["report_key"])
    question = Question(
        definition.key,
        body["first_on"],
        body["last_on"],
        clinic_ids=tuple(body["clinic_ids"]),
        params=body["params"],
    )
    return runs.ask_for_file(ctx, definition, question, body["format"])


@routes.get("/report-runs", permission=READ, response=ReportRunSchema)
def list_runs(ctx: Ctx) -> list[RunRow]:
    """List one's own runs of the last day, the latest first."""
    return list(run_queries.list_runs(ctx))


@routes.get("/report-runs/<uuid:run_id>", permission=READ, response=ReportRunSchema)
def show_run(ctx: Ctx, run_id: UUID) -> RunRow:
    """Show how far a run is, and where its file is."""
    return run_queries.get_run(ctx, run_id)


@routes.get("/month", permission=READ, query=MonthQuerySchema, response=ClinicMonthSchema)
def show_month(ctx: Ctx, query: Mapping[str, Any]) -> Sequence[ClinicMonth]:
    """Show a month's figures by clinic, from the daily roll-up, which is at most some minutes behind."""
    first_on, last_on = month_of(date.fromisoformat(f"{query['month']}-01"))
    keys = tuple(filter(None, query.get("figures", "").split(",")))
    return list_clinic_months(ctx, first_on, last_on, keys=keys)


@routes.get("/report-schedules", permission=SCHEDULES, response=schemas.ScheduleSchema)
def list_schedules(ctx: Ctx) -> list[ScheduleRow]:
    """List one's own schedules; who administers plugins sees all of them."""
    return list(schedule_queries.list_schedules(ctx))


@routes.post(
    "/report-schedules",
    permission=SCHEDULES,
    body=schemas.ScheduleWishesSchema,
    response=schemas.ScheduleSchema,
    status=201,
    location=lambda schedule: f"/api/v1/ext/reporting/report-schedules/{schedule.id}",
)
def create_schedule(ctx: Ctx, body: ScheduleWishes) -> ScheduleRow:
    """Have a report sent by mail from now on."""
    return schedules.create_schedule(ctx, body)


@routes.get("/report-schedules/<uuid:schedule_id>", permission=SCHEDULES, response=schemas.ScheduleSchema)
def show_schedule(ctx: Ctx, schedule_id: UUID) -> ScheduleRow:
    """Show one schedule."""
    return schedule_queries.get_schedule(ctx, schedule_id)


@routes.put(
    "/report-schedules/<uuid:schedule_id>",
    permission=SCHEDULES,
    body=schemas.ScheduleWishesSchema,
    response=schemas.ScheduleSchema,
)
def change_schedule(ctx: Ctx, schedule_id: UUID, body: ScheduleWishes, row_version: int) -> ScheduleRow:
    """Change what a schedule sends."""
    return schedules.change_schedule(ctx, ChangeSchedule(schedule_id, row_version, body))


@routes.delete("/report-schedules/<uuid:schedule_id>", permission=SCHEDULES)
def remove_schedule(ctx: Ctx, schedule_id: UUID) -> None:
    """Remove a schedule."""
    schedules.remove_schedule(ctx, schedule_id)
