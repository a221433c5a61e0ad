"""What was invoiced, as movements: an invoice counts on its day of issue, its void and credit notes on theirs.

So a day that is over never changes, and the sums are those of the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Subquery, Uuid, and_, any_, literal, select, union_all

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.reports import Column, ColumnType, ReportRequest, Total
from polyclinic_billing.models.invoices import CreditNote, CreditNoteLine, Invoice, InvoiceLine

CLINIC = (Column("clinic_id", "Clinic id", ColumnType.ID), Column("clinic", "Clinic"))
THERAPIST = (Column("therapist_id", "Therapist id", ColumnType.ID), Column("therapist", "Therapist"))
CURRENCY = Column("currency", "Currency")


def money(name: str, title: str) -> Column:
    """Return a column of minor units that adds up by currency."""
    return Column(name, title, ColumnType.MONEY, total=Total.SUM, currency="currency")


AMOUNTS = (money("net_minor", "Net"), money("tax_minor", "Tax"), money("gross_minor", "Gross"))


def at_clinics(column: Any, clinic_ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Return the condition "at one of these clinics"."""
    found: ColumnElement[bool] = column == any_(literal(list(clinic_ids), ARRAY(Uuid())))
    return found


def documents(ctx: Ctx, request: ReportRequest) -> Subquery:
    """Return invoices, voids and credit notes of a period, with signed amounts."""
    own = and_(Invoice.organisation_id == ctx.organisation_id, at_clinics(Invoice.clinic_id, request.clinic_ids))
    span = (request.first_on, request.last_on)
    issued = select(*_of_invoice("invoice", Invoice.issued_on, 1)).where(
        own, Invoice.status != "draft", Invoice.issued_on.between(*span)
    )
    voided = select(*_of_invoice("void", Invoice.voided_on, -1)).where(
        own, Invoice.status == "void", Invoice.voided_on.between(*span)
    )
    credited = (
        select(
            literal("credit_note").label("document"),
            CreditNote.issued_on.label("on"),
            CreditNote.number_text,
            CreditNote.invoice_id,
            CreditNote.clinic_id,
            Invoice.therapist_id,
            CreditNote.client_id,
            Invoice.client["name"].astext.label("client"),
            Invoice.kind,
            CreditNote.currency,
            (-CreditNote.net_minor).label("net_minor"),
            (-CreditNote.tax_minor).label("tax_minor"),
            (-CreditNote.gross_minor).label("gross_minor"),
        )
        .join(Invoice, and_(Invoice.organisation_id == CreditNote.organisation_id, Invoice.id == CreditNote.invoice_id))
        .where(
            CreditNote.organisation_id == ctx.organisation_id,
            at_clinics(CreditNote.clinic_id, request.clinic_ids),
            CreditNote.issued_on.between(*span),
        )
    )
    return union_all(issued, voided, credited).subquery("document")


def lines(ctx: Ctx, request: ReportRequest) -> Subquery:
    """Return the lines of the same documents, with signed amounts and their tax."""
    own = and_(Invoice.organisation_id == ctx.organisation_id, at_clinics(Invoice.clinic_id, request.clinic_ids))
    of_invoice = and_(InvoiceLine.organisation_id == Invoice.organisation_id, InvoiceLine.invoice_id == Invoice.id)
    span = (request.first_on, request.last_on)
    issued = (
        select(*_of_line(InvoiceLine, Invoice.currency, 1))
        .join(Invoice, of_invoice)
        .where(own, Invoice.status != "draft", Invoice.issued_on.between(*span))
    )
    voided = (
        select(*_of_line(InvoiceLine, Invoice.currency, -1))
        .join(Invoice, of_invoice)
        .where(own, Invoice.status == "void", Invoice.voided_on.between(*span))
    )
    note = and_(
        CreditNote.organisation_id == CreditNoteLine.organisation_id, CreditNote.id == CreditNoteLine.credit_note_id
    )
    line = and_(
        InvoiceLine.organisation_id == CreditNoteLine.organisation_id, InvoiceLine.id == CreditNoteLine.invoice_line_id
    )
    credited = (
        select(*_of_line(CreditNoteLine, CreditNote.currency, -1))
        .join(CreditNote, note)
        .join(InvoiceLine, line)
        .where(
            CreditNoteLine.organisation_id == ctx.organisation_id,
            at_clinics(CreditNoteLine.clinic_id, request.clinic_ids),
            CreditNote.issued_on.between(*span),
        )
    )
    return union_all(issued, voided, credited).subquery("line")


def named_clinic(ctx: Ctx, clinic_id: Any) -> ColumnElement[bool]:
    """Return the condition of a join to the clinic's name."""
    return and_(views.clinic.c.organisation_id == ctx.organisation_id, views.clinic.c.id == clinic_id)


def named_therapist(ctx: Ctx, therapist_id: Any) -> ColumnElement[bool]:
    """Return the condition of a join to the therapist's name."""
    return and_(views.therapist.c.organisation_id == ctx.organisation_id, views.therapist.c.id == therapist_id)


def _of_invoice(document: str, on: Any, sign: int) -> list[Any]:
    return [
        literal(document).label("document"),
        on.label("on"),
        Invoice.number_text,
        Invoice.id.label("invoice_id"),
        Invoice.clinic_id,
        Invoice.therapist_id,
        Invoice.client_id,
        Invoice.client["name"].astext.label("client"),
        Invoice.kind,
        Invoice.currency,
        (sign * Invoice.net_minor).label("net_minor"),
        (sign * Invoice.tax_minor).label("tax_minor"),
        (sign * Invoice.gross_minor).label("gross_minor"),
    ]


def _of_line(table: Any, currency: Any, sign: int) -> list[Any]:
    return [
        table.clinic_id,
        currency,
        InvoiceLine.tax_name,
        InvoiceLine.tax_reason,
        InvoiceLine.tax_rate,
        (sign * table.net_minor).label("net_minor"),
        (sign * table.tax_minor).label("tax_minor"),
        (sign * table.gross_minor).label("gross_minor"),
    ]
