"""Pages of reports: the list, one report with its questions, and its answer as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Invalid, NotAllowed, NotFound, PolyclinicError
from polyclinic.sdk.pages import query_arguments, render, send
from polyclinic.sdk.reports import ReportDefinition
from polyclinic_reporting.asking import Question, read_question
from polyclinic_reporting.exports.report_table import Format
from polyclinic_reporting.exports.writing import write_report
from polyclinic_reporting.pages.site import pages
from polyclinic_reporting.places import today_of, zones_of
from polyclinic_reporting.report_view import ReportView, exports_of, form_of, view_of
from polyclinic_reporting.running import check_size, clinics_for, run_question
from polyclinic_reporting.vocabulary import READ, SCHEDULES


@pages.get("/reports", permission=READ)
def list_reports(ctx: Ctx) -> str:
    """List the reports that the reader may run, by group."""
    groups: dict[str, list[ReportDefinition]] = {}
    for definition in ctx.core.reports.list():
        groups.setdefault(definition.group, []).append(definition)
    return render("reporting/reports.html", groups=groups, can_schedule=ctx.can(SCHEDULES))


@pages.get("/reports/<report_key>", permission=READ)
def show_report(ctx: Ctx, report_key: str) -> Any:
    """Ask a report and show its answer; a wrong question keeps what was asked and says what to correct."""
    definition = ctx.core.reports.get(report_key)
    clinics = clinics_for(ctx, definition)
    question = None
    try:
        question = question_here(ctx, definition)
        table = run_question(ctx, definition, question)
    except (NotFound, NotAllowed):
        raise
    except PolyclinicError as error:
        form = form_of(definition, question, clinics, _errors(error))
        exports = exports_of(question, is_large=True) if question and error.code == "too_many_rows" else ()
        view = ReportView(definition, form, exports=exports)
        return render("reporting/report.html", view=view, can_schedule=False), 422
    form = form_of(definition, question, clinics)
    view = view_of(table, question, form, zones_of(clinics))
    return render("reporting/report.html", view=view, can_schedule=ctx.can(SCHEDULES))


@pages.get("/exports/<report_key>/<kind>", permission=READ)
def export_report(ctx: Ctx, report_key: str, kind: str) -> Any:
    """Answer a report as a file."""
    if kind not in set(Format):
        raise NotFound("kind of file")
    definition = ctx.core.reports.get(report_key)
    table = run_question(ctx, definition, question_here(ctx, definition))
    check_size(table, "Open the report and choose the kind of file there: it is then made in the background.")
    return send(write_report(table, Format(kind)))


def question_here(ctx: Ctx, definition: ReportDefinition) -> Question:
    """Return what the page's address asks of a report; raises `Invalid` naming the parameter that is wrong."""
    today = today_of(ctx, clinics_for(ctx, definition))
    in_scope = ctx.clinic_id if ctx.clinic_id in ctx.actor.clinics_with(definition.permission) else None
    return read_question(definition, query_arguments(), today=today, clinic_id=in_scope)


def _errors(error: PolyclinicError) -> Mapping[str, str]:
    if not isinstance(error, Invalid):
        return {"_form": error.detail}
    found = {each.pointer.strip("/"): each.detail for each in error.errors}
    names = {"first_on": "first", "last_on": "last", "clinic_ids": "clinics"}
    return {names.get(name, name): text for name, text in found.items()}
