"""Payments: one may settle several invoices, several may settle one; never more than is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid, NotFound
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import RecordPayment
from polyclinic_billing.models.payments import Allocation, Payment
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.day_closes import closed_days
from polyclinic_billing.queries.statements import columns_of, fetch_one
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import InvoiceRow, PaymentRow
from polyclinic_billing.rules import allocation
from polyclinic_billing.rules.currencies import checked_currency
from polyclinic_billing.rules.day_close import booking_day
from polyclinic_billing.rules.invoice_states import check_issued
from polyclinic_billing.rules.ledger import of_payment
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.ledger import Booking, book
from polyclinic_billing.services.locking import lock_invoices, share_till, standing_of
from polyclinic_billing.vocabulary import EntryKind, Method

_ONE = select(*columns_of(Payment, PaymentRow)).where(
    Payment.organisation_id == bindparam("organisation_id"), Payment.id == bindparam("payment_id")
)


def record_payment(ctx: Ctx, command: RecordPayment) -> PaymentRow:
    """Record money that came in at a clinic, and settle invoices with it.

    Without a day it is booked today, or on the next day whose till is open. With `payment_id` a repeat answers with the
    payment made before. Raises `Invalid` for more than is open (naming what is), `Conflict` for drafts and void
    invoices and for invoices of different sellers, `NotFound`, `NotAllowed`.
    """
    scope.require_at(ctx, scope.PAYMENTS_WRITE, command.clinic_id)
    currency = checked_currency(command.currency)
    _check(ctx, command)
    share_till(ctx, command.clinic_id)
    known = find_payment(ctx, command.payment_id) if command.payment_id else None
    if known is not None:
        return _same(known, command)
    day = _day(ctx, command)
    invoices = lock_invoices(ctx, [part.invoice_id for part in command.allocations])
    for invoice in invoices:
        check_issued(standing_of(invoice))
    if len({invoice.legal_entity_id for invoice in invoices}) != 1:
        raise Conflict("These invoices have different sellers. Record one payment for each.", code="several_sellers")
    parts = [allocation.Part(part.invoice_id, part.amount_minor) for part in command.allocations]
    shares = allocation.allocate(command.amount_minor, currency, parts, [_open(invoice) for invoice in invoices])
    return _write(ctx, command, day, {invoice.id: invoice for invoice in invoices}, shares)


def find_payment(ctx: Ctx, payment_id: UUID) -> PaymentRow | None:
    """Return a payment, for services that have checked the actor."""
    return fetch_one(ctx, _ONE, PaymentRow, {"payment_id": payment_id})


def known_payment(ctx: Ctx, payment_id: UUID) -> PaymentRow:
    """Return a payment, for services that have checked the actor; raises `NotFound`."""
    found = find_payment(ctx, payment_id)
    if found is None:
        raise NotFound("payment")
    return found


def settle(ctx: Ctx, payment: PaymentRow, shares: Sequence[allocation.Share], clinics: dict[UUID, UUID]) -> None:
    """Write what a payment settles; `clinics` are those of the invoices."""
    rows = [
        {
            "organisation_id": ctx.organisation_id,
            "id": new_id(),
            "payment_id": payment.id,
            "invoice_id": share.invoice_id,
            "clinic_id": clinics[share.invoice_id],
            "refund_id": None,
            "amount_minor": share.amount_minor,
            "booked_on": payment.received_on,
            "method": payment.method,
        }
        for share in sorted(shares, key=lambda share: share.invoice_id)
    ]
    ctx.db.execute(insert(Allocation).values(rows))


def write_payment(ctx: Ctx, payment: PaymentRow) -> None:
    """Write a payment and its ledger entry."""
    ctx.db.execute(
        insert(Payment).values(
            organisation_id=ctx.organisation_id,
            id=payment.id,
            legal_entity_id=payment.legal_entity_id,
            clinic_id=payment.clinic_id,
            client_id=payment.client_id,
            method=payment.method,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            received_on=payment.received_on,
            received_at=payment.received_at,
            reference=payment.reference,
            received_by=member_of(ctx),
        )
    )
    booking = Booking(
        EntryKind.PAYMENT,
        payment.id,
        payment.legal_entity_id,
        payment.clinic_id,
        payment.received_on,
        payment.currency,
    )
    book(ctx, booking, of_payment(Method(payment.method), payment.amount_minor))


def _check(ctx: Ctx, command: RecordPayment) -> None:
    if command.method is Method.PACKAGE:
        raise Invalid({"method": "A package is redeemed, not paid in. Redeem the visit instead."})
    if command.method not in terms_at(ctx, command.clinic_id).methods:
        raise Invalid({"method": "This clinic does not take this kind of payment. Choose another one."})
    if not command.allocations:
        raise Invalid({"allocations": "Say which invoice is paid."})
    if len(command.reference) > 200:
        raise Invalid({"reference": "A reference has at most 200 characters."})


def _same(known: PaymentRow, command: RecordPayment) -> PaymentRow:
    is_same = (known.clinic_id, known.method, known.amount_minor, known.currency) == (
        command.clinic_id,
        command.method.value,
        command.amount_minor,
        command.currency,
    )
    if not is_same:
        raise Conflict("Another payment has this id. Send a new one.", code="payment_exists")
    return known


def _day(ctx: Ctx, command: RecordPayment) -> date:
    today = today_at(ctx, command.clinic_id)
    closed = closed_days(ctx, command.clinic_id, min(command.received_on or today, today))
    return booking_day(command.received_on, today, closed)


def _open(invoice: InvoiceRow) -> allocation.OpenInvoice:
    return allocation.OpenInvoice(invoice.id, invoice.number_text or "", invoice.open_minor, invoice.currency or "")


def _write(
    ctx: Ctx,
    command: RecordPayment,
    day: date,
    invoices: dict[UUID, InvoiceRow],
    shares: Sequence[allocation.Share],
) -> PaymentRow:
    first = invoices[shares[0].invoice_id]
    assert first.legal_entity_id is not None  # noqa: S101 -- the database has it for every issued invoice
    payment = PaymentRow(
        command.payment_id or new_id(),
        first.legal_entity_id,
        command.clinic_id,
        first.client_id,
        command.method.value,
        command.amount_minor,
        first.currency or "",
        0,
        day,
        ctx.now(),
        command.reference.strip(),
    )
    write_payment(ctx, payment)
    settle(ctx, payment, shares, {invoice.id: invoice.clinic_id for invoice in invoices.values()})
    act = Act("payment", payment.id, payment.clinic_id, {"method": payment.method})
    audit(ctx, "payment_recorded", act)
    announce(ctx, "billing.payment_recorded", act, on=day, client_id=payment.client_id)
    return known_payment(ctx, payment.id)
