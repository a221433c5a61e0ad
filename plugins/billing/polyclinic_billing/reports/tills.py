"""Money by method, the differences of day closes, and what is owed in package visits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Subquery, and_, func, literal, select, union_all

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.forms import SectionSchema, choice
from polyclinic.sdk.reports import Column, ColumnType, Drill, Period, ReportDefinition, ReportRequest
from polyclinic_billing.models.ledger import DayClose, DayCloseCount, LedgerEntry, LedgerPosting
from polyclinic_billing.models.payments import Payment, Refund
from polyclinic_billing.queries import scope
from polyclinic_billing.reports import movements
from polyclinic_billing.vocabulary import TILL_METHODS, Account, EntryKind, Method

METHODS = {method.value: method.capitalize() for method in TILL_METHODS}


class MoneyAsked(SectionSchema):
    """Which money to list."""

    method = choice("Method", METHODS)


def money_of(ctx: Ctx, request: ReportRequest) -> Subquery:
    """Return payments and, below zero, refunds of a period; package visits are no money."""
    span = (request.first_on, request.last_on)
    received = select(
        Payment.id.label("payment_id"),
        literal("payment").label("document"),
        Payment.received_on.label("on"),
        Payment.clinic_id,
        Payment.method,
        Payment.currency,
        Payment.amount_minor,
        Payment.reference,
    ).where(
        Payment.organisation_id == ctx.organisation_id,
        movements.at_clinics(Payment.clinic_id, request.clinic_ids),
        Payment.received_on.between(*span),
        Payment.method != Method.PACKAGE.value,
    )
    refunded = select(
        Refund.payment_id,
        literal("refund"),
        Refund.refunded_on,
        Refund.clinic_id,
        Refund.method,
        Refund.currency,
        -Refund.amount_minor,
        Refund.reason,
    ).where(
        Refund.organisation_id == ctx.organisation_id,
        movements.at_clinics(Refund.clinic_id, request.clinic_ids),
        Refund.refunded_on.between(*span),
        Refund.method != Method.PACKAGE.value,
    )
    return union_all(received, refunded).subquery("money")


def run_methods(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.payments_by_method`."""
    money = money_of(ctx, request)
    amount = money.c.amount_minor
    keys = (money.c.clinic_id, views.clinic.c.name.label("clinic"), money.c.method, money.c.currency)
    statement: Select[Any] = (
        select(
            *keys,
            func.coalesce(func.sum(amount).filter(amount > 0), 0).label("received_minor"),
            func.coalesce(func.sum(amount).filter(amount < 0), 0).label("refunded_minor"),
            func.sum(amount).label("net_minor"),
        )
        .join(views.clinic, movements.named_clinic(ctx, money.c.clinic_id))
        .group_by(*keys)
        .order_by(views.clinic.c.name, money.c.method, money.c.currency)
    )
    return statement


def run_payments(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.payments`."""
    money = money_of(ctx, request)
    statement: Select[Any] = (
        select(money, views.clinic.c.name.label("clinic"))
        .join(views.clinic, movements.named_clinic(ctx, money.c.clinic_id))
        .order_by(money.c.on, money.c.payment_id, money.c.document)
    )
    if request.params.get("method"):
        statement = statement.where(money.c.method == request.params["method"])
    return statement


def run_day_closes(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.day_closes`."""
    statement: Select[Any] = (
        select(
            DayClose.id.label("day_close_id"),
            DayClose.day.label("closed_on"),
            DayClose.clinic_id,
            views.clinic.c.name.label("clinic"),
            DayCloseCount.method,
            DayClose.currency,
            DayCloseCount.expected_minor,
            DayCloseCount.counted_minor,
            DayCloseCount.difference_minor,
            DayClose.note,
        )
        .join(
            DayCloseCount,
            and_(DayCloseCount.organisation_id == DayClose.organisation_id, DayCloseCount.day_close_id == DayClose.id),
        )
        .join(views.clinic, movements.named_clinic(ctx, DayClose.clinic_id))
        .where(
            DayClose.organisation_id == ctx.organisation_id,
            movements.at_clinics(DayClose.clinic_id, request.clinic_ids),
            DayClose.day.between(request.first_on, request.last_on),
        )
        .order_by(DayClose.day, views.clinic.c.name, DayCloseCount.method)
    )
    return statement


def run_liability(ctx: Ctx, request: ReportRequest) -> Select[Any]:
    """Answer `billing.package_liability`, from the ledger."""
    debit, credit = LedgerPosting.debit_minor, LedgerPosting.credit_minor
    # A sale that is void and a visit that went back to its package count against what they undo, not as their opposite.
    is_sale = LedgerEntry.kind.in_([EntryKind.ISSUE.value, EntryKind.VOID.value])
    keys = (LedgerPosting.clinic_id, views.clinic.c.name.label("clinic"), LedgerPosting.currency)
    statement: Select[Any] = (
        select(
            *keys,
            func.coalesce(func.sum(credit - debit).filter(is_sale), 0).label("sold_minor"),
            func.coalesce(func.sum(debit - credit).filter(~is_sale), 0).label("used_minor"),
            func.sum(credit - debit).label("owed_minor"),
        )
        .join(
            LedgerEntry,
            and_(
                LedgerEntry.organisation_id == LedgerPosting.organisation_id, LedgerEntry.id == LedgerPosting.entry_id
            ),
        )
        .join(views.clinic, movements.named_clinic(ctx, LedgerPosting.clinic_id))
        .where(
            LedgerPosting.organisation_id == ctx.organisation_id,
            movements.at_clinics(LedgerPosting.clinic_id, request.clinic_ids),
            LedgerPosting.account == Account.PACKAGE_LIABILITY.value,
            LedgerEntry.booked_on <= request.last_on,
        )
        .group_by(*keys)
        .order_by(views.clinic.c.name, LedgerPosting.currency)
    )
    return statement


BY_METHOD = ReportDefinition(
    key="billing.payments_by_method",
    title="Payments by method",
    group="Billing",
    description="Money that came in and was given back, by clinic and method. Visits paid with a package are no money.",
    columns=(
        *movements.CLINIC,
        Column("method", "Method"),
        movements.CURRENCY,
        movements.money("received_minor", "Received"),
        movements.money("refunded_minor", "Refunded"),
        movements.money("net_minor", "Kept"),
    ),
    run=run_methods,
    permission=scope.PAYMENTS_READ,
    drill=Drill("billing.payments", "Payments", {"clinic_id": "clinic_id", "method": "method"}),
)
PAYMENTS = ReportDefinition(
    key="billing.payments",
    title="List of payments and refunds",
    group="Billing",
    description="Every payment and refund of the period; refunds stand below zero.",
    columns=(
        Column("payment_id", "Payment id", ColumnType.ID),
        Column("on", "Day", ColumnType.DATE),
        Column("document", "Document"),
        *movements.CLINIC,
        Column("method", "Method"),
        Column("reference", "Reference"),
        movements.CURRENCY,
        movements.money("amount_minor", "Amount"),
    ),
    run=run_payments,
    permission=scope.PAYMENTS_READ,
    params=MoneyAsked,
    link="/ext/billing/payments/{payment_id}",
)
DAY_CLOSES = ReportDefinition(
    key="billing.day_closes",
    title="Day close differences",
    group="Billing",
    description="What was expected and what was counted on every closed day.",
    columns=(
        Column("day_close_id", "Day close id", ColumnType.ID),
        Column("closed_on", "Day", ColumnType.DATE),
        *movements.CLINIC,
        Column("method", "Method"),
        movements.CURRENCY,
        movements.money("expected_minor", "Expected"),
        movements.money("counted_minor", "Counted"),
        movements.money("difference_minor", "Difference"),
        Column("note", "Note"),
    ),
    run=run_day_closes,
    permission=scope.DAY_CLOSES_READ,
)
LIABILITY = ReportDefinition(
    key="billing.package_liability",
    title="Package liability",
    group="Billing",
    description=(
        "What is owed to clients in package visits at the end of a day. A visit redeemed at another clinic than "
        "that of the sale counts there, so one clinic's sum may lie below zero: the clinics settle it among themselves."
    ),
    columns=(
        *movements.CLINIC,
        movements.CURRENCY,
        movements.money("sold_minor", "Sold"),
        movements.money("used_minor", "Redeemed or credited"),
        movements.money("owed_minor", "Owed"),
    ),
    run=run_liability,
    permission=scope.PACKAGES_READ,
    period=Period.DAY,
)
