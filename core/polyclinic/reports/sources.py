"""What core's reports read: the published views, like every plugin's reports, and the conditions they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, CTE, ColumnElement, FromClause, Uuid, and_, any_, func, literal, select

from polyclinic.plugins import views_of_places, views_of_visits
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.report_types import ReportRequest
from polyclinic.plugins.views import on_days, table_of

clinic = table_of(views_of_places.CLINIC)
therapist = table_of(views_of_places.THERAPIST)
working_hours = table_of(views_of_places.WORKING_HOURS)
service = table_of(views_of_places.SERVICE)
client_min = table_of(views_of_visits.CLIENT_MIN)
client_clinic = table_of(views_of_visits.CLIENT_CLINIC)
appointment = table_of(views_of_visits.APPOINTMENT)
treatment_record = table_of(views_of_visits.TREATMENT_RECORD)
measurement = table_of(views_of_visits.MEASUREMENT)

HAPPENED = ("arrived", "started", "completed")
"""States of a visit that took place."""
DUE = (*HAPPENED, "no_show")
"""States of a visit that took place or was missed."""
KEPT = ("booked", "confirmed", *HAPPENED)
"""States in which the reserved time is not given back."""
BOOKED = (*KEPT, "no_show")
"""Every state but cancelled."""


def at_clinics(source: FromClause, ctx: Ctx, clinic_ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Return the condition "in the organisation, at one of these clinics"."""
    chosen = literal(list(clinic_ids), ARRAY(Uuid()))
    return and_(source.c.organisation_id == ctx.organisation_id, source.c.clinic_id == any_(chosen))


def in_request(source: FromClause, ctx: Ctx, request: ReportRequest) -> ColumnElement[bool]:
    """Return the condition "at the chosen clinics, on a day of the period"."""
    return and_(at_clinics(source, ctx, request.clinic_ids), on_days(source, request.first_on, request.last_on))


def joined(source: FromClause, named: FromClause, column: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return the condition of a join to the row of `named` whose id a column holds."""
    return and_(named.c.organisation_id == source.c.organisation_id, named.c.id == column)


def survivors(ctx: Ctx) -> CTE:
    """Return for every file that was merged away (`id`) the file where its merges end (`client_id`)."""
    own = and_(client_min.c.organisation_id == ctx.organisation_id, client_min.c.merged_into_id.is_not(None))
    step = (
        select(client_min.c.id, client_min.c.merged_into_id.label("client_id")).where(own).cte("step", recursive=True)
    )
    onward = client_min.alias("onward")
    further = select(step.c.id, onward.c.merged_into_id).where(
        onward.c.organisation_id == ctx.organisation_id,
        onward.c.id == step.c.client_id,
        onward.c.merged_into_id.is_not(None),
    )
    chain = step.union(further)
    last = client_min.alias("last")
    ended = select(chain.c.id, chain.c.client_id).where(
        last.c.organisation_id == ctx.organisation_id, last.c.id == chain.c.client_id, last.c.merged_into_id.is_(None)
    )
    return ended.cte("survivor")


def surviving(client_id: ColumnElement[UUID], merged: CTE) -> ColumnElement[UUID]:
    """Return the file that counts for a client; `merged` must be outer-joined on its `id`."""
    return func.coalesce(merged.c.client_id, client_id)


def names_of(ctx: Ctx, named: FromClause, column: str) -> Mapping[UUID, str]:
    """Return the names of all clinics or therapists by id."""
    rows = ctx.db.execute(select(named.c.id, named.c[column]).where(named.c.organisation_id == ctx.organisation_id))
    return {row[0]: row[1] for row in rows}


def earliest_start(day: date) -> datetime:
    """Return an instant at which a local day has begun nowhere yet."""
    return datetime.combine(day, time.min, UTC) - timedelta(hours=15)


def latest_end(day: date) -> datetime:
    """Return an instant at which a local day has ended everywhere."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC) + timedelta(hours=15)
