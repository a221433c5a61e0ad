"""Keep the roll-up up to date: read the stream of events after the cursor and compute the days that they touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic_reporting.models.rollup import EventCursor
from polyclinic_reporting.rules.changes import Seen, days_of, figures_of, months_of, spans_of
from polyclinic_reporting.services.rollup import recompute
from polyclinic_reporting.vocabulary import KEEP_AHEAD_DAYS, KEEP_BACK_DAYS

BATCH = 5_000
"""Events of one run; more are left to the next, which is enqueued at once."""
REFRESH, REBUILD, NIGHTLY = "reporting.refresh_rollup", "reporting.rebuild_rollup", "reporting.nightly_rollup"

_TABLE: Any = EventCursor.__table__
_C, _E = _TABLE.c, views.event.c
_CURSOR = select(_C.xid, _C.position).where(_C.organisation_id == bindparam("organisation_id"))
_NEWEST = (
    select(_E.xid, _E.position)
    .where(_E.organisation_id == bindparam("organisation_id"))
    .order_by(_E.xid.desc(), _E.position.desc())
    .limit(1)
)
_AFTER = (
    select(_E.xid, _E.position, _E.type, _E.clinic_id, _E.occurred_at, _E.payload)
    .where(
        _E.organisation_id == bindparam("organisation_id"),
        tuple_(_E.xid, _E.position) > tuple_(bindparam("xid"), bindparam("position")),
    )
    .order_by(_E.xid, _E.position)
    .limit(BATCH)
)
_ADDED = insert(_TABLE)
_MOVE = _ADDED.on_conflict_do_update(
    index_elements=["organisation_id"], set_={"xid": _ADDED.excluded.xid, "position": _ADDED.excluded.position}
)
_FIRST_VISIT = select(func.min(views.appointment.c.on_date), func.max(views.appointment.c.on_date)).where(
    views.appointment.c.organisation_id == bindparam("organisation_id")
)
_FIRST_CLIENT = select(func.min(views.client_clinic.c.created_at)).where(
    views.client_clinic.c.organisation_id == bindparam("organisation_id")
)
_ZONES = select(views.clinic.c.id, views.clinic.c.time_zone).where(
    views.clinic.c.organisation_id == bindparam("organisation_id")
)


@dataclass(frozen=True)
class Refreshed:
    """What one run did: events read, days computed, and whether more events wait."""

    events: int
    days: int
    is_behind: bool


def refresh(ctx: Ctx) -> Refreshed:
    """Work the next events into the roll-up; the first run of an organisation has everything built instead."""
    own = {"organisation_id": ctx.organisation_id}
    cursor = ctx.db.execute(_CURSOR, own).one_or_none()
    if cursor is None:
        start(ctx)
        enqueue_rebuild(ctx)
        return Refreshed(0, 0, is_behind=False)
    events = ctx.db.execute(_AFTER, own | {"xid": cursor.xid, "position": cursor.position}).all()
    if not events:
        return Refreshed(0, 0, is_behind=False)
    days = _apply(ctx, [Seen(row.type, row.clinic_id, row.occurred_at, row.payload) for row in events])
    _move(ctx, events[-1].xid, events[-1].position)
    return Refreshed(len(events), days, is_behind=len(events) == BATCH)


def start(ctx: Ctx) -> None:
    """Have the next run begin after the newest event; what happened before is for a rebuild."""
    newest = ctx.db.execute(_NEWEST, {"organisation_id": ctx.organisation_id}).one_or_none()
    _move(ctx, *(newest or (0, 0)))


def _apply(ctx: Ctx, events: Sequence[Seen]) -> int:
    zones: Mapping[UUID, str] = {
        row[0]: row[1] for row in ctx.db.execute(_ZONES, {"organisation_id": ctx.organisation_id})
    }
    keys = [figure.key for figure in ctx.core.reports.figures()]
    days = frozenset[date]().union(*(days_of(event, zones) for event in events))
    everywhere = frozenset[str]().union(*(figures_of(event, keys) for event in events))
    for first_on, last_on in spans_of(days):
        recompute(ctx, first_on, last_on)
    if everywhere:
        enqueue_rebuild(ctx, sorted(everywhere))
    return len(days)


def enqueue_rebuild(ctx: Ctx, keys: Sequence[str] | None = None) -> None:
    """Have the figures (None = all) built over the whole time, a job for each month, one after another."""
    for first_on, last_on in months_of(*whole_time(ctx)):
        span = {"first_on": first_on.isoformat(), "last_on": last_on.isoformat()}
        payload = span if keys is None else span | {"figures": list(keys)}
        ctx.enqueue(REBUILD, payload, lock=f"{REBUILD}:{ctx.organisation_id}")


def rebuild_part(ctx: Ctx, payload: Mapping[str, Any]) -> None:
    """Build one month as a job of `enqueue_rebuild` names it; figures that are gone meanwhile are left out."""
    known = {figure.key for figure in ctx.core.reports.figures()}
    keys = sorted(known & set(payload["figures"])) if "figures" in payload else None
    recompute(ctx, date.fromisoformat(payload["first_on"]), date.fromisoformat(payload["last_on"]), keys)


def recompute_recent(ctx: Ctx) -> None:
    """Compute the last 45 days and the next 60 anew, whatever events said."""
    for first_on, last_on in months_of(*recent(ctx)):
        recompute(ctx, first_on, last_on)


def recent(ctx: Ctx) -> tuple[date, date]:
    """Return the first and last day that the nightly job computes."""
    today = ctx.now().date()
    return today - timedelta(days=KEEP_BACK_DAYS), today + timedelta(days=KEEP_AHEAD_DAYS)


def whole_time(ctx: Ctx) -> tuple[date, date]:
    """Return the first and last day that may have figures: from the first visit or client to the last visit booked."""
    own = {"organisation_id": ctx.organisation_id}
    first_visit, last_visit = ctx.db.execute(_FIRST_VISIT, own).one()
    first_client = ctx.db.execute(_FIRST_CLIENT, own).scalar_one()
    recent_first, recent_last = recent(ctx)
    starts = [day for day in (first_visit, first_client and first_client.date() - timedelta(days=1)) if day]
    return min([*starts, recent_first]), max([recent_last, *([last_visit] if last_visit else [])])


def _move(ctx: Ctx, xid: int, position: int) -> None:
    ctx.db.execute(_MOVE, {"organisation_id": ctx.organisation_id, "id": uuid4(), "xid": xid, "position": position})
