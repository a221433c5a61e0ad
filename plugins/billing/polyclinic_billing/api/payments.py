"""Payments, refunds, packages sold and redeemed, tills and closed days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.sdk.api import Page, PageRequest
from polyclinic.sdk.context import Ctx
from polyclinic_billing.api.routes import BASE, routes
from polyclinic_billing.commands import CloseDay, RecordPayment, RedeemPackage, RefundPayment, SellPackage
from polyclinic_billing.queries import day_closes, packages, payments, scope
from polyclinic_billing.queries.details import get_invoice_detail, get_payment_detail
from polyclinic_billing.rows import (
    DayCloseRow,
    InvoiceDetail,
    PackageRow,
    PaymentDetail,
    PaymentRow,
    RefundRow,
    TillRow,
)
from polyclinic_billing.schemas import invoices as invoice_schemas
from polyclinic_billing.schemas import payments as schemas
from polyclinic_billing.schemas.money import money_in
from polyclinic_billing.services import closing, paying, redeeming, refunding
from polyclinic_billing.services import packages as packaging


@routes.get(
    "/payments",
    permission=scope.PAYMENTS_READ,
    query=schemas.PaymentQuerySchema,
    response=schemas.PaymentSummarySchema,
    paged=True,
)
def list_payments(ctx: Ctx, query: dict[str, Any], page: PageRequest) -> Page[PaymentRow]:
    """List payments, newest first."""
    return payments.list_payments(ctx, payments.PaymentFilter(**query), page)


@routes.post(
    "/payments",
    permission=scope.PAYMENTS_WRITE,
    body=schemas.RecordPaymentSchema,
    response=schemas.PaymentSchema,
    status=201,
    needs_key=True,
    location=lambda row: f"{BASE}/payments/{row.id}",
)
def record_payment(ctx: Ctx, body: RecordPayment) -> PaymentDetail:
    """Record money that came in, and settle invoices with it."""
    return get_payment_detail(ctx, paying.record_payment(ctx, body).id)


@routes.get("/payments/<uuid:payment_id>", permission=scope.PAYMENTS_READ, response=schemas.PaymentSchema)
def show_payment(ctx: Ctx, payment_id: UUID) -> PaymentDetail:
    """Show a payment with what it settles and its refunds."""
    return get_payment_detail(ctx, payment_id)


@routes.post(
    "/payments/<uuid:payment_id>/refunds",
    permission=scope.PAYMENTS_REFUND,
    body=schemas.RefundSchema,
    response=schemas.RefundedSchema,
    status=201,
    needs_key=True,
)
def refund_payment(ctx: Ctx, payment_id: UUID, body: dict[str, Any]) -> RefundRow:
    """Give money of a payment back."""
    payment = payments.get_payment(ctx, payment_id)
    amount = money_in(body.pop("amount"), payment.currency, "amount")
    return refunding.refund_payment(ctx, RefundPayment(payment_id, amount, **body))


@routes.get(
    "/packages",
    permission=scope.PACKAGES_READ,
    query=schemas.PackageQuerySchema,
    response=schemas.PackageSchema,
    paged=True,
)
def list_packages(ctx: Ctx, query: dict[str, Any], page: PageRequest) -> Page[PackageRow]:
    """List sold packages, newest first."""
    return packages.list_packages(ctx, page, client_id=query.get("client_id"))


@routes.post(
    "/packages",
    permission=scope.PACKAGES_WRITE,
    body=schemas.SellPackageSchema,
    response=schemas.PackageSchema,
    status=201,
    needs_key=True,
    location=lambda row: f"{BASE}/packages/{row.id}",
)
def sell_package(ctx: Ctx, body: SellPackage) -> PackageRow:
    """Sell a package; its invoice is issued at once."""
    return packaging.sell_package(ctx, body)


@routes.get("/packages/<uuid:package_id>", permission=scope.PACKAGES_READ, response=schemas.PackageSchema)
def show_package(ctx: Ctx, package_id: UUID) -> PackageRow:
    """Show a sold package."""
    return packages.get_package(ctx, package_id)


@routes.get(
    "/package-balances",
    permission=scope.PACKAGES_READ,
    query=schemas.BalanceQuerySchema,
    response=schemas.PackageSchema,
)
def list_package_balances(ctx: Ctx, query: dict[str, Any]) -> Sequence[PackageRow]:
    """List a client's packages with visits left, what expires first in front."""
    owned = packages.packages_of_clients(ctx, [query["client_id"]]).get(query["client_id"], ())
    return [row for row in owned if row.visits_left]


@routes.post(
    "/package-redemptions",
    permission=scope.PACKAGES_WRITE,
    body=schemas.RedeemPackageSchema,
    response=invoice_schemas.InvoiceSchema,
    status=201,
    needs_key=True,
)
def redeem_package(ctx: Ctx, body: RedeemPackage) -> InvoiceDetail:
    """Pay for an attended appointment with a package, and issue its invoice."""
    return get_invoice_detail(ctx, redeeming.redeem_package(ctx, body).id)


@routes.get("/tills", permission=scope.DAY_CLOSES_READ, query=schemas.TillQuerySchema, response=schemas.TillSchema)
def show_till(ctx: Ctx, query: dict[str, Any]) -> TillRow:
    """Show what a clinic's till should hold at the end of a day."""
    return day_closes.till_of(ctx, query["clinic_id"], query["day"])


@routes.get(
    "/day-closes",
    permission=scope.DAY_CLOSES_READ,
    query=schemas.DayCloseQuerySchema,
    response=schemas.DayCloseSchema,
    paged=True,
)
def list_day_closes(ctx: Ctx, query: dict[str, Any], page: PageRequest) -> Page[DayCloseRow]:
    """List closed days, newest first."""
    return day_closes.list_day_closes(ctx, page, clinic_id=query.get("clinic_id"))


@routes.post(
    "/day-closes",
    permission=scope.DAY_CLOSES_WRITE,
    body=schemas.CloseDaySchema,
    response=schemas.DayCloseSchema,
    status=201,
    needs_key=True,
    location=lambda row: f"{BASE}/day-closes/{row.id}",
)
def close_day(ctx: Ctx, body: CloseDay) -> DayCloseRow:
    """Count and lock a clinic's day."""
    return closing.close_day(ctx, body)


@routes.get("/day-closes/<uuid:day_close_id>", permission=scope.DAY_CLOSES_READ, response=schemas.DayCloseSchema)
def show_day_close(ctx: Ctx, day_close_id: UUID) -> DayCloseRow:
    """Show a closed day."""
    return day_closes.get_day_close(ctx, day_close_id)
