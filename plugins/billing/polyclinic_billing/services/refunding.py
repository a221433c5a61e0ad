"""Refunds: each amount once, out of the till of the clinic that took the payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import RefundPayment
from polyclinic_billing.models.payments import Allocation, Refund
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.day_closes import closed_days
from polyclinic_billing.queries.statements import columns_of, fetch_one
from polyclinic_billing.rows import InvoiceRow, PaymentRow, RefundRow
from polyclinic_billing.rules.allocation import check_refund, spread_refund
from polyclinic_billing.rules.day_close import booking_day
from polyclinic_billing.rules.ledger import of_refund
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.ledger import Booking, book
from polyclinic_billing.services.locking import lock_invoices, lock_payment, share_till
from polyclinic_billing.services.paying import known_payment
from polyclinic_billing.vocabulary import EntryKind, Method

_LEFT = (
    select(Allocation.invoice_id, func.sum(Allocation.amount_minor))
    .where(Allocation.organisation_id == bindparam("organisation_id"), Allocation.payment_id == bindparam("payment_id"))
    .group_by(Allocation.invoice_id)
)
_ONE = select(*columns_of(Refund, RefundRow)).where(
    Refund.organisation_id == bindparam("organisation_id"), Refund.id == bindparam("refund_id")
)


def refund_payment(ctx: Ctx, command: RefundPayment) -> RefundRow:
    """Give money of a payment back; the invoices it settled are open again by as much as they still ask for.

    With `refund_id` a repeat answers with the refund made before. Raises `Invalid` for more than is left of the payment
    or without a reason, `Conflict` for a package visit, `NotFound`, `NotAllowed`.
    """
    payment = known_payment(ctx, command.payment_id)
    scope.require_at(ctx, scope.PAYMENTS_REFUND, payment.clinic_id)
    if not command.reason.strip():
        raise Invalid({"reason": "Say why the money is given back."})
    share_till(ctx, payment.clinic_id)
    payment = lock_payment(ctx, payment.id)
    known = _find(ctx, command.refund_id) if command.refund_id else None
    if known is not None:
        return _same(known, command)
    method = command.method or Method(payment.method)
    if Method.PACKAGE in {method, Method(payment.method)}:
        raise Conflict("A package paid for this visit. Void its invoice; the visit goes back.", code="package_visit")
    check_refund(command.amount_minor, payment.amount_minor, payment.refunded_minor, payment.currency)
    return _write(ctx, command, payment, method)


def _same(known: RefundRow, command: RefundPayment) -> RefundRow:
    if (known.payment_id, known.amount_minor) != (command.payment_id, command.amount_minor):
        raise Conflict("Another refund has this id. Send a new one.", code="refund_exists")
    return known


def _write(ctx: Ctx, command: RefundPayment, payment: PaymentRow, method: Method) -> RefundRow:
    today = today_at(ctx, payment.clinic_id)
    closed = closed_days(ctx, payment.clinic_id, min(command.refunded_on or today, today))
    day = booking_day(command.refunded_on, today, closed, "refunded_on")
    refund_id = command.refund_id or new_id()
    ctx.db.execute(
        insert(Refund).values(
            organisation_id=ctx.organisation_id,
            id=refund_id,
            payment_id=payment.id,
            clinic_id=payment.clinic_id,
            method=method.value,
            amount_minor=command.amount_minor,
            currency=payment.currency,
            refunded_on=day,
            refunded_at=ctx.now(),
            reason=command.reason.strip(),
            refunded_by=member_of(ctx),
        )
    )
    _unsettle(ctx, payment, command.amount_minor, {"refund_id": refund_id, "booked_on": day, "method": method.value})
    booking = Booking(EntryKind.REFUND, refund_id, payment.legal_entity_id, payment.clinic_id, day, payment.currency)
    book(ctx, booking, of_refund(method, command.amount_minor))
    act = Act("refund", refund_id, payment.clinic_id, {"payment_id": str(payment.id), "method": method.value})
    audit(ctx, "payment_refunded", act)
    announce(ctx, "billing.payment_refunded", act, on=day, payment_id=payment.id, client_id=payment.client_id)
    found = _find(ctx, refund_id)
    assert found is not None  # noqa: S101 -- written above
    return found


def _unsettle(ctx: Ctx, payment: PaymentRow, amount_minor: int, refund: Mapping[str, Any]) -> None:
    """Take the refund off the invoices: what they hold beyond what they ask goes first."""
    values = {"organisation_id": ctx.organisation_id, "payment_id": payment.id}
    left = {invoice_id: int(amount) for invoice_id, amount in ctx.db.execute(_LEFT, values)}
    invoices: Sequence[InvoiceRow] = lock_invoices(ctx, sorted(left))
    allocated = [(one.id, left[one.id], one.refundable_minor) for one in invoices if left[one.id] > 0]
    clinics = {invoice.id: invoice.clinic_id for invoice in invoices}
    rows = [
        {
            "organisation_id": ctx.organisation_id,
            "id": new_id(),
            "payment_id": payment.id,
            "invoice_id": share.invoice_id,
            "clinic_id": clinics[share.invoice_id],
            "amount_minor": -share.amount_minor,
            **refund,
        }
        for share in spread_refund(amount_minor, allocated)
    ]
    ctx.db.execute(insert(Allocation).values(rows))


def _find(ctx: Ctx, refund_id: UUID) -> RefundRow | None:
    return fetch_one(ctx, _ONE, RefundRow, {"refund_id": refund_id})
