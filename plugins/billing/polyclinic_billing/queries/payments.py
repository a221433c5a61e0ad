"""Reads of payments and refunds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.paging import Page, PageRequest
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.models.payments import Allocation, Payment, Refund
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one, newest_first
from polyclinic_billing.rows import AllocationRow, InvoicePaymentRow, PaymentRow, RefundRow
from polyclinic_billing.vocabulary import Method

_PAYMENTS = select(*columns_of(Payment, PaymentRow)).where(Payment.organisation_id == bindparam("organisation_id"))
_ONE = _PAYMENTS.where(
    Payment.id == bindparam("payment_id"), Payment.clinic_id.in_(bindparam("clinic_ids", expanding=True))
)
_ALLOCATIONS = (
    select(*columns_of(Allocation, AllocationRow))
    .where(
        Allocation.organisation_id == bindparam("organisation_id"),
        Allocation.payment_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(Allocation.id)
)
_REFUNDS = (
    select(*columns_of(Refund, RefundRow))
    .where(
        Refund.organisation_id == bindparam("organisation_id"),
        Refund.payment_id.in_(bindparam("ids", expanding=True)),
        Refund.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
    )
    .order_by(Refund.id)
)
_REFUND = select(*columns_of(Refund, RefundRow)).where(
    Refund.organisation_id == bindparam("organisation_id"),
    Refund.id == bindparam("refund_id"),
    Refund.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
)
_OF_INVOICES = (
    select(
        Allocation.payment_id,
        Allocation.refund_id,
        Allocation.invoice_id,
        Allocation.method,
        Allocation.amount_minor,
        Invoice.currency,
        Allocation.booked_on.label("on"),
        func.coalesce(Payment.reference, "").label("reference"),
    )
    .join(Invoice, (Invoice.organisation_id == Allocation.organisation_id) & (Invoice.id == Allocation.invoice_id))
    .outerjoin(
        Payment,
        and_(
            Payment.organisation_id == Allocation.organisation_id,
            Payment.id == Allocation.payment_id,
            Payment.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
        ),
    )
    .where(
        Allocation.organisation_id == bindparam("organisation_id"),
        Allocation.invoice_id.in_(bindparam("ids", expanding=True)),
        Allocation.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
    )
    .order_by(Allocation.id)
)


@dataclass(frozen=True)
class PaymentFilter:
    """Which payments a list shows; the span is of the day on which they were booked."""

    clinic_id: UUID | None = None
    client_id: UUID | None = None
    method: Method | None = None
    first_on: date | None = None
    last_on: date | None = None


def list_payments(ctx: Ctx, wanted: PaymentFilter, page: PageRequest) -> Page[PaymentRow]:
    """Return payments, newest first."""
    clinics = scope.clinics_with(ctx, scope.PAYMENTS_READ, wanted.clinic_id)
    statement = _PAYMENTS.where(Payment.clinic_id.in_(clinics))
    if wanted.client_id is not None:
        statement = statement.where(Payment.client_id == wanted.client_id)
    if wanted.method is not None:
        statement = statement.where(Payment.method == wanted.method.value)
    if wanted.first_on is not None:
        statement = statement.where(Payment.received_on >= wanted.first_on)
    if wanted.last_on is not None:
        statement = statement.where(Payment.received_on <= wanted.last_on)
    return newest_first(ctx, statement, PaymentRow, Payment.id, page)


def get_payment(ctx: Ctx, payment_id: UUID) -> PaymentRow:
    """Return one payment; raises `NotFound`."""
    found = fetch_one(ctx, _ONE, PaymentRow, {"payment_id": payment_id, "clinic_ids": _clinics(ctx)})
    if found is None:
        raise NotFound("payment")
    return found


def allocations_of_payments(ctx: Ctx, payment_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[AllocationRow]]:
    """Return what each payment settles; what was taken back stands there below zero."""
    scope.require(ctx, scope.PAYMENTS_READ)
    found: dict[UUID, list[AllocationRow]] = {}
    for row in fetch(ctx, _ALLOCATIONS, AllocationRow, {"ids": list(payment_ids)}):
        found.setdefault(row.payment_id, []).append(row)
    return found


def refunds_of_payments(ctx: Ctx, payment_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[RefundRow]]:
    """Return what was given back of each payment."""
    found: dict[UUID, list[RefundRow]] = {}
    for row in fetch(ctx, _REFUNDS, RefundRow, {"ids": list(payment_ids), "clinic_ids": _clinics(ctx)}):
        found.setdefault(row.payment_id, []).append(row)
    return found


def get_refund(ctx: Ctx, refund_id: UUID) -> RefundRow:
    """Return one refund; raises `NotFound`."""
    found = fetch_one(ctx, _REFUND, RefundRow, {"refund_id": refund_id, "clinic_ids": _clinics(ctx)})
    if found is None:
        raise NotFound("refund")
    return found


def payments_of_invoices(ctx: Ctx, invoice_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[InvoicePaymentRow]]:
    """Return what was paid and given back on each invoice, in the order it happened."""
    found: dict[UUID, list[InvoicePaymentRow]] = {}
    clinics = list(scope.clinics_with(ctx, scope.INVOICES_READ))
    for row in fetch(ctx, _OF_INVOICES, InvoicePaymentRow, {"ids": list(invoice_ids), "clinic_ids": clinics}):
        found.setdefault(row.invoice_id, []).append(row)
    return found


def _clinics(ctx: Ctx) -> list[UUID]:
    return list(scope.clinics_with(ctx, scope.PAYMENTS_READ))
