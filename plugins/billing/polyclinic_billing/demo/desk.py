"""What happens at the desk of a demo chain beside visits: days are closed, money goes back, an invoice is void."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.paging import PageRequest
from polyclinic.sdk.upkeep import DemoChain
from polyclinic_billing.commands import CloseDay, CreditInvoice, RefundPayment, VoidInvoice
from polyclinic_billing.demo.catalogue import Catalogue
from polyclinic_billing.queries.day_closes import closed_days, till_of
from polyclinic_billing.queries.invoices import InvoiceFilter, list_invoices
from polyclinic_billing.queries.payments import PaymentFilter, list_payments
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import InvoiceState, Method

DAYS = 6
SHORT = ("Float was counted with a coin roll too few.", "Change given for a note that was not booked.")


def close_days(ctx: Ctx, chain: DemoChain, catalogue: Catalogue) -> None:
    """Close the last days of every clinic that are still open; now and then the till does not fit."""
    for clinic_id in catalogue.seller_of:
        today = today_at(ctx, clinic_id)
        first = today - timedelta(days=DAYS)
        closed = closed_days(ctx, clinic_id, first)
        for back in range(DAYS, 0, -1):
            day = today - timedelta(days=back)
            if day not in closed:
                _close(ctx, chain, clinic_id, back)


def correct_mistakes(ctx: Ctx, chain: DemoChain) -> None:
    """Void one invoice, credit one, refund a part of a payment: once for a chain."""
    if list_invoices(ctx, InvoiceFilter(states=(InvoiceState.VOID,)), PageRequest(1)).rows:
        return
    unpaid = list_invoices(ctx, InvoiceFilter(states=(InvoiceState.ISSUED,)), PageRequest(2)).rows
    if len(unpaid) == 2:
        wrong, dear = unpaid
        void_invoice(ctx, VoidInvoice(wrong.id, wrong.row_version, "Billed to the wrong visit."))
        credit_invoice(
            ctx, CreditInvoice(dear.id, dear.row_version, "Started late, part waived.", dear.gross_minor // 4)
        )
    cards = list_payments(ctx, PaymentFilter(method=Method.CARD), PageRequest(20)).rows
    if cards:
        chosen = chain.random.choice(list(cards))
        refund_payment(ctx, RefundPayment(chosen.id, chosen.refundable_minor // 4, "Visit ended early."))


def _close(ctx: Ctx, chain: DemoChain, clinic_id: UUID, back: int) -> None:
    day = today_at(ctx, clinic_id) - timedelta(days=back)
    expected = {count.method: count.expected_minor for count in till_of(ctx, clinic_id, day).counts}
    cash = expected[Method.CASH.value]
    missing = min(cash, 500) if chain.random.randrange(6) == 0 else 0
    note = chain.random.choice(SHORT) if missing else ""
    if cash >= 0:
        close_day(ctx, CloseDay(clinic_id, day, {Method.CASH: cash - missing}, note))
