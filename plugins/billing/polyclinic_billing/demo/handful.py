"""A handful of rows in every table of billing, at every clinic, whose texts hold the chain's label: for tests."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.upkeep import DemoChain
from polyclinic_billing.commands import (
    AllocationPart,
    CloseDay,
    CreditInvoice,
    RecordPayment,
    RedeemPackage,
    RefundPayment,
    SellPackage,
)
from polyclinic_billing.demo.catalogue import Catalogue
from polyclinic_billing.models.payments import Package
from polyclinic_billing.queries.day_closes import find_day_close, till_of
from polyclinic_billing.queries.invoices import get_invoice, invoices_of_appointments
from polyclinic_billing.rows import PackageRow
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.packages import sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.redeeming import redeem_package
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.vocabulary import Method

BACK = timedelta(days=40)
PART = 100


def make_handful(ctx: Ctx, chain: DemoChain, catalogue: Catalogue) -> None:
    """Bill one attended visit of each clinic with a package, take a payment, give a part back, credit, close a day."""
    now = ctx.now()
    visits = ctx.core.appointments.list(
        clinic_id=None, starts_from=now - BACK, starts_before=now, statuses=["completed"]
    )
    billed = invoices_of_appointments(ctx, [visit.id for visit in visits])
    first = {visit.clinic_id: visit for visit in reversed(visits) if visit.id not in billed}
    for visit in first.values():
        if visit.clinic_id in catalogue.seller_of:
            _bill(ctx, chain, catalogue, visit)


def _bill(ctx: Ctx, chain: DemoChain, catalogue: Catalogue, visit: AppointmentFact) -> None:
    used = _sell(ctx, catalogue, visit)
    _pay(ctx, chain, visit, used)
    redeem_package(ctx, RedeemPackage(visit.id, used.id))
    ended = _sell(ctx, catalogue, visit)
    row = get_invoice(ctx, ended.invoice_id)
    credit_invoice(ctx, CreditInvoice(row.id, row.row_version, f"{chain.label} credited"))
    day = today_at(ctx, visit.clinic_id) - timedelta(days=1)
    if find_day_close(ctx, visit.clinic_id, day) is None:
        cash = next(one.expected_minor for one in till_of(ctx, visit.clinic_id, day).counts if one.method == "cash")
        close_day(ctx, CloseDay(visit.clinic_id, day, {Method.CASH: cash + PART}, f"{chain.label} counted"))


def _sell(ctx: Ctx, catalogue: Catalogue, visit: AppointmentFact) -> PackageRow:
    """Sell a package as if before the visit, so that it can pay for it."""
    currency = catalogue.seller_of[visit.clinic_id].currency
    offer = next(one for one in catalogue.packages if one.service_id == visit.service_id and one.currency == currency)
    sold = sell_package(ctx, SellPackage(offer.id, visit.client_id, visit.clinic_id))
    ctx.db.execute(
        update(Package)
        .where(Package.organisation_id == ctx.organisation_id, Package.id == sold.id)
        .values(sold_on=visit.local_start.date())
    )
    return sold


def _pay(ctx: Ctx, chain: DemoChain, visit: AppointmentFact, package: PackageRow) -> None:
    row = get_invoice(ctx, package.invoice_id)
    currency = row.currency or ""
    parts = [AllocationPart(row.id)]
    reference = f"{chain.label} slip"
    payment = record_payment(
        ctx, RecordPayment(visit.clinic_id, Method.CARD, row.gross_minor, currency, parts, reference=reference)
    )
    refund_payment(ctx, RefundPayment(payment.id, PART, f"{chain.label} refund"))
