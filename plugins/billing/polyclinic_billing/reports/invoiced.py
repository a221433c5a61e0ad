"""Revenue, tax by rate, and the documents behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.forms import SectionSchema, choice, text
from polyclinic.sdk.reports import Chart, ChartKind, Column, ColumnType, Drill, ReportDefinition, ReportRequest, Total
from polyclinic_billing.queries import scope
from polyclinic_billing.reports import movements

KINDS = {"visit": "Visits", "fee": "Fees for missed visits", "package": "Packages sold"}
GROUP = "Billing"
SUMS = ("net_minor", "tax_minor", "gross_minor")


class DocumentsAsked(SectionSchema):
    """Which documents to list; the therapist is asked by a drill-down, not by the form."""

    kind = choice("What for", KINDS)
    therapist_id = text("Therapist", maximum=36, widget="hidden")


def run_revenue(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.revenue`."""
    document = movements.documents(ctx, request)
    name = func.coalesce(views.therapist.c.display_name, "").label("therapist")
    keys = (
        document.c.clinic_id,
        views.clinic.c.name.label("clinic"),
        document.c.therapist_id,
        name,
        document.c.kind,
        document.c.currency,
    )
    statement: Select[Any] = (
        select(*keys, func.count().label("documents"), *_sums(document))
        .join(views.clinic, movements.named_clinic(ctx, document.c.clinic_id))
        .outerjoin(views.therapist, movements.named_therapist(ctx, document.c.therapist_id))
        .group_by(*keys)
        .order_by(views.clinic.c.name, name, document.c.kind, document.c.currency)
    )
    return statement


def run_tax(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.tax_by_rate`."""
    line = movements.lines(ctx, request)
    keys = (
        line.c.clinic_id,
        views.clinic.c.name.label("clinic"),
        line.c.tax_name,
        line.c.tax_rate,
        line.c.tax_reason,
        line.c.currency,
    )
    statement: Select[Any] = (
        select(*keys, func.count().label("lines"), *_sums(line))
        .join(views.clinic, movements.named_clinic(ctx, line.c.clinic_id))
        .group_by(*keys)
        .order_by(views.clinic.c.name, line.c.tax_rate, line.c.tax_reason, line.c.currency)
    )
    return statement


def run_documents(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.invoices`."""
    document = movements.documents(ctx, request)
    statement: Select[Any] = (
        select(
            document.c.invoice_id,
            document.c.on.label("issued_on"),
            document.c.document,
            document.c.number_text.label("number"),
            document.c.kind,
            document.c.clinic_id,
            views.clinic.c.name.label("clinic"),
            document.c.therapist_id,
            func.coalesce(views.therapist.c.display_name, "").label("therapist"),
            document.c.client_id,
            func.coalesce(document.c.client, "").label("client"),
            document.c.currency,
            *(document.c[name] for name in SUMS),
        )
        .join(views.clinic, movements.named_clinic(ctx, document.c.clinic_id))
        .outerjoin(views.therapist, movements.named_therapist(ctx, document.c.therapist_id))
        .order_by(document.c.on, document.c.number_text, document.c.document)
    )
    if request.params.get("kind"):
        statement = statement.where(document.c.kind == request.params["kind"])
    if request.params.get("therapist_id"):
        statement = statement.where(document.c.therapist_id == request.params["therapist_id"])
    return statement


REVENUE = ReportDefinition(
    key="billing.revenue",
    title="Revenue",
    group=GROUP,
    description=(
        "What was invoiced, by clinic and therapist: voided invoices and credit notes count against it on their own "
        "day. Visits paid with a package that was taxed at its sale are invoiced with the package."
    ),
    columns=(
        *movements.CLINIC,
        *movements.THERAPIST,
        Column("kind", "What for"),
        movements.CURRENCY,
        Column("documents", "Documents", ColumnType.INTEGER, total=Total.SUM),
        *movements.AMOUNTS,
    ),
    run=run_revenue,
    permission=scope.INVOICES_READ,
    chart=Chart(ChartKind.BAR, "therapist", ("net_minor",), within="kind"),
    drill=Drill(
        "billing.invoices",
        "Invoices",
        {"clinic_id": "clinic_id", "therapist_id": "therapist_id", "kind": "kind"},
    ),
)
TAX = ReportDefinition(
    key="billing.tax_by_rate",
    title="Tax by rate",
    group=GROUP,
    description="Net, tax and gross of what was invoiced, by rate and the reason for it.",
    columns=(
        *movements.CLINIC,
        Column("tax_name", "Tax"),
        Column("tax_rate", "Rate", ColumnType.DECIMAL, unit="%"),
        Column("tax_reason", "Because"),
        movements.CURRENCY,
        Column("lines", "Lines", ColumnType.INTEGER, total=Total.SUM),
        *movements.AMOUNTS,
    ),
    run=run_tax,
    permission=scope.INVOICES_READ,
    drill=Drill("billing.invoices", "Invoices", {"clinic_id": "clinic_id"}),
)
INVOICES = ReportDefinition(
    key="billing.invoices",
    title="List of invoices and credit notes",
    group=GROUP,
    description="Every invoice, void and credit note of the period; what is taken back stands below zero.",
    columns=(
        Column("invoice_id", "Invoice id", ColumnType.ID),
        Column("issued_on", "Day", ColumnType.DATE),
        Column("document", "Document"),
        Column("number", "Number"),
        Column("kind", "What for"),
        *movements.CLINIC,
        *movements.THERAPIST,
        Column("client_id", "Client id", ColumnType.ID),
        Column("client", "Client"),
        movements.CURRENCY,
        *movements.AMOUNTS,
    ),
    run=run_documents,
    permission=scope.INVOICES_READ,
    params=DocumentsAsked,
    link="/ext/billing/invoices/{invoice_id}",
)


def _sums(source: Any) -> list[Any]:
    return [func.sum(source.c[name]).label(name) for name in SUMS]
