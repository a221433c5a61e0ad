"""Invoices from draft to void, credit notes and receivables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from polyclinic.sdk.api import Page, PageRequest
from polyclinic.sdk.context import Ctx
from polyclinic_billing.api.routes import BASE, routes
from polyclinic_billing.commands import (
    AddLine,
    ChangeLine,
    CreditInvoice,
    DiscardDraft,
    DraftForAppointment,
    IssueInvoice,
    PriceDraft,
    RemoveLine,
    VoidInvoice,
)
from polyclinic_billing.queries import invoices, receivables, scope
from polyclinic_billing.queries.details import get_invoice_detail
from polyclinic_billing.rows import CreditNoteRow, InvoiceDetail, InvoiceRow, ReceivableRow
from polyclinic_billing.schemas import invoices as schemas
from polyclinic_billing.schemas.money import money_in
from polyclinic_billing.services import crediting, drafting, issuing, lines, voiding

ONE = "/invoices/<uuid:invoice_id>"


@routes.get(
    "/invoices",
    permission=scope.INVOICES_READ,
    query=schemas.InvoiceQuerySchema,
    response=schemas.InvoiceSummarySchema,
    paged=True,
)
def list_invoices(ctx: Ctx, query: dict[str, Any], page: PageRequest) -> Page[InvoiceRow]:
    """List invoices, newest first."""
    states = query.pop("status", ())
    return invoices.list_invoices(ctx, invoices.InvoiceFilter(**query, states=states), page)


@routes.post(
    "/invoices",
    permission=scope.INVOICES_WRITE,
    body=schemas.DraftVisitSchema,
    response=schemas.InvoiceSchema,
    status=201,
    location=lambda row: f"{BASE}/invoices/{row.id}",
)
def draft_invoice(ctx: Ctx, body: dict[str, Any]) -> InvoiceDetail:
    """Draft the invoice of an attended appointment, or show the one it has."""
    return _shown(ctx, drafting.draft_invoice_for_appointment(ctx, DraftForAppointment(body["appointment_id"])))


@routes.get(ONE, permission=scope.INVOICES_READ, response=schemas.InvoiceSchema)
def show_invoice(ctx: Ctx, invoice_id: UUID) -> InvoiceDetail:
    """Show an invoice with lines, payments and credit notes."""
    return get_invoice_detail(ctx, invoice_id)


@routes.post(f"{ONE}/discard", permission=scope.INVOICES_WRITE, if_match=True, status=204)
def discard_draft(ctx: Ctx, invoice_id: UUID, row_version: int) -> None:
    """Remove a draft; the appointment can be drafted again."""
    lines.discard_draft(ctx, DiscardDraft(invoice_id, row_version))


@routes.post(
    f"{ONE}/lines",
    permission=scope.INVOICES_WRITE,
    body=schemas.AddLineSchema,
    response=schemas.InvoiceSchema,
    if_match=True,
    status=201,
)
def add_line(ctx: Ctx, invoice_id: UUID, body: dict[str, Any], row_version: int) -> InvoiceDetail:
    """Add a line to a draft."""
    unit_minor = money_in(body.pop("unit_price"), invoices.get_invoice(ctx, invoice_id).currency, "unit_price")
    return _shown(ctx, lines.add_line(ctx, AddLine(invoice_id, row_version, unit_minor=unit_minor, **body)))


@routes.patch(
    f"{ONE}/lines/<uuid:line_id>",
    permission=scope.INVOICES_WRITE,
    body=schemas.ChangeLineSchema,
    response=schemas.InvoiceSchema,
)
def change_line(ctx: Ctx, invoice_id: UUID, line_id: UUID, body: dict[str, Any], row_version: int) -> InvoiceDetail:
    """Change a line of a draft."""
    currency = invoices.get_invoice(ctx, invoice_id).currency
    for name, minor in (("unit_price", "unit_minor"), ("discount", "discount_minor")):
        if name in body:
            body[minor] = money_in(body.pop(name), currency, name)
    return _shown(ctx, lines.change_line(ctx, ChangeLine(invoice_id, line_id, row_version, **body)))


@routes.post(
    f"{ONE}/lines/<uuid:line_id>/remove",
    permission=scope.INVOICES_WRITE,
    response=schemas.InvoiceSchema,
    if_match=True,
)
def remove_line(ctx: Ctx, invoice_id: UUID, line_id: UUID, row_version: int) -> InvoiceDetail:
    """Take a line off a draft."""
    return _shown(ctx, lines.remove_line(ctx, RemoveLine(invoice_id, line_id, row_version)))


@routes.post(f"{ONE}/price", permission=scope.INVOICES_WRITE, response=schemas.InvoiceSchema, if_match=True)
def price_draft(ctx: Ctx, invoice_id: UUID, row_version: int) -> InvoiceDetail:
    """Look a draft's price and tax up again."""
    return _shown(ctx, drafting.price_draft(ctx, PriceDraft(invoice_id, row_version)))


@routes.post(f"{ONE}/issue", permission=scope.INVOICES_WRITE, response=schemas.InvoiceSchema, if_match=True)
def issue_invoice(ctx: Ctx, invoice_id: UUID, row_version: int) -> InvoiceDetail:
    """Give a draft its number and freeze it."""
    return _shown(ctx, issuing.issue_invoice(ctx, IssueInvoice(invoice_id, row_version)))


@routes.post(
    f"{ONE}/void",
    permission=scope.INVOICES_VOID,
    body=schemas.ReasonSchema,
    response=schemas.InvoiceSchema,
    if_match=True,
)
def void_invoice(ctx: Ctx, invoice_id: UUID, body: dict[str, Any], row_version: int) -> InvoiceDetail:
    """Declare an issued invoice void; it keeps its number."""
    return _shown(ctx, voiding.void_invoice(ctx, VoidInvoice(invoice_id, row_version, body["reason"])))


@routes.post(
    f"{ONE}/credit-notes",
    permission=scope.INVOICES_VOID,
    body=schemas.CreditSchema,
    response=schemas.CreditNoteSchema,
    if_match=True,
    status=201,
    location=lambda row: f"{BASE}/credit-notes/{row.id}",
)
def credit_invoice(ctx: Ctx, invoice_id: UUID, body: dict[str, Any], row_version: int) -> CreditNoteRow:
    """Credit an invoice or a part of it."""
    currency = invoices.get_invoice(ctx, invoice_id).currency
    amount = None if body["amount"] is None else money_in(body["amount"], currency, "amount")
    return crediting.credit_invoice(ctx, CreditInvoice(invoice_id, row_version, body["reason"], amount))


@routes.get("/credit-notes/<uuid:credit_note_id>", permission=scope.INVOICES_READ, response=schemas.CreditNoteSchema)
def show_credit_note(ctx: Ctx, credit_note_id: UUID) -> CreditNoteRow:
    """Show a credit note."""
    return invoices.get_credit_note(ctx, credit_note_id)


@routes.get(
    "/receivables",
    permission=scope.INVOICES_READ,
    query=schemas.ReceivableQuerySchema,
    response=schemas.ReceivableSchema,
    paged=True,
)
def list_receivables(ctx: Ctx, query: dict[str, Any], page: PageRequest) -> Page[ReceivableRow]:
    """List what is owed, as of a day."""
    known = {"as_of": ctx.now().date()} | query
    return receivables.list_receivables(ctx, receivables.ReceivableFilter(**known), page)


def _shown(ctx: Ctx, invoice: InvoiceRow) -> InvoiceDetail:
    return get_invoice_detail(ctx, invoice.id)
