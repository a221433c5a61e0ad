"""New and returning clients, and the clients behind these numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, case, func, literal, select

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.fields import SectionSchema, choice
from polyclinic.plugins.report_types import Chart, ChartKind, Column, ColumnType, Drill, ReportDefinition, ReportRequest
from polyclinic.plugins.report_values import percent
from polyclinic.plugins.views import on_days
from polyclinic.reports import columns, sources
from polyclinic.reports.sources import appointment, client_min, clinic

NEW, RETURNING = "new", "returning"
EARLIEST_YEAR = 1900


def _seen(ctx: Ctx, request: ReportRequest) -> Subquery:
    """Return a row for every client and clinic with visits that took place in the period, and the first day ever."""
    a, merged = appointment.c, sources.survivors(ctx)
    client_id = sources.surviving(a.client_id, merged)
    inside = a.on_date >= request.first_on
    ever = on_days(appointment, request.first_on.replace(year=EARLIEST_YEAR, day=1), request.last_on)
    return (
        select(
            a.clinic_id,
            client_id.label("client_id"),
            func.count().filter(inside).label("visits"),
            func.min(a.on_date).label("first_on"),
            func.max(a.on_date).label("last_on"),
        )
        .outerjoin(merged, merged.c.id == a.client_id)
        .where(sources.at_clinics(appointment, ctx, request.clinic_ids), ever, a.status.in_(sources.HAPPENED))
        .group_by(a.clinic_id, client_id)
        .having(func.max(a.on_date) >= request.first_on)
        .subquery("seen")
    )


def run_new_and_returning(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `core.new_and_returning`."""
    seen = _seen(ctx, request)
    is_new = seen.c.first_on >= request.first_on
    statement = (
        select(
            seen.c.clinic_id,
            clinic.c.name.label("clinic"),
            func.count().label("clients"),
            func.count().filter(is_new).label("new"),
            func.count().filter(~is_new).label("returning"),
        )
        .join(clinic, clinic.c.id == seen.c.clinic_id)
        .where(clinic.c.organisation_id == ctx.organisation_id)
        .group_by(seen.c.clinic_id, clinic.c.name)
        .order_by(clinic.c.name, seen.c.clinic_id)
    )
    rows = ctx.db.execute(statement).mappings()
    return [{**row, "share_new": percent(row["new"], row["clients"])} for row in rows]


class ClientsAsked(SectionSchema):
    """Which clients to list."""

    kind = choice("Clients", {"all": "All", NEW: "New", RETURNING: "Returning"})


def run_clients(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `core.clients_of_period`."""
    seen = _seen(ctx, request)
    is_new = seen.c.first_on >= request.first_on
    statement = (
        select(
            seen.c.clinic_id,
            clinic.c.name.label("clinic"),
            seen.c.client_id,
            client_min.c.display_name.label("client"),
            case((is_new, literal(NEW)), else_=literal(RETURNING)).label("kind"),
            seen.c.visits,
            seen.c.first_on.label("first_visit_on"),
            seen.c.last_on.label("last_visit_on"),
        )
        .join(clinic, clinic.c.id == seen.c.clinic_id)
        .join(client_min, client_min.c.id == seen.c.client_id)
        .where(clinic.c.organisation_id == ctx.organisation_id, client_min.c.organisation_id == ctx.organisation_id)
        .order_by(clinic.c.name, client_min.c.display_name, seen.c.client_id, seen.c.clinic_id)
    )
    kind = request.params.get("kind")
    return statement.where(is_new if kind == NEW else ~is_new) if kind in {NEW, RETURNING} else statement


NEW_AND_RETURNING = ReportDefinition(
    key="core.new_and_returning",
    title="New and returning clients",
    group="Clients",
    description=(
        "Clients with a visit that took place in the period; new are those whose first visit at the clinic lies in it. "
        "A client who visits two clinics counts at each."
    ),
    columns=(
        *columns.CLINIC,
        columns.count("clients", "Clients"),
        columns.count("new", "New"),
        columns.count("returning", "Returning"),
        columns.share("share_new", "New share", "new", "clients"),
    ),
    run=run_new_and_returning,
    permission=columns.CLIENTS,
    chart=Chart(ChartKind.BAR, "clinic", ("new", "returning")),
    drill=Drill("core.clients_of_period", "Clients", {"clinic_id": "clinic_id"}),
)
CLIENTS_OF_PERIOD = ReportDefinition(
    key="core.clients_of_period",
    title="Clients of the period",
    group="Clients",
    description="Clients with a visit that took place in the period, by clinic.",
    columns=(
        *columns.CLINIC,
        *columns.CLIENT,
        Column("kind", "New or returning"),
        columns.count("visits", "Visits"),
        Column("first_visit_on", "First visit ever", ColumnType.DATE),
        Column("last_visit_on", "Latest visit", ColumnType.DATE),
    ),
    run=run_clients,
    permission=columns.CLIENTS,
    params=ClientsAsked,
    link="/clients/{client_id}",
)
