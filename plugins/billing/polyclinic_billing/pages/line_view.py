"""Lines, sums and payments of a document, ready for templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from polyclinic.sdk.money import format_amount
from polyclinic.sdk.pages import NamedForm
from polyclinic_billing.pages.site import HOME, blank
from polyclinic_billing.pages.words import Sum, line_remark, method_label, rate_text
from polyclinic_billing.rows import CreditNoteLineRow, InvoicePaymentRow, InvoiceRow, LineRow
from polyclinic_billing.rules.taxes import Amounts, by_rate


@dataclass(frozen=True)
class LineView:
    """One line; `form` changes it while the invoice is a draft."""

    id: UUID
    description: str
    quantity: int
    rate: str
    gross_minor: int
    remark: str = ""
    is_unpriced: bool = False
    form: NamedForm | None = None


@dataclass(frozen=True)
class PaymentView:
    """Money that came in or went back."""

    on: date
    method: str
    amount_minor: int
    currency: str
    url: str
    reference: str = ""
    refunded_minor: int = 0


def lines_of(rows: Sequence[LineRow], currency: str | None) -> list[LineView]:
    """Return the lines of an invoice."""
    return [
        LineView(
            id=row.id,
            description=row.description,
            quantity=row.quantity,
            rate=rate_text(row.tax_rate) if row.gross_minor or row.unit_minor is None else "-",
            gross_minor=row.gross_minor,
            remark=_remark(row),
            is_unpriced=row.unit_minor is None,
            form=_form(row, currency) if currency else None,
        )
        for row in rows
    ]


def credited_lines(rows: Sequence[CreditNoteLineRow]) -> list[LineView]:
    """Return the lines of a credit note."""
    return [LineView(row.id, row.description, 1, rate_text(row.tax_rate), row.gross_minor) for row in rows]


def sums_of(row: InvoiceRow, lines: Sequence[LineRow]) -> list[Sum]:
    """Return what stands below the lines of an invoice."""
    if row.currency is None or row.is_unpriced:
        return []
    sums = [Sum("Net", row.net_minor), *tax_sums([(line.tax_rate, line.tax_name, _amounts(line)) for line in lines])]
    if row.status == "draft" or row.paid_minor + row.credited_minor == 0:
        return [*sums, Sum("Total", row.gross_minor, is_strong=True)]
    sums.append(Sum("Total", row.gross_minor))
    sums += [Sum("Paid", -row.paid_minor)] if row.paid_minor else []
    sums += [Sum("Credited", -row.credited_minor)] if row.credited_minor else []
    return [*sums, Sum("To pay", row.open_minor, is_strong=True)]


def tax_sums(lines: Sequence[tuple[Decimal, str, Amounts]]) -> list[Sum]:
    """Return one line for each rate."""
    names = {rate: name for rate, name, _ in lines if name}
    totals = by_rate((rate, amounts) for rate, _, amounts in lines)
    return [
        Sum(f"{names.get(total.rate, 'Tax')} {rate_text(total.rate)}", total.amounts.tax_minor)
        for total in totals
        if total.amounts.gross_minor
    ]


def credit_sums(rows: Sequence[CreditNoteLineRow], net_minor: int, gross_minor: int) -> list[Sum]:
    """Return what stands below the lines of a credit note."""
    taxed = [(row.tax_rate, row.tax_name, Amounts(row.net_minor, row.tax_minor, row.gross_minor)) for row in rows]
    return [Sum("Net", net_minor), *tax_sums(taxed), Sum("Credited", gross_minor, is_strong=True)]


def payments_of(rows: Sequence[InvoicePaymentRow]) -> list[PaymentView]:
    """Return what was paid and given back on an invoice."""
    return [
        PaymentView(
            on=row.on,
            method=method_label(row.method) if row.refund_id is None else f"Refund, {method_label(row.method)}",
            amount_minor=row.amount_minor,
            currency=row.currency,
            url=f"{HOME}/payments/{row.payment_id}",
            reference=row.reference,
        )
        for row in rows
    ]


def receipt_url(invoice_id: UUID) -> str:
    """Return where the receipt of what was paid on an invoice is; the first one that is opened is the original."""
    return f"{HOME}/invoices/{invoice_id}/receipt"


def _remark(row: LineRow) -> str:
    parts = [line_remark(row.kind), row.tax_note if not row.tax_rate else ""]
    return ". ".join(part for part in parts if part)


def _form(row: LineRow, currency: str) -> NamedForm:
    return blank(
        f"line-{row.id}",
        description=row.description,
        unit="" if row.unit_minor is None else format_amount(row.unit_minor, currency),
        quantity=row.quantity,
        discount=format_amount(row.discount_minor, currency) if row.discount_minor else "",
    )


def _amounts(line: LineRow) -> Amounts:
    return Amounts(line.net_minor, line.tax_minor, line.gross_minor)
