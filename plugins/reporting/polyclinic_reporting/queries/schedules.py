"""Reads of schedules: one's own, and all of them for those who administer the plugins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Uuid, bindparam, or_, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotAllowed, NotFound
from polyclinic_reporting.models.schedules import Schedule
from polyclinic_reporting.vocabulary import SCHEDULES

ALL = "plugins:write"
"""Who administers plugins sees and stops the schedules of everybody."""
MOST = 500


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule; see the model for its columns."""

    id: UUID
    owner_id: UUID | None
    report_key: str
    clinic_ids: Sequence[UUID]
    preset: str
    params: dict[str, Any]
    format: str
    rhythm: str
    day: int
    hour: int
    zone: str
    recipients: Sequence[str]
    state: str
    remark: str
    next_run_at: datetime
    last_run_at: datetime | None
    row_version: int


_COLUMNS = [getattr(Schedule, name) for name in ScheduleRow.__dataclass_fields__]
_SEEN = select(*_COLUMNS).where(
    Schedule.organisation_id == bindparam("organisation_id", type_=Uuid()),
    or_(
        bindparam("sees_all", type_=Boolean()),
        Schedule.owner_id == bindparam("member_id", type_=Uuid()),
    ),
)
_LIST = _SEEN.order_by(Schedule.report_key, Schedule.id).limit(MOST)
_ONE = _SEEN.where(Schedule.id == bindparam("schedule_id", type_=Uuid()))
_DUE = (
    select(Schedule.id)
    .where(
        Schedule.organisation_id == bindparam("organisation_id", type_=Uuid()),
        Schedule.state == "active",
        Schedule.next_run_at <= bindparam("now", type_=Schedule.next_run_at.type),
    )
    .order_by(Schedule.next_run_at)
)
_LOCKED = (
    select(Schedule)
    .where(
        Schedule.organisation_id == bindparam("organisation_id", type_=Uuid()),
        Schedule.id == bindparam("schedule_id", type_=Uuid()),
    )
    .with_for_update()
)


def list_schedules(ctx: Ctx) -> Sequence[ScheduleRow]:
    """Return the schedules that the actor may see, by report."""
    return [ScheduleRow(*row) for row in ctx.db.execute(_LIST, _scope(ctx))]


def get_schedule(ctx: Ctx, schedule_id: UUID) -> ScheduleRow:
    """Return one schedule; raises `NotFound` for somebody else's."""
    row = ctx.db.execute(_ONE, _scope(ctx) | {"schedule_id": schedule_id}).one_or_none()
    if row is None:
        raise NotFound("schedule")
    return ScheduleRow(*row)


def list_due(ctx: Ctx) -> Sequence[UUID]:
    """Return the ids of the schedules that are due, the longest due first."""
    asked = {"organisation_id": ctx.organisation_id, "now": ctx.now()}
    return list(ctx.db.execute(_DUE, asked).scalars())


def load_locked(ctx: Ctx, schedule_id: UUID) -> Schedule | None:
    """Return a schedule that is to be sent, locked; None when it is gone."""
    asked = {"organisation_id": ctx.organisation_id, "schedule_id": schedule_id}
    found: Schedule | None = ctx.db.execute(_LOCKED, asked).scalar_one_or_none()
    return found


def _scope(ctx: Ctx) -> dict[str, Any]:
    if not ctx.can(SCHEDULES):
        raise NotAllowed("Your role may not schedule reports. Ask a chain administrator.", permission=SCHEDULES)
    return {
        "organisation_id": ctx.organisation_id,
        "sees_all": ctx.can(ALL),
        "member_id": ctx.actor.member_id,
    }
