"""Make reports into files in the background: ask, make, clear away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from polyclinic.sdk.clients import ClientErasure, Receipt
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Invalid, NotAllowed, PolyclinicError
from polyclinic.sdk.reports import ReportDefinition
from polyclinic.sdk.tables import new_id
from polyclinic_reporting.asking import Question
from polyclinic_reporting.exports.report_table import Format, ReportTable
from polyclinic_reporting.exports.writing import write_report
from polyclinic_reporting.models.runs import ReportRun
from polyclinic_reporting.queries.runs import RunRow, get_run, load_locked
from polyclinic_reporting.running import run_question
from polyclinic_reporting.vocabulary import KEEP_FILE_HOURS, PLUGIN_ID, READ

START = f"{PLUGIN_ID}.start_report_run"
WRITE = f"{PLUGIN_ID}.write_report_file"
CLEAR = f"{PLUGIN_ID}.clear_report_files"


def ask_for_file(ctx: Ctx, definition: ReportDefinition, question: Question, kind: str) -> RunRow:
    """Have the worker make a report's answer into a file.

    Raises what running it would raise before it begins. The clinics are those within the asker's reach now, so that a
    key for one clinic never gets what its member could see elsewhere.
    """
    if kind not in set(Format):
        raise Invalid({"format": f"Choose one of {', '.join(Format)}."})
    if ctx.actor.member_id is None:
        raise NotAllowed("A file belongs to somebody who signs in here.", permission=READ)
    clinic_ids = ctx.core.reports.check(
        definition.key,
        clinic_ids=question.clinic_ids or None,
        first_on=question.first_on,
        last_on=question.last_on,
        params=question.params,
    )
    run = ReportRun(
        organisation_id=ctx.organisation_id,
        id=new_id(),
        asked_by=ctx.actor.member_id,
        report_key=definition.key,
        first_on=question.first_on,
        last_on=question.last_on,
        clinic_ids=list(clinic_ids),
        params=dict(question.params),
        sort=question.sort,
        format=kind,
        asked_at=ctx.now(),
    )
    ctx.db.add(run)
    ctx.db.flush()
    ctx.enqueue(START, {"run_id": str(run.id)})
    ctx.audit("report_file_asked", "report_run", run.id, detail={"report": definition.key, "format": kind})
    return get_run(ctx, run.id)


def start_run(ctx: Ctx, payload: Mapping[str, Any]) -> None:
    """Tell who waits that the worker has begun: the work itself is a transaction of its own."""
    run = load_locked(ctx, UUID(str(payload["run_id"])))
    if run is None or run.state != "waiting":
        return
    run.state = "running"
    ctx.db.flush()
    ctx.audit("report_file_begun", "report_run", run.id)
    ctx.enqueue(WRITE, {"run_id": str(run.id)})  # without a lock: it would wait for the end of this very job


def write_file(ctx: Ctx, payload: Mapping[str, Any]) -> None:
    """Make the file with the present permissions of who asked; a run that is finished stays as it is."""
    run = load_locked(ctx, UUID(str(payload["run_id"])))
    if run is None or run.state != "running":
        return
    try:
        table = _answer(ctx, run)
    except PolyclinicError as error:  # a report that breaks too: whoever waits is told
        run.state, run.remark, run.finished_at = "failed", error.detail, ctx.now()
        ctx.db.flush()
        ctx.audit("report_file_failed", "report_run", run.id, detail={"code": error.code})
        return
    file = write_report(table, Format(run.format))
    run.content, run.filename, run.byte_count = file.content, file.filename, len(file.content)
    run.state, run.row_count, run.finished_at = "done", len(table.rows), ctx.now()
    ctx.db.flush()
    ctx.audit("report_file_made", "report_run", run.id, detail={"rows": len(table.rows)})


def clear_files(ctx: Ctx, _payload: Mapping[str, Any]) -> None:
    """Remove the runs whose files have been kept long enough."""
    before = ctx.now() - timedelta(hours=KEEP_FILE_HOURS)
    removed = _remove(ctx, ReportRun.asked_at < before)
    if removed:
        ctx.audit("report_files_cleared", "report_run", detail={"removed": removed})


def forget_client(ctx: Ctx, _erasure: ClientErasure) -> Receipt:
    """Remove every file, also one that is being made: any may name the client who is erased; each can be made again."""
    removed = _remove(ctx, ReportRun.state.in_(["running", "done"]))
    lines = [f"{removed} files of reports were removed, because they may name the client."] if removed else []
    return Receipt(lines=lines, changed=removed)


def _answer(ctx: Ctx, run: ReportRun) -> ReportTable:
    own = ctx.on_behalf_of(run.asked_by)
    if not own.can(READ):
        raise NotAllowed("You may no longer see reports.", permission=READ)
    question = Question(
        run.report_key,
        run.first_on,
        run.last_on,
        clinic_ids=tuple(run.clinic_ids),
        params=run.params,
        sort=run.sort,
    )
    return run_question(own, own.core.reports.get(run.report_key), question, for_file=True)


def _remove(ctx: Ctx, which: Any) -> int:
    statement = delete(ReportRun).where(ReportRun.organisation_id == ctx.organisation_id, which)
    return int(ctx.db.execute(statement, execution_options={"synchronize_session": False}).rowcount)
