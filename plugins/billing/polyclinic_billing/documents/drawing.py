"""Papers of billing as PDF files."""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.sdk.documents import PdfAlign, PdfColumn, PdfWriter
from polyclinic.sdk.money import format_day, format_money, format_rate
from polyclinic_billing.documents.countries import ReceiptForm, form_of
from polyclinic_billing.documents.papers import Paper, PaperKind, PaperLine, PaperTherapist

REDEEMED = "paid with a package"


def draw(paper: Paper) -> bytes:
    """Return the paper as a PDF file."""
    form = form_of(paper.seller.country)
    title = _title(paper, form)
    writer = PdfWriter(
        f"{title} {paper.number}", made_at=paper.made_at, language=paper.locale.replace("_", "-"), mark=paper.mark
    )
    _draw_letterhead(writer, paper, form)
    writer.address([paper.buyer.name, *paper.buyer.address])
    writer.title(title, paper.number)
    writer.facts(_facts(paper, form))
    writer.table(_columns(paper, form), [_row(paper, form, line) for line in paper.lines])
    writer.totals(_totals(paper), strong=_strong(paper))
    if paper.kind is not PaperKind.CREDIT_NOTE and paper.payments:
        _draw_payments(writer, paper)
    for note in _notes(paper, form):
        writer.note(note)
    if paper.kind is PaperKind.RECEIPT and paper.is_treatment_shown and form.shows_signature and paper.therapist:
        writer.signature(paper.therapist.name, label=_registered(paper.therapist))
    return writer.content()


def _title(paper: Paper, form: ReceiptForm) -> str:
    match paper.kind:
        case PaperKind.INVOICE:
            return "Invoice"
        case PaperKind.CREDIT_NOTE:
            return "Credit note"
        case PaperKind.RECEIPT:
            return form.title if paper.is_treatment_shown else "Payment receipt"


def _draw_letterhead(writer: PdfWriter, paper: Paper, form: ReceiptForm) -> None:
    seller = paper.seller
    right = [f"{form.tax_number}: {seller.tax_number}"] if seller.tax_number else []
    if seller.clinic_name and seller.clinic_name != seller.name:
        right += [seller.clinic_name, *seller.clinic_address]
    writer.letterhead(seller.name, seller.address, right=[*right, *filter(None, (seller.phone, seller.email))])


def _facts(paper: Paper, form: ReceiptForm) -> list[tuple[str, str]]:
    is_receipt = paper.kind is PaperKind.RECEIPT
    facts = [("Date", format_day(paper.issued_on, paper.locale))]
    if paper.kind is PaperKind.INVOICE and paper.due_on and paper.open_minor > 0:
        facts.append(("Please pay by", format_day(paper.due_on, paper.locale)))
    facts += [("For", paper.about), ("Client", paper.buyer.name if is_receipt else "")]
    if is_receipt and form.shows_birth and paper.buyer.birth_on:
        facts.append(("Date of birth", format_day(paper.buyer.birth_on, paper.locale)))
    if paper.therapist and paper.is_treatment_shown:
        facts.append(("Therapist", paper.therapist.name))
        facts.append((form.registration, _registered(paper.therapist)))
        if form.insurer_number:
            facts.append((form.insurer_number, paper.therapist.insurer_number))
    if paper.duplicate_on:
        facts.append(("Duplicate issued on", format_day(paper.duplicate_on, paper.locale)))
    return facts


def _registered(therapist: PaperTherapist) -> str:
    return " ".join(word for word in (therapist.authority, therapist.registration) if word)


def _columns(paper: Paper, form: ReceiptForm) -> list[PdfColumn]:
    end = PdfAlign.END
    coded = [PdfColumn("Code", 3), PdfColumn("Units", 2, end)] if _has_codes(paper, form) else []
    return [
        PdfColumn("Date", 4),
        PdfColumn("Description", 9),
        *coded,
        PdfColumn("Quantity", 3, end),
        PdfColumn("Net", 4, end),
        PdfColumn("Tax", 3, end),
        PdfColumn("Amount", 4, end),
    ]


def _has_codes(paper: Paper, form: ReceiptForm) -> bool:
    return form.shows_codes and any(line.procedure_code for line in paper.lines)


def _row(paper: Paper, form: ReceiptForm, line: PaperLine) -> list[str]:
    coded = [line.procedure_code, str(line.units or "")] if _has_codes(paper, form) else []
    day = format_day(line.service_on, paper.locale) if line.service_on else ""
    return [
        day,
        _described(paper, form, line),
        *coded,
        str(line.quantity),
        format_money(line.net_minor, paper.currency, paper.locale),
        format_rate(line.rate / 100, paper.locale),
        format_money(line.gross_minor, paper.currency, paper.locale),
    ]


def _described(paper: Paper, form: ReceiptForm, line: PaperLine) -> str:
    words = line.description
    if paper.kind is PaperKind.RECEIPT and line.is_treatment and line.minutes and paper.is_treatment_shown:
        words = form.treatment.format(description=line.description, minutes=line.minutes)
    times = line.times if form.shows_times and paper.is_treatment_shown else ""
    return ", ".join(part for part in (words, times, REDEEMED if line.is_redeemed else "") if part)


def _totals(paper: Paper) -> list[tuple[str, str]]:
    def money(minor: int) -> str:
        return format_money(minor, paper.currency, paper.locale)

    rows = [("Net", money(paper.net_minor))]
    rows += [
        (
            f"{tax.name or 'Tax'} {format_rate(tax.rate / 100, paper.locale)} of {money(tax.net_minor)}",
            money(tax.tax_minor),
        )
        for tax in paper.taxes
    ]
    rows.append(("Credited" if paper.kind is PaperKind.CREDIT_NOTE else "Total", money(paper.gross_minor)))
    if paper.kind is PaperKind.CREDIT_NOTE or paper.void_reason is not None:
        return rows
    if paper.payments:
        rows.append(("Paid", money(paper.paid_minor)))
    if paper.credited_minor:
        rows.append(("Credited", money(-paper.credited_minor)))
    if paper.open_minor or paper.payments:
        rows.append(("To pay", money(paper.open_minor)))
    return rows


def _strong(paper: Paper) -> int:
    """Return the place of the sum that counts: what is to pay on an invoice, the whole elsewhere."""
    return -1 if paper.kind is PaperKind.INVOICE else 1 + len(paper.taxes)


def _draw_payments(writer: PdfWriter, paper: Paper) -> None:
    writer.heading("Payments")
    writer.table(
        [PdfColumn("Date", 3), PdfColumn("Method", 6), PdfColumn("Amount", 3, PdfAlign.END)],
        [
            [
                format_day(payment.on, paper.locale),
                payment.method if payment.amount_minor >= 0 else f"Refund, {payment.method}",
                format_money(payment.amount_minor, paper.currency, paper.locale),
            ]
            for payment in paper.payments
        ],
    )


def _notes(paper: Paper, form: ReceiptForm) -> Sequence[str]:
    notes = [*paper.notes]
    if paper.void_reason is not None:
        notes.insert(0, f"This document is void. {paper.void_reason}".strip())
    if paper.kind is PaperKind.RECEIPT and not paper.is_treatment_shown:
        notes.append("This confirms a payment. It does not confirm a treatment.")
    elif paper.kind is PaperKind.RECEIPT and form.statement:
        notes.append(form.statement)
    if paper.kind is PaperKind.INVOICE and paper.open_minor > 0 and paper.seller.payment_details:
        notes.append(paper.seller.payment_details)
    return [note for note in notes if note]
