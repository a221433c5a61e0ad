"""Reads of report runs: always one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic_reporting.models.runs import ReportRun
from polyclinic_reporting.vocabulary import PLUGIN_ID

MOST = 50


@dataclass(frozen=True)
class RunRow:
    """A report that is or was made into a file; see the model for its columns."""

    id: UUID
    asked_by: UUID
    report_key: str
    first_on: date
    last_on: date
    clinic_ids: Sequence[UUID]
    params: dict[str, Any]
    sort: str
    format: str
    state: str
    remark: str
    row_count: int | None
    filename: str
    byte_count: int | None
    asked_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Tell whether the file is still to come."""
        return self.state in {"waiting", "running"}

    @property
    def file_url(self) -> str | None:
        """The address of the file over REST; None before it is made."""
        return f"/api/v1/documents/{PLUGIN_ID}.file/{self.id}" if self.state == "done" else None


_OWN = select(*(getattr(ReportRun, name) for name in RunRow.__dataclass_fields__)).where(
    ReportRun.organisation_id == bindparam("organisation_id", type_=Uuid()),
    ReportRun.asked_by == bindparam("member_id", type_=Uuid()),
)
_LIST = _OWN.order_by(ReportRun.asked_at.desc(), ReportRun.id).limit(MOST)
_ONE = _OWN.where(ReportRun.id == bindparam("run_id", type_=Uuid()))
_CONTENT = select(ReportRun.content).where(
    ReportRun.organisation_id == bindparam("organisation_id", type_=Uuid()),
    ReportRun.id == bindparam("run_id", type_=Uuid()),
)
_LOCKED = (
    select(ReportRun)
    .where(
        ReportRun.organisation_id == bindparam("organisation_id", type_=Uuid()),
        ReportRun.id == bindparam("run_id", type_=Uuid()),
    )
    .with_for_update()
)


def list_runs(ctx: Ctx) -> Sequence[RunRow]:
    """Return one's own runs, the latest first."""
    return [RunRow(*row) for row in ctx.db.execute(_LIST, _scope(ctx))]


def get_run(ctx: Ctx, run_id: UUID) -> RunRow:
    """Return one's own run; raises `NotFound` for somebody else's, and for clinics or reports out of reach since."""
    row = ctx.db.execute(_ONE, _scope(ctx) | {"run_id": run_id}).one_or_none()
    if row is None:
        raise NotFound("report run")
    run = RunRow(*row)
    definition = ctx.core.reports.get(run.report_key)
    if not set(run.clinic_ids) <= set(ctx.actor.clinics_with(definition.permission)):
        raise NotFound("report run")
    return run


def get_content(ctx: Ctx, run: RunRow) -> bytes:
    """Return the file of a run that was read with `get_run`; raises `NotFound` before it is made."""
    content = ctx.db.execute(_CONTENT, {"organisation_id": ctx.organisation_id, "run_id": run.id}).scalar_one_or_none()
    if content is None:
        raise NotFound("file of this report")
    return bytes(content)


def load_locked(ctx: Ctx, run_id: UUID) -> ReportRun | None:
    """Return a run that is to be made, locked; None when it is gone."""
    asked = {"organisation_id": ctx.organisation_id, "run_id": run_id}
    found: ReportRun | None = ctx.db.execute(_LOCKED, asked).scalar_one_or_none()
    return found


def _scope(ctx: Ctx) -> dict[str, Any]:
    if ctx.actor.member_id is None:
        raise NotFound("report run")
    return {"organisation_id": ctx.organisation_id, "member_id": ctx.actor.member_id}
