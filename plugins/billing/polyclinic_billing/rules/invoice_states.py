"""What may happen to an invoice, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from polyclinic.sdk.errors import Conflict
from polyclinic_billing.rules.currencies import money_text
from polyclinic_billing.vocabulary import InvoiceState, InvoiceStatus


@dataclass(frozen=True)
class Standing:
    """The facts that decide where an invoice stands; `paid_minor` is allocated less what was refunded."""

    status: InvoiceStatus
    gross_minor: int
    paid_minor: int
    credited_minor: int
    currency: str

    @property
    def open_minor(self) -> int:
        """Return what is still to be paid: nothing for drafts and void invoices, never below zero."""
        if self.status is not InvoiceStatus.ISSUED:
            return 0
        return max(self.gross_minor - self.paid_minor - self.credited_minor, 0)

    @property
    def refundable_minor(self) -> int:
        """Return what was paid beyond what the invoice still asks."""
        return max(self.paid_minor + self.credited_minor - self.gross_minor, 0)

    @property
    def state(self) -> InvoiceState:
        """Return where the invoice stands; the database derives the same (`invoice.state`)."""
        if self.status is InvoiceStatus.DRAFT:
            return InvoiceState.DRAFT
        if self.status is InvoiceStatus.VOID:
            return InvoiceState.VOID
        if 0 < self.gross_minor <= self.credited_minor:
            return InvoiceState.CREDITED
        if self.paid_minor + self.credited_minor >= self.gross_minor:
            return InvoiceState.PAID
        return InvoiceState.PART_PAID if self.paid_minor > 0 else InvoiceState.ISSUED


def check_draft(standing: Standing) -> None:
    """Raise `Conflict` unless the invoice may still be edited and issued."""
    if standing.status is not InvoiceStatus.DRAFT:
        raise Conflict(
            "This invoice is issued and cannot change. Credit it or void it, and draft another.", code="invoice_issued"
        )


def check_issued(standing: Standing) -> None:
    """Raise `Conflict` unless the invoice is issued."""
    if standing.status is InvoiceStatus.DRAFT:
        raise Conflict("This invoice is a draft. Issue it first.", code="invoice_is_draft")
    if standing.status is InvoiceStatus.VOID:
        raise Conflict("This invoice is void; nothing can be paid or credited on it.", code="invoice_void")


def check_voidable(standing: Standing) -> None:
    """Raise `Conflict` unless nothing was paid or credited on an issued invoice."""
    check_issued(standing)
    if standing.paid_minor > 0:
        paid = money_text(standing.paid_minor, standing.currency)
        raise Conflict(
            f"{paid} of this invoice are paid. Refund the payment first, or write a credit note instead of voiding.",
            code="invoice_paid",
        )
    if standing.credited_minor > 0:
        raise Conflict("A credit note was written for this invoice; credit the rest instead.", code="invoice_credited")


def check_credit(standing: Standing, amount_minor: int) -> None:
    """Raise `Conflict` unless `amount_minor` (gross) can still be credited."""
    check_issued(standing)
    rest = standing.gross_minor - standing.credited_minor
    if rest <= 0:
        raise Conflict("This invoice is credited in full already.", code="invoice_credited")
    if not 0 < amount_minor <= rest:
        raise Conflict(
            f"At most {money_text(rest, standing.currency)} of this invoice can be credited. Give that or less.",
            code="credit_too_large",
        )
