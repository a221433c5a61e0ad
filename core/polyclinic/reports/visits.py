"""Missed visits, the load of therapists, and the appointments behind such numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Date, Select, cast, func, select

from polyclinic.kit.ids import parse_id
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.fields import choice
from polyclinic.plugins.report_types import Chart, ChartKind, Column, ColumnType, Drill, ReportDefinition, ReportRequest
from polyclinic.plugins.report_values import percent
from polyclinic.reports import columns, sources
from polyclinic.reports.sources import appointment, client_min, clinic, service, therapist

WHICH = {
    "all": "All",
    "booked": "Not cancelled",
    "kept": "Neither cancelled nor missed",
    "happened": "Took place",
    "due": "Took place or missed",
    "completed": "Completed",
    "no_show": "Missed",
    "cancelled": "Cancelled",
}
_STATUSES = {
    "booked": sources.BOOKED,
    "kept": sources.KEPT,
    "happened": sources.HAPPENED,
    "due": sources.DUE,
    "completed": ("completed",),
    "no_show": ("no_show",),
    "cancelled": ("cancelled",),
}


def _by_therapist(*further: Any) -> Select[Any]:
    """Return a select of appointments grouped by clinic and therapist, and by what else is given."""
    a, clinic_name, name = appointment.c, clinic.c.name, therapist.c.display_name
    keys = (a.clinic_id, clinic_name.label("clinic"), a.therapist_id, name.label("therapist"), *further)
    return (
        select(*keys)
        .join(clinic, sources.joined(appointment, clinic, a.clinic_id))
        .join(therapist, sources.joined(appointment, therapist, a.therapist_id))
        .group_by(a.clinic_id, clinic_name, a.therapist_id, name, *further)
        .order_by(clinic_name, name, a.therapist_id, *further)
    )


def run_no_show(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `core.no_show`."""
    missed = func.count().filter(appointment.c.status == "no_show")
    statement = (
        _by_therapist()
        .add_columns(func.count().label("due"), missed.label("no_shows"))
        .where(sources.in_request(appointment, ctx, request), appointment.c.status.in_(sources.DUE))
    )
    rows = ctx.db.execute(statement).mappings()
    return [{**row, "rate": percent(row["no_shows"], row["due"]), "which": "due"} for row in rows]


def run_load(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `core.therapist_load`; a week that reaches out of the period counts its days inside alone."""
    week = cast(func.date_trunc("week", appointment.c.on_date), Date).label("week_on")
    merged = sources.survivors(ctx)
    statement = (
        _by_therapist(week)
        .add_columns(
            func.count().label("visits"),
            func.sum(appointment.c.duration_minutes).label("minutes"),
            func.count(sources.surviving(appointment.c.client_id, merged).distinct()).label("clients"),
        )
        .outerjoin(merged, merged.c.id == appointment.c.client_id)
        .where(sources.in_request(appointment, ctx, request), appointment.c.status.in_(sources.HAPPENED))
    )
    return [
        {
            **row,
            "first_on": max(row["week_on"], request.first_on),
            "last_on": min(row["week_on"] + timedelta(days=6), request.last_on),
            "which": "happened",
        }
        for row in ctx.db.execute(statement).mappings()
    ]


class AppointmentsAsked(columns.OfTherapist):
    """Which appointments to list."""

    which = choice("Appointments", WHICH)


def run_appointments(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `core.appointments`."""
    a, merged = appointment.c, sources.survivors(ctx)
    client_id = sources.surviving(a.client_id, merged)
    statement = (
        select(
            a.id.label("appointment_id"),
            a.clinic_id,
            clinic.c.name.label("clinic"),
            a.on_date.label("on_date"),
            a.starts_at,
            client_id.label("client_id"),
            client_min.c.display_name.label("client"),
            a.therapist_id,
            therapist.c.display_name.label("therapist"),
            service.c.name.label("service"),
            a.duration_minutes.label("minutes"),
            a.status,
        )
        .join(clinic, sources.joined(appointment, clinic, a.clinic_id))
        .outerjoin(merged, merged.c.id == a.client_id)
        .join(client_min, sources.joined(appointment, client_min, client_id))
        .join(therapist, sources.joined(appointment, therapist, a.therapist_id))
        .join(service, sources.joined(appointment, service, a.service_id))
        .where(sources.in_request(appointment, ctx, request), *_narrowed(request))
    )
    return statement.order_by(a.starts_at, a.id)


def _narrowed(request: ReportRequest) -> Sequence[Any]:
    which, wanted = request.params.get("which") or "all", request.params.get("therapist_id")
    conditions: list[Any] = [appointment.c.status.in_(_STATUSES[which])] if which in _STATUSES else []
    if wanted:
        conditions.append(appointment.c.therapist_id == parse_id(wanted))
    return conditions


BEHIND = Drill(
    "core.appointments",
    "Appointments",
    {"clinic_id": "clinic_id", "therapist_id": "therapist_id", "which": "which"},
)
NO_SHOW = ReportDefinition(
    key="core.no_show",
    title="Missed visits",
    group="Appointments",
    description="Missed visits of all visits that took place or were missed, by clinic and therapist.",
    columns=(
        *columns.CLINIC,
        *columns.THERAPIST,
        columns.count("due", "Took place or missed"),
        columns.count("no_shows", "Missed"),
        columns.share("rate", "Missed share", "no_shows", "due"),
        columns.constant("which"),
    ),
    run=run_no_show,
    permission=columns.APPOINTMENTS,
    chart=Chart(ChartKind.BAR, "therapist", ("rate",)),
    drill=BEHIND,
)
THERAPIST_LOAD = ReportDefinition(
    key="core.therapist_load",
    title="Load of therapists",
    group="Appointments",
    description=(
        "Visits that took place, their minutes and the different clients, by therapist and week (Monday to Sunday). "
        "Clients have no total: the same client may come in several weeks."
    ),
    columns=(
        *columns.CLINIC,
        *columns.THERAPIST,
        Column("week_on", "Week from", ColumnType.DATE),
        columns.count("visits", "Visits"),
        columns.minutes("minutes", "Time"),
        Column("clients", "Clients", ColumnType.INTEGER),
        Column("first_on", "First day", ColumnType.ID),
        Column("last_on", "Last day", ColumnType.ID),
        columns.constant("which"),
    ),
    run=run_load,
    permission=columns.APPOINTMENTS,
    chart=Chart(ChartKind.BAR, "therapist", ("visits",)),
    drill=Drill("core.appointments", "Visits", {**BEHIND.parameters, "from": "first_on", "until": "last_on"}),
)
APPOINTMENTS = ReportDefinition(
    key="core.appointments",
    title="List of appointments",
    group="Appointments",
    description="Every appointment of the period, whatever became of it.",
    columns=(
        Column("appointment_id", "Appointment id", ColumnType.ID),
        *columns.CLINIC,
        Column("on_date", "Day", ColumnType.DATE),
        Column("starts_at", "Start", ColumnType.INSTANT),
        *columns.CLIENT,
        *columns.THERAPIST,
        Column("service", "Service"),
        columns.minutes("minutes", "Time"),
        Column("status", "State"),
    ),
    run=run_appointments,
    permission=columns.APPOINTMENTS,
    params=AppointmentsAsked,
    link="/appointments/{appointment_id}",
)
