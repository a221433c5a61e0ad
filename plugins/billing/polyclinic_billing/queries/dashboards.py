"""The few numbers that dashboards show: today's money and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.models.payments import Payment
from polyclinic_billing.queries import scope
from polyclinic_billing.vocabulary import InvoiceState, Method

_OPEN = (InvoiceState.ISSUED.value, InvoiceState.PART_PAID.value)
_REST = Invoice.gross_minor - Invoice.paid_minor - Invoice.credited_minor
_RECEIVED = (
    select(Payment.currency, func.sum(Payment.amount_minor - Payment.refunded_minor))
    .where(
        Payment.organisation_id == bindparam("organisation_id"),
        Payment.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
        Payment.received_on == bindparam("day"),
        Payment.method != Method.PACKAGE.value,
    )
    .group_by(Payment.currency)
)
_UNPAID = (
    select(
        Invoice.currency,
        func.count(),
        func.sum(_REST),
        func.count().filter(Invoice.due_on < bindparam("day")),
        func.coalesce(func.sum(_REST).filter(Invoice.due_on < bindparam("day")), 0),
    )
    .where(
        Invoice.organisation_id == bindparam("organisation_id"),
        Invoice.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
        Invoice.state.in_(_OPEN),
    )
    .group_by(Invoice.currency)
)
_DRAFTS = select(func.count()).where(
    Invoice.organisation_id == bindparam("organisation_id"),
    Invoice.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
    Invoice.state == InvoiceState.DRAFT.value,
)


@dataclass(frozen=True)
class MoneyRow:
    """One currency: what came in on a day, what is open, what of it is late."""

    currency: str
    received_minor: int = 0
    open_count: int = 0
    open_minor: int = 0
    late_count: int = 0
    late_minor: int = 0


@dataclass(frozen=True)
class DashboardRow:
    """The numbers of some clinics on a day."""

    money: Sequence[MoneyRow]
    draft_count: int


def dashboard_of(ctx: Ctx, clinic_ids: Sequence[UUID], day: date) -> DashboardRow:
    """Return the numbers of clinics, as far as the actor may see their invoices; three statements."""
    allowed = set(scope.clinics_with(ctx, scope.INVOICES_READ))
    values = {
        "organisation_id": ctx.organisation_id,
        "clinic_ids": [clinic_id for clinic_id in clinic_ids if clinic_id in allowed],
        "day": day,
    }
    received = {currency: int(minor) for currency, minor in ctx.db.execute(_RECEIVED, values)}
    unpaid = {currency: tuple(int(value) for value in rest) for currency, *rest in ctx.db.execute(_UNPAID, values)}
    drafts = int(ctx.db.execute(_DRAFTS, values).scalar() or 0)
    currencies = sorted({*received, *unpaid})
    rows = [MoneyRow(code, received.get(code, 0), *unpaid.get(code, (0, 0, 0, 0))) for code in currencies]
    return DashboardRow(rows, drafts)
