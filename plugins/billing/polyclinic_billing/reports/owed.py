"""What clients owe, by age, and the invoices behind it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.reports import Column, ColumnType, Drill, Period, ReportDefinition, ReportRequest, Total
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.receivables import open_on
from polyclinic_billing.reports import movements

BUCKETS = (
    ("not_due", "Not due", None, 0),
    ("days_1_30", "1-30 days late", 1, 30),
    ("days_31_60", "31-60 days late", 31, 60),
    ("days_61_90", "61-90 days late", 61, 90),
    ("over_90", "Over 90 days late", 91, None),
)


def run_ageing(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.receivables`."""
    owed = _owed(request).subquery("owed")
    keys = (owed.c.clinic_id, views.clinic.c.name.label("clinic"), owed.c.currency)
    statement: Select[Any] = (
        select(
            *keys,
            func.count().label("invoices"),
            *(_bucket(owed, first, last).label(name) for name, _, first, last in BUCKETS),
            func.sum(owed.c.open_minor).label("open_minor"),
        )
        .join(views.clinic, movements.named_clinic(ctx, owed.c.clinic_id))
        .group_by(*keys)
        .order_by(views.clinic.c.name, owed.c.currency)
    )
    return statement.params(organisation_id=ctx.organisation_id)


def run_open_invoices(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.open_invoices`."""
    owed = _owed(request).subquery("owed")
    statement: Select[Any] = (
        select(owed, views.clinic.c.name.label("clinic"))
        .join(views.clinic, movements.named_clinic(ctx, owed.c.clinic_id))
        .order_by(owed.c.due_on, owed.c.number_text)
    )
    return statement.params(organisation_id=ctx.organisation_id)


RECEIVABLES = ReportDefinition(
    key="billing.receivables",
    title="Receivables by age",
    group="Billing",
    description="What clients owed at the end of a day, by how long it was overdue.",
    columns=(
        *movements.CLINIC,
        movements.CURRENCY,
        Column("invoices", "Invoices", ColumnType.INTEGER, total=Total.SUM),
        *(movements.money(name, title) for name, title, _, _ in BUCKETS),
        movements.money("open_minor", "Open"),
    ),
    run=run_ageing,
    permission=scope.INVOICES_READ,
    period=Period.DAY,
    drill=Drill("billing.open_invoices", "Open invoices", {"clinic_id": "clinic_id"}),
)
OPEN_INVOICES = ReportDefinition(
    key="billing.open_invoices",
    title="Open invoices",
    group="Billing",
    description="Every invoice with something open at the end of a day.",
    columns=(
        Column("invoice_id", "Invoice id", ColumnType.ID),
        Column("number_text", "Number"),
        *movements.CLINIC,
        Column("client_id", "Client id", ColumnType.ID),
        Column("client_name", "Client"),
        Column("issued_on", "Issued", ColumnType.DATE),
        Column("due_on", "Due", ColumnType.DATE),
        Column("days_late", "Days late", ColumnType.INTEGER),
        movements.CURRENCY,
        movements.money("gross_minor", "Gross"),
        movements.money("open_minor", "Open"),
    ),
    run=run_open_invoices,
    permission=scope.INVOICES_READ,
    period=Period.DAY,
    link="/ext/billing/invoices/{invoice_id}",
)


def _owed(request: ReportRequest) -> Any:
    statement, clinic_id = open_on(request.last_on), 2
    return statement.where(movements.at_clinics(statement.selected_columns[clinic_id], request.clinic_ids))


def _bucket(owed: Any, first: int | None, last: int | None) -> Any:
    late = owed.c.days_late
    conditions = [late >= first] if first is not None else []
    conditions += [late <= last] if last is not None else []
    return func.coalesce(func.sum(owed.c.open_minor).filter(*conditions), 0)
