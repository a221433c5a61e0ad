"""Pages of files that the worker makes: ask for one, watch it come, fetch it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.pages import is_htmx, redirect, render, render_fragment
from polyclinic_reporting.pages.reports import question_here
from polyclinic_reporting.pages.site import pages
from polyclinic_reporting.places import zone_here
from polyclinic_reporting.queries.runs import get_run, list_runs
from polyclinic_reporting.run_view import shown
from polyclinic_reporting.services import runs
from polyclinic_reporting.vocabulary import KEEP_FILE_HOURS, READ


@pages.get("/files", permission=READ)
def list_files(ctx: Ctx) -> str:
    """List one's own files of the last day."""
    titles = {definition.key: definition.title for definition in ctx.core.reports.list()}
    zone = zone_here(ctx, ctx.core.clinics.list())
    files = [shown(run, titles, zone, ctx.now()) for run in list_runs(ctx)]
    return render("reporting/files.html", files=files, hours=KEEP_FILE_HOURS)


@pages.post("/files/new/<report_key>/<kind>", permission=READ)
def ask_for_file(ctx: Ctx, report_key: str, kind: str) -> Any:
    """Have the answer to the address's question made into a file."""
    definition = ctx.core.reports.get(report_key)
    run = runs.ask_for_file(ctx, definition, question_here(ctx, definition), kind)
    return redirect(f"files/{run.id}")


@pages.get("/files/<uuid:run_id>", permission=READ)
def show_file(ctx: Ctx, run_id: UUID) -> str:
    """Show how far a file is; the page asks again by itself until it is there."""
    run = get_run(ctx, run_id)
    titles = {run.report_key: ctx.core.reports.get(run.report_key).title}
    view = shown(run, titles, zone_here(ctx, ctx.core.clinics.list()), ctx.now())
    if is_htmx():
        return render_fragment("reporting/_file.html", file=view)
    return render("reporting/file.html", file=view, hours=KEEP_FILE_HOURS)
