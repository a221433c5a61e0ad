"""A credit note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.money import format_moment
from polyclinic.sdk.pages import render
from polyclinic_billing.pages.line_view import LineView, credit_sums, credited_lines
from polyclinic_billing.pages.names import names_for
from polyclinic_billing.pages.site import pages
from polyclinic_billing.pages.words import Link, Sum, day, title_of
from polyclinic_billing.queries import invoices, scope


@dataclass(frozen=True)
class NotePage:
    """The page of a credit note."""

    title: str
    meta: str
    currency: str
    lines: Sequence[LineView]
    sums: Sequence[Sum]
    facts: Sequence[tuple[str, str]]
    papers: Sequence[Link]


@pages.get("/credit-notes/<uuid:credit_note_id>", permission=scope.INVOICES_READ)
def show_credit_note(ctx: Ctx, credit_note_id: UUID) -> Any:
    """Show a credit note."""
    note = invoices.get_credit_note(ctx, credit_note_id)
    invoice = invoices.get_invoice(ctx, note.invoice_id)
    lines = invoices.lines_of_credit_note(ctx, note.id)
    names = names_for(ctx, [invoice])
    facts = [
        ("Client", names.client(invoice)),
        ("Clinic", names.clinic(note.clinic_id)),
        ("Takes back of", f"{title_of(invoice)} of {day(invoice.issued_on or invoice.service_on)}"),
        ("Reason", note.reason),
        ("Issued", format_moment(note.issued_at, names.zone(note.clinic_id))),
    ]
    view = NotePage(
        title=note.number_text,
        meta=f"{names.client(invoice) or 'Client erased'}, {day(note.issued_on)}",
        currency=note.currency,
        lines=credited_lines(lines),
        sums=credit_sums(lines, note.net_minor, note.gross_minor),
        facts=[(term, value) for term, value in facts if value],
        papers=[
            Link("Credit note as PDF", f"/documents/billing.credit_note/{note.id}", "download"),
            Link("Invoice", f"/ext/billing/invoices/{invoice.id}", "file-dollar"),
        ],
    )
    return render("billing/credit_note.html", view=view)
