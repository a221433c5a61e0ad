"""Visits that nobody has written up, and the treatment records of a period; no content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, or_, select

from polyclinic.kit import zones
from polyclinic.kit.ids import parse_id
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.fields import choice
from polyclinic.plugins.report_types import Chart, ChartKind, Column, ColumnType, Drill, ReportDefinition, ReportRequest
from polyclinic.reports import columns, sources
from polyclinic.reports.sources import appointment, client_min, clinic, service, therapist, treatment_record

STATES = {"all": "All", "draft": "Draft", "signed": "Signed, also if amended", "amended": "Amended"}


def run_unsigned(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `core.unsigned_records`."""
    a, r, merged = appointment.c, treatment_record.c, sources.survivors(ctx)
    client_id = sources.surviving(a.client_id, merged)
    statement = (
        select(
            a.id.label("appointment_id"),
            r.id.label("record_id"),
            a.clinic_id,
            clinic.c.name.label("clinic"),
            clinic.c.time_zone,
            a.therapist_id,
            therapist.c.display_name.label("therapist"),
            client_id.label("client_id"),
            client_min.c.display_name.label("client"),
            service.c.name.label("service"),
            a.on_date,
        )
        .join(clinic, sources.joined(appointment, clinic, a.clinic_id))
        .join(therapist, sources.joined(appointment, therapist, a.therapist_id))
        .outerjoin(merged, merged.c.id == a.client_id)
        .join(client_min, sources.joined(appointment, client_min, client_id))
        .join(service, sources.joined(appointment, service, a.service_id))
        .outerjoin(treatment_record, and_(r.organisation_id == a.organisation_id, r.appointment_id == a.id))
        .where(sources.in_request(appointment, ctx, request), a.status.in_(sources.HAPPENED), a.ends_at <= ctx.now())
        .where(or_(r.id.is_(None), r.latest_version.is_(None)))
        .order_by(a.starts_at, a.id)
    )
    return [_with_age(ctx, row) for row in ctx.db.execute(statement).mappings()]


def _with_age(ctx: Ctx, row: Any) -> dict[str, Any]:
    found = dict(row)
    today = zones.to_local(ctx.now(), found.pop("time_zone")).date()
    return {
        **found,
        "state": "Not begun" if found["record_id"] is None else "Draft",
        "days": (today - found["on_date"]).days,
    }


class RecordsAsked(columns.OfTherapist):
    """Which records to list."""

    state = choice("State", STATES)


def run_records(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `core.records`."""
    r, merged = treatment_record.c, sources.survivors(ctx)
    client_id = sources.surviving(r.client_id, merged)
    statement = (
        select(
            r.id.label("record_id"),
            r.clinic_id,
            clinic.c.name.label("clinic"),
            r.on_date,
            r.service_at,
            client_id.label("client_id"),
            client_min.c.display_name.label("client"),
            r.therapist_id,
            therapist.c.display_name.label("therapist"),
            r.service_name.label("service"),
            r.state,
            r.signed_at,
        )
        .join(clinic, sources.joined(treatment_record, clinic, r.clinic_id))
        .join(therapist, sources.joined(treatment_record, therapist, r.therapist_id))
        .outerjoin(merged, merged.c.id == r.client_id)
        .join(client_min, sources.joined(treatment_record, client_min, client_id))
        .where(sources.in_request(treatment_record, ctx, request))
        .order_by(r.service_at, r.id)
    )
    state, wanted = request.params.get("state") or "all", request.params.get("therapist_id")
    if state == "signed":
        statement = statement.where(r.latest_version.is_not(None))
    elif state != "all":
        statement = statement.where(r.state == state)
    return statement.where(r.therapist_id == parse_id(wanted)) if wanted else statement


UNSIGNED_RECORDS = ReportDefinition(
    key="core.unsigned_records",
    title="Visits without a signed record",
    group="Treatment records",
    description="Visits that have ended and whose treatment record is missing or not signed, with their age in days.",
    columns=(
        Column("appointment_id", "Appointment id", ColumnType.ID),
        Column("record_id", "Record id", ColumnType.ID),
        *columns.CLINIC,
        *columns.THERAPIST,
        *columns.CLIENT,
        Column("service", "Service"),
        Column("on_date", "Day", ColumnType.DATE),
        Column("state", "Record"),
        Column("days", "Age", ColumnType.INTEGER, unit="days"),
    ),
    run=run_unsigned,
    permission=columns.RECORDS,
    chart=Chart(ChartKind.BAR, "therapist", ("days",)),
    drill=Drill(
        "core.records",
        "Records of the day",
        {"clinic_id": "clinic_id", "therapist_id": "therapist_id", "from": "on_date", "until": "on_date"},
    ),
)
RECORDS = ReportDefinition(
    key="core.records",
    title="List of treatment records",
    group="Treatment records",
    description="The treatment records of visits in the period and whether they are signed; no content is shown.",
    columns=(
        Column("record_id", "Record id", ColumnType.ID),
        *columns.CLINIC,
        Column("on_date", "Day", ColumnType.DATE),
        Column("service_at", "Visit", ColumnType.INSTANT),
        *columns.CLIENT,
        *columns.THERAPIST,
        Column("service", "Service"),
        Column("state", "State"),
        Column("signed_at", "Signed", ColumnType.INSTANT),
    ),
    run=run_records,
    permission=columns.RECORDS,
    params=RecordsAsked,
    link="/treatment-records/{record_id}",
)
