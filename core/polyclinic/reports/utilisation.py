"""Booked and bookable minutes by clinic and therapist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from polyclinic.kit import zones
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.report_types import Chart, ChartKind, Drill, ReportDefinition, ReportRequest
from polyclinic.plugins.report_values import percent
from polyclinic.reports import columns, sources
from polyclinic.reports.bookable import bookable_minutes, uneven_days
from polyclinic.reports.sources import appointment, clinic, therapist, working_hours
from polyclinic.scheduling.rules.times import WeeklyHours, days_between


@dataclass(frozen=True)
class Bookable:
    """The bookable minutes of one therapist at one clinic by local day."""

    clinic_id: UUID
    therapist_id: UUID
    minutes: Mapping[date, int]


def list_bookable(ctx: Ctx, clinic_ids: Iterable[UUID] | None, first_on: date, last_on: date) -> Iterator[Bookable]:
    """Yield the bookable minutes at some clinics (None = all that row security shows).

    Hours of a therapist or clinic count until the day on which it was archived.
    """
    days = days_between(first_on, last_on + timedelta(days=1))
    uneven: dict[str, frozenset[date]] = {}
    for (clinic_id, therapist_id), rows in _hours(ctx, clinic_ids).items():
        zone = rows[0].time_zone
        if zone not in uneven:
            uneven[zone] = uneven_days(zone, first_on, last_on)
        ends_on = min(
            (zones.to_local(at, zone).date() for at in (rows[0].left_at, rows[0].closed_at) if at is not None),
            default=date.max,
        )
        weekly = [WeeklyHours(r.weekday, r.starts_at, r.ends_at, r.valid_from, r.valid_until) for r in rows]
        open_days = [day for day in days if day <= ends_on]
        yield Bookable(clinic_id, therapist_id, bookable_minutes(weekly, open_days, zone, uneven[zone]))


def _hours(ctx: Ctx, clinic_ids: Iterable[UUID] | None) -> Mapping[tuple[UUID, UUID], list[Any]]:
    w = working_hours
    statement = (
        select(
            *(
                w.c.clinic_id,
                w.c.therapist_id,
                w.c.weekday,
                w.c.starts_at,
                w.c.ends_at,
                w.c.valid_from,
                w.c.valid_until,
            ),
            clinic.c.time_zone,
            clinic.c.archived_at.label("closed_at"),
            therapist.c.archived_at.label("left_at"),
        )
        .join(clinic, sources.joined(w, clinic, w.c.clinic_id))
        .join(therapist, sources.joined(w, therapist, w.c.therapist_id))
        .where(w.c.organisation_id == ctx.organisation_id)
    )
    if clinic_ids is not None:
        statement = statement.where(sources.at_clinics(w, ctx, clinic_ids))
    found: dict[tuple[UUID, UUID], list[Any]] = {}
    for row in ctx.db.execute(statement):
        found.setdefault((row.clinic_id, row.therapist_id), []).append(row)
    return found


def run(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `core.utilisation`."""
    booked = _booked(ctx, request)
    bookable = {
        (each.clinic_id, each.therapist_id): sum(each.minutes.values())
        for each in list_bookable(ctx, request.clinic_ids, request.first_on, request.last_on)
    }
    clinics = sources.names_of(ctx, clinic, "name")
    therapists = sources.names_of(ctx, therapist, "display_name")
    places = {place for place in (*booked, *bookable) if booked.get(place) or bookable.get(place)}
    rows = [
        {
            "clinic_id": clinic_id,
            "clinic": clinics[clinic_id],
            "therapist_id": therapist_id,
            "therapist": therapists[therapist_id],
            "booked": booked.get((clinic_id, therapist_id), 0),
            "bookable": bookable.get((clinic_id, therapist_id), 0),
            "used": percent(booked.get((clinic_id, therapist_id), 0), bookable.get((clinic_id, therapist_id), 0)),
            "which": "kept",
        }
        for clinic_id, therapist_id in places
    ]
    return sorted(rows, key=lambda row: (row["clinic"], row["therapist"], str(row["therapist_id"])))


def _booked(ctx: Ctx, request: ReportRequest) -> Mapping[tuple[UUID, UUID], int]:
    a = appointment.c
    statement = (
        select(a.clinic_id, a.therapist_id, func.sum(a.duration_minutes))
        .where(sources.in_request(appointment, ctx, request), a.status.in_(sources.KEPT))
        .group_by(a.clinic_id, a.therapist_id)
    )
    return {(row[0], row[1]): row[2] for row in ctx.db.execute(statement)}


UTILISATION = ReportDefinition(
    key="core.utilisation",
    title="Utilisation",
    group="Appointments",
    description=(
        "Minutes of appointments that were neither cancelled nor missed, of the minutes that the working hours offer. "
        "Overbooked visits and visits outside of working hours count as booked, so more than 100 % is possible."
    ),
    columns=(
        *columns.CLINIC,
        *columns.THERAPIST,
        columns.minutes("booked", "Booked"),
        columns.minutes("bookable", "Bookable"),
        columns.share("used", "Used", "booked", "bookable"),
        columns.constant("which"),
    ),
    run=run,
    permission=columns.APPOINTMENTS,
    chart=Chart(ChartKind.BAR, "therapist", ("booked", "bookable")),
    drill=Drill(
        "core.appointments",
        "Appointments",
        {"clinic_id": "clinic_id", "therapist_id": "therapist_id", "which": "which"},
    ),
)
