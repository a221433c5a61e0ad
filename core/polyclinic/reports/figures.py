"""Core's daily figures: numbers per clinic and local day that can be added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from polyclinic.kit import zones
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.report_types import ColumnType, DailyFigure, FigureRow
from polyclinic.plugins.views import on_days
from polyclinic.reports import columns, sources
from polyclinic.reports.sources import appointment, client_clinic, clinic, treatment_record
from polyclinic.reports.utilisation import list_bookable

Run = Callable[[Ctx, date, date], Sequence[FigureRow]]


def _of_appointments(statuses: Sequence[str], value: Any) -> Run:
    def run(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
        a = appointment.c
        statement = (
            select(a.clinic_id, a.on_date, value)
            .where(a.organisation_id == ctx.organisation_id, on_days(appointment, first_on, last_on))
            .where(a.status.in_(statuses))
            .group_by(a.clinic_id, a.on_date)
            .order_by(a.clinic_id, a.on_date)
        )
        return [FigureRow(*row) for row in ctx.db.execute(statement)]

    return run


def _signed(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    r = treatment_record.c
    statement = (
        select(r.clinic_id, r.on_date, func.count())
        .where(r.organisation_id == ctx.organisation_id, on_days(treatment_record, first_on, last_on))
        .where(r.latest_version.is_not(None))
        .group_by(r.clinic_id, r.on_date)
        .order_by(r.clinic_id, r.on_date)
    )
    return [FigureRow(*row) for row in ctx.db.execute(statement)]


def _bookable(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    total: Counter[tuple[UUID, date]] = Counter()
    for each in list_bookable(ctx, None, first_on, last_on):
        for day, minutes in each.minutes.items():
            total[each.clinic_id, day] += minutes
    return [FigureRow(clinic_id, day, minutes) for (clinic_id, day), minutes in total.items()]


def _new_clients(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    """Count who became known to a clinic; files that were merged are one person, known since the first of them.

    The days are found in Python: the time zones of PostgreSQL are not those of the application.
    """
    link, merged = client_clinic, sources.survivors(ctx)
    person, known_at = sources.surviving(link.c.client_id, merged), func.min(link.c.created_at)
    statement = (
        select(link.c.clinic_id, clinic.c.time_zone, known_at)
        .join(clinic, sources.joined(link, clinic, link.c.clinic_id))
        .outerjoin(merged, merged.c.id == link.c.client_id)
        .where(link.c.organisation_id == ctx.organisation_id, link.c.created_at < sources.latest_end(last_on))
        .group_by(link.c.clinic_id, clinic.c.time_zone, person)
        .having(known_at >= sources.earliest_start(first_on))
    )
    found: Counter[tuple[UUID, date]] = Counter()
    for clinic_id, zone, created_at in ctx.db.execute(statement):
        found[clinic_id, zones.to_local(created_at, zone).date()] += 1
    return [FigureRow(*place, number) for place, number in found.items() if first_on <= place[1] <= last_on]


def _figure(name: str, title: str, run: Run, permission: str, report: str = "", **params: str) -> DailyFigure:
    kind = ColumnType.MINUTES if name.startswith("minutes") else ColumnType.INTEGER
    return DailyFigure(f"core.{name}", title, kind, permission, run, report, params)


_NUMBER, _MINUTES = func.count(), func.sum(appointment.c.duration_minutes)
_LIST = "core.appointments"
FIGURES = (
    _figure(
        "booked",
        "Appointments",
        _of_appointments(sources.BOOKED, _NUMBER),
        columns.APPOINTMENTS,
        _LIST,
        which="booked",
    ),
    _figure(
        "completed",
        "Completed visits",
        _of_appointments(("completed",), _NUMBER),
        columns.APPOINTMENTS,
        _LIST,
        which="completed",
    ),
    _figure(
        "no_shows",
        "Missed visits",
        _of_appointments(("no_show",), _NUMBER),
        columns.APPOINTMENTS,
        _LIST,
        which="no_show",
    ),
    _figure(
        "cancelled",
        "Cancelled appointments",
        _of_appointments(("cancelled",), _NUMBER),
        columns.APPOINTMENTS,
        _LIST,
        which="cancelled",
    ),
    _figure(
        "minutes_booked",
        "Booked time",
        _of_appointments(sources.KEPT, _MINUTES),
        columns.APPOINTMENTS,
        _LIST,
        which="kept",
    ),
    _figure("minutes_bookable", "Bookable time", _bookable, columns.APPOINTMENTS, "core.utilisation"),
    _figure("records_signed", "Signed records", _signed, columns.RECORDS, "core.records", state="signed"),
    _figure("new_clients", "New clients", _new_clients, columns.CLIENTS),
)
