"""What stands on the paper of an invoice, its receipt or a credit note, from what was kept when it was issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict
from polyclinic.sdk.money import format_day
from polyclinic_billing.documents.papers import (
    Paper,
    PaperBuyer,
    PaperKind,
    PaperLine,
    PaperPayment,
    PaperSeller,
    PaperTax,
    PaperTherapist,
)
from polyclinic_billing.queries import invoices, payments
from polyclinic_billing.rows import CreditNoteLineRow, InvoiceRow, LineRow
from polyclinic_billing.rules.taxes import Amounts, by_rate
from polyclinic_billing.vocabulary import InvoiceKind, InvoiceStatus, LineKind, Method

METHODS = {Method.CASH: "Cash", Method.CARD: "Card", Method.TRANSFER: "Transfer", Method.PACKAGE: "Package"}
NOT_ISSUED = "This invoice is a draft. Issue it first; drafts have no paper."
UNPAID = "Nothing of this invoice is paid yet, so there is no receipt. Take a payment first."
READ_RECORDS = "treatment-records:read"


def invoice_paper(ctx: Ctx, row: InvoiceRow, *, kind: PaperKind = PaperKind.INVOICE) -> Paper:
    """Return the paper of an issued invoice, or its receipt; raises `Conflict` for a draft."""
    if row.status == InvoiceStatus.DRAFT:
        raise Conflict(NOT_ISSUED, code="invoice_is_draft")
    lines = invoices.lines_of_invoices(ctx, [row.id]).get(row.id, ())
    paid = payments.payments_of_invoices(ctx, [row.id]).get(row.id, ())
    return Paper(
        kind=kind,
        number=row.number_text or "",
        issued_on=row.issued_on or row.service_on,
        due_on=row.due_on,
        currency=row.currency or "",
        seller=_seller(row),
        buyer=_buyer(row),
        therapist=_therapist(row),
        lines=[_line(line, row) for line in lines],
        taxes=_taxes([(line.tax_rate, line.tax_name, _amounts(line)) for line in lines]),
        net_minor=row.net_minor,
        tax_minor=row.tax_minor,
        gross_minor=row.gross_minor,
        payments=[PaperPayment(one.on, METHODS[Method(one.method)], one.amount_minor) for one in paid],
        open_minor=row.open_minor,
        credited_minor=row.credited_minor,
        notes=sorted({line.tax_note for line in lines if line.tax_note}),
        void_reason=row.void_reason,
        is_treatment_shown=row.kind == InvoiceKind.VISIT,
        made_at=ctx.now(),
        locale=ctx.locale,
    )


def receipt_paper(ctx: Ctx, row: InvoiceRow) -> Paper:
    """Return the receipt of what was paid on an invoice; raises `Conflict` while nothing is.

    It names a treatment once the visit is written up, and confirms a payment only before.
    """
    if row.paid_minor == 0 and row.gross_minor > 0:
        raise Conflict(UNPAID, code="unpaid")
    paper = invoice_paper(ctx, row, kind=PaperKind.RECEIPT)
    shown = paper.is_treatment_shown and is_written_up(ctx, row.appointment_id)
    duplicate_on = row.handed_out_at and ctx.now().date()
    return _changed(paper, is_treatment_shown=shown, duplicate_on=duplicate_on or None)


def credit_note_paper(ctx: Ctx, credit_note_id: UUID) -> Paper:
    """Return the paper of a credit note; addresses are those of its invoice."""
    note = invoices.get_credit_note(ctx, credit_note_id)
    row = invoices.get_invoice(ctx, note.invoice_id)
    lines = invoices.lines_of_credit_note(ctx, note.id)
    return Paper(
        kind=PaperKind.CREDIT_NOTE,
        number=note.number_text,
        issued_on=note.issued_on,
        currency=note.currency,
        seller=_seller(row),
        buyer=_buyer(row),
        lines=[_credited(line) for line in lines],
        taxes=_taxes([(line.tax_rate, line.tax_name, _amounts(line)) for line in lines]),
        net_minor=note.net_minor,
        tax_minor=note.tax_minor,
        gross_minor=note.gross_minor,
        notes=[f"Reason: {note.reason}"],
        about=f"Invoice {row.number_text} of {format_day(row.issued_on or row.service_on, ctx.locale)}",
        made_at=ctx.now(),
        locale=ctx.locale,
    )


def is_written_up(ctx: Ctx, appointment_id: UUID | None) -> bool:
    """Tell whether a visit has a treatment record, as far as the reader may know."""
    if appointment_id is None or not ctx.actor.can(READ_RECORDS):
        return False
    return appointment_id in ctx.core.records.of_appointments([appointment_id])


def _changed(paper: Paper, **changes: Any) -> Paper:
    return Paper(**{**paper.__dict__, **changes})


def _seller(row: InvoiceRow) -> PaperSeller:
    seller, clinic = row.seller, row.clinic
    return PaperSeller(
        name=_text(seller, "name"),
        address=_address(seller),
        country=_text(clinic, "country") or _text(seller, "country"),
        tax_number=_text(seller, "tax_number"),
        clinic_name=_text(clinic, "name"),
        clinic_address=_address(clinic),
        phone=_text(clinic, "phone") or _text(seller, "phone"),
        email=_text(clinic, "email") or _text(seller, "email"),
        payment_details=_text(seller, "payment_details"),
    )


def _buyer(row: InvoiceRow) -> PaperBuyer:
    born = _text(row.client, "birth_on")
    return PaperBuyer(_text(row.client, "name"), _address(row.client), date.fromisoformat(born) if born else None)


def _therapist(row: InvoiceRow) -> PaperTherapist | None:
    name = _text(row.therapist, "name")
    if not name:
        return None
    return PaperTherapist(
        name,
        _text(row.therapist, "authority"),
        _text(row.therapist, "registration"),
        _text(row.therapist, "insurer_number"),
    )


def _line(line: LineRow, row: InvoiceRow) -> PaperLine:
    is_treatment = line.kind in {LineKind.TREATMENT, LineKind.REDEEMED}
    starts, ends = _text(row.visit, "starts"), _text(row.visit, "ends")
    return PaperLine(
        description=line.description,
        quantity=line.quantity,
        unit_minor=line.unit_minor or 0,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
        gross_minor=line.gross_minor,
        rate=line.tax_rate,
        service_on=row.service_on if is_treatment else None,
        times=f"{starts} to {ends}" if is_treatment and starts else "",
        minutes=line.minutes,
        procedure_code=line.procedure_code,
        units=line.units,
        is_treatment=is_treatment,
        is_redeemed=line.kind == LineKind.REDEEMED,
    )


def _credited(line: CreditNoteLineRow) -> PaperLine:
    amounts = (line.net_minor, line.tax_minor, line.gross_minor)
    return PaperLine(line.description, 1, line.gross_minor, *amounts, line.tax_rate)


def _taxes(lines: Sequence[tuple[Decimal, str, Amounts]]) -> list[PaperTax]:
    names = {rate: name for rate, name, _ in lines if name}
    return [
        PaperTax(names.get(total.rate, ""), total.rate, total.amounts.net_minor, total.amounts.tax_minor)
        for total in by_rate((rate, amounts) for rate, _, amounts in lines)
        if total.rate and total.amounts.gross_minor
    ]


def _amounts(line: LineRow | CreditNoteLineRow) -> Amounts:
    return Amounts(line.net_minor, line.tax_minor, line.gross_minor)


def _address(known: Mapping[str, Any]) -> list[str]:
    town = " ".join(part for part in (_text(known, "postal_code"), _text(known, "city")) if part)
    return [part for part in (_text(known, "street"), town, _text(known, "country")) if part]


def _text(known: Mapping[str, Any], name: str) -> str:
    return str(known.get(name) or "")
