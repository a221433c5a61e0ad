"""What the page of an invoice shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.money import format_amount, format_moment
from polyclinic.sdk.tables import new_id
from polyclinic_billing.pages.line_view import LineView, PaymentView, lines_of, payments_of, receipt_url, sums_of
from polyclinic_billing.pages.names import Names, names_for
from polyclinic_billing.pages.site import HOME, blank, may
from polyclinic_billing.pages.words import KINDS, Chip, Choice, Link, Remark, Sum, chip_of, choices, day, title_of
from polyclinic_billing.queries import invoices, payments, scope
from polyclinic_billing.queries.sellers import seller_of_clinic
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import CreditNoteRow, InvoiceRow, LineRow
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.vocabulary import InvoiceKind, InvoiceStatus


@dataclass(frozen=True)
class NoteView:
    """A credit note in a list."""

    number: str
    on: date
    reason: str
    gross_minor: int
    url: str


@dataclass(frozen=True)
class InvoiceView:
    """An invoice with all that stands on its page."""

    row: InvoiceRow
    title: str
    meta: str
    currency: str
    chip: Chip
    lines: Sequence[LineView]
    sums: Sequence[Sum]
    tax_notes: Sequence[str]
    payments: Sequence[PaymentView]
    credit_notes: Sequence[NoteView]
    remarks: Sequence[Remark]
    facts: Sequence[tuple[str, str]]
    links: Sequence[Link]
    papers: Sequence[Link]
    methods: Sequence[Choice]
    client_email: str
    can_change: bool
    can_take: bool
    can_undo: bool
    show: str = ""

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{HOME}/invoices/{self.row.id}"

    @property
    def row_version(self) -> int:
        """The version that forms are made from."""
        return self.row.row_version

    @property
    def payment_id(self) -> UUID:
        """An id for the next payment, so that sending it twice takes it once."""
        return new_id()

    @property
    def is_draft(self) -> bool:
        """Whether lines may change."""
        return self.row.status == InvoiceStatus.DRAFT

    @property
    def is_unpriced(self) -> bool:
        """Whether a line has no price."""
        return self.row.is_unpriced

    @property
    def is_issued(self) -> bool:
        """Whether the invoice counts."""
        return self.row.status == InvoiceStatus.ISSUED

    @property
    def can_issue(self) -> bool:
        """Whether the draft is complete."""
        return self.is_draft and self.can_change and not self.row.is_unpriced and bool(self.lines)

    @property
    def can_discard(self) -> bool:
        """Whether the draft may go away."""
        return self.is_draft and self.can_change

    @property
    def can_pay(self) -> bool:
        """Whether a payment can be taken."""
        return self.row.open_minor > 0 and self.can_take

    @property
    def can_void(self) -> bool:
        """Whether nothing was paid or credited yet."""
        return self.is_issued and self.can_undo and self.row.paid_minor == 0 and self.row.credited_minor == 0

    @property
    def can_credit(self) -> bool:
        """Whether something is left to credit."""
        return self.is_issued and self.can_undo and self.row.credited_minor < self.row.gross_minor

    @property
    def correct_hint(self) -> str:
        """Why a correction is or is not there."""
        if self.is_draft:
            return "A draft can be changed freely until it is issued."
        if self.row.paid_minor and not self.row.credited_minor:
            return "It is paid in part or in full: refund the payment to void it, or write a credit note."
        return "An issued invoice is never changed. Its number stays."

    @property
    def checkout_url(self) -> str:
        """Where the visit is checked out, while something is left to do."""
        open_end = self.is_draft or self.row.open_minor > 0
        return f"{HOME}/checkout/{self.row.appointment_id}" if self.row.appointment_id and open_end else ""

    @property
    def mail_url(self) -> str:
        """Where the form of the mail goes."""
        return f"{self.here}/send" if self.is_issued and self.can_take else ""


def invoice_view(ctx: Ctx, invoice_id: UUID, show: str = "") -> InvoiceView:
    """Return the view of one invoice; raises `NotFound`."""
    row = invoices.get_invoice(ctx, invoice_id)
    lines = invoices.lines_of_invoices(ctx, [row.id]).get(row.id, ())
    notes = invoices.credit_notes_of_invoices(ctx, [row.id]).get(row.id, ())
    paid = payments.payments_of_invoices(ctx, [row.id]).get(row.id, ())
    names = names_for(ctx, [row])
    currency = row.currency or _currency(ctx, row.clinic_id)
    return InvoiceView(
        row=row,
        title=title_of(row),
        meta=f"{names.client(row) or 'Client erased'}, {names.clinic(row.clinic_id)}",
        currency=currency,
        chip=chip_of(row, today_at(ctx, row.clinic_id)),
        lines=lines_of(lines, currency),
        sums=sums_of(row, lines),
        tax_notes=sorted({line.tax_note for line in lines if line.tax_note}),
        payments=payments_of(paid),
        credit_notes=[_note(note) for note in notes],
        remarks=_remarks(row, lines),
        facts=_facts(row, names),
        links=_links(row),
        papers=papers_of(row),
        methods=choices(terms_at(ctx, row.clinic_id).methods),
        client_email=_email(ctx, row),
        can_change=may(ctx, scope.INVOICES_WRITE, row.clinic_id),
        can_take=may(ctx, scope.PAYMENTS_WRITE, row.clinic_id),
        can_undo=may(ctx, scope.INVOICES_VOID, row.clinic_id),
        show=show,
    )


def forms_of(view: InvoiceView) -> dict[str, Any]:
    """Return the forms of the page as nobody has sent them yet."""
    left = view.row.gross_minor - view.row.credited_minor
    return {
        "pay": blank("pay", amount=format_amount(view.row.open_minor, view.currency)),
        "change": blank("change"),
        "void": blank("void"),
        "credit": blank("credit", amount=format_amount(left, view.currency)),
        "send": blank("send", to=view.client_email),
        "whole": {},
    }


def papers_of(row: InvoiceRow) -> list[Link]:
    """Return the documents of an invoice."""
    if row.status == InvoiceStatus.DRAFT:
        return []
    is_receipted = row.paid_minor > 0 or row.gross_minor == 0
    receipt = (
        [Link("Receipt", receipt_url(row.id), "receipt", is_act=True)]
        if is_receipted and row.status != InvoiceStatus.VOID
        else []
    )
    return [*receipt, Link("Invoice as PDF", f"/documents/billing.invoice/{row.id}", "download")]


def _currency(ctx: Ctx, clinic_id: UUID) -> str:
    seller = seller_of_clinic(ctx, clinic_id)
    return seller.currency if seller else "GBP"


def _note(note: CreditNoteRow) -> NoteView:
    return NoteView(note.number_text, note.issued_on, note.reason, note.gross_minor, f"{HOME}/credit-notes/{note.id}")


def _remarks(row: InvoiceRow, lines: Sequence[LineRow]) -> list[Remark]:
    remarks = []
    if row.status == InvoiceStatus.VOID:
        remarks.append(Remark(row.void_reason or "", "neutral", f"Void since {day(row.voided_on or row.service_on)}."))
    if row.status == InvoiceStatus.DRAFT and row.is_unpriced:
        text = "Give its amount below, or set a price for the service. Until then it cannot be issued."
        remarks.append(Remark(text, "warn", "A line has no price."))
    elif row.status == InvoiceStatus.DRAFT and not lines:
        remarks.append(Remark("Add one below before issuing it.", "warn", "There is no line."))
    if row.remark:
        remarks.append(Remark(row.remark, "info"))
    if row.refundable_minor:
        remarks.append(Remark("Give it back from the payment's page.", "warn", "More was paid than is asked."))
    return remarks


def _facts(row: InvoiceRow, names: Names) -> list[tuple[str, str]]:
    zone = names.zone(row.clinic_id)
    facts = [
        ("About", KINDS[InvoiceKind(row.kind)]),
        ("Client", names.client(row)),
        ("Clinic", names.clinic(row.clinic_id)),
        ("Day of service", day(row.service_on)),
        ("Therapist", str(row.therapist.get("name") or "")),
        ("Seller", str(row.seller.get("name") or "")),
        ("Issued", format_moment(row.issued_at, zone) if row.issued_at else ""),
        ("Due", day(row.due_on) if row.due_on else ""),
        ("Handed out", format_moment(row.handed_out_at, zone) if row.handed_out_at else ""),
    ]
    return [(term, value) for term, value in facts if value]


def _links(row: InvoiceRow) -> list[Link]:
    links = []
    if row.appointment_id:
        links.append(Link("Appointment", f"/appointments/{row.appointment_id}", "calendar"))
    if row.client_id:
        links.append(Link("Billing of the client", f"{HOME}/clients/{row.client_id}", "user"))
    return links


def _email(ctx: Ctx, row: InvoiceRow) -> str:
    found = ctx.core.clients.get_many([row.client_id]) if row.client_id else {}
    return next((fact.email for fact in found.values()), "")
