"""The documents of billing as files: opened, downloaded, sent by mail."""

from __future__ import annotations

from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.documents import Document
from polyclinic_billing.commands import HandOutInvoice
from polyclinic_billing.documents.drawing import draw
from polyclinic_billing.documents.gathering import credit_note_paper, invoice_paper, receipt_paper
from polyclinic_billing.queries.invoices import get_invoice
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.services.issuing import hand_out


def render_invoice(ctx: Ctx, invoice_id: UUID) -> Document:
    """Return an invoice; raises `NotFound`, `Conflict` for a draft."""
    row = get_invoice(ctx, invoice_id)
    return Document(f"invoice-{row.number_text}.pdf", draw(invoice_paper(ctx, row)))


def render_receipt(ctx: Ctx, invoice_id: UUID) -> Document:
    """Return the receipt of what was paid on an invoice; a duplicate once one was handed out."""
    row = get_invoice(ctx, invoice_id)
    return Document(f"receipt-{row.number_text}.pdf", draw(receipt_paper(ctx, row)))


def render_credit_note(ctx: Ctx, credit_note_id: UUID) -> Document:
    """Return a credit note; raises `NotFound`."""
    paper = credit_note_paper(ctx, credit_note_id)
    return Document(f"credit-note-{paper.number}.pdf", draw(paper))


def hand_out_receipt(ctx: Ctx, invoice_id: UUID) -> Document:
    """Return the receipt and remember that it left the house: the next one is a duplicate."""
    document = render_receipt(ctx, invoice_id)
    hand_out(ctx, HandOutInvoice(invoice_id))
    return document


def send_invoice(ctx: Ctx, row: InvoiceRow, to: str) -> None:
    """Send the invoice, with its receipt when something was paid on it."""
    papers = [render_invoice(ctx, row.id)]
    if row.paid_minor or not row.gross_minor:
        papers.append(hand_out_receipt(ctx, row.id))
    seller = str(row.seller.get("name") or "")
    names = "invoice and receipt are" if len(papers) > 1 else "invoice is"
    text = f"Your {names} attached.\n\n{seller}\n"
    ctx.mail(to, f"Invoice {row.number_text} of {seller}", text, papers)
    ctx.audit("invoice_sent", "invoice", row.id, clinic_id=row.clinic_id)
