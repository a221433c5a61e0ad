"""A payment: what it paid for, what was given back of it, giving back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.money import format_amount, format_moment
from polyclinic.sdk.pages import NamedForm, load_form, redirect, render, toast
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import RefundPayment
from polyclinic_billing.pages.forms import RefundForm
from polyclinic_billing.pages.names import names_for
from polyclinic_billing.pages.site import HOME, attempt, blank, may, pages
from polyclinic_billing.pages.words import METHODS, Link, day, method_label, money, title_of
from polyclinic_billing.queries import invoices, payments, scope
from polyclinic_billing.rows import PaymentRow
from polyclinic_billing.rules.currencies import minor_of
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.vocabulary import TILL_METHODS, Method


@dataclass(frozen=True)
class AllocationView:
    """What went to an invoice."""

    title: str
    url: str
    amount_minor: int


@dataclass(frozen=True)
class RefundView:
    """Money that went back."""

    on: date
    method: str
    reason: str
    amount_minor: int


@dataclass(frozen=True)
class PaymentPage:
    """The page of a payment."""

    row: PaymentRow
    title: str
    meta: str
    allocations: Sequence[AllocationView]
    refunds: Sequence[RefundView]
    facts: Sequence[tuple[str, str]]
    methods: Sequence[tuple[str, str]]
    papers: Sequence[Link]
    can_refund: bool

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{HOME}/payments/{self.row.id}"

    @property
    def currency(self) -> str:
        """The currency that was paid in."""
        return self.row.currency

    @property
    def refund_id(self) -> UUID:
        """An id for the next refund, so that sending it twice gives the money back once."""
        return new_id()


@pages.get("/payments/<uuid:payment_id>", permission=scope.PAYMENTS_READ)
def show_payment(ctx: Ctx, payment_id: UUID) -> Any:
    """Show a payment."""
    return _page(ctx, payments.get_payment(ctx, payment_id))


@pages.post("/payments/<uuid:payment_id>/refund", permission=scope.PAYMENTS_REFUND)
def post_refund(ctx: Ctx, payment_id: UUID) -> Any:
    """Give money back."""
    row = payments.get_payment(ctx, payment_id)
    data, state = load_form(RefundForm)
    if data is not None:
        failed = attempt(ctx, lambda: refund_payment(ctx, _command(row, data)), state)
        if failed is None:
            toast("The refund is booked.")
            return redirect(f"payments/{payment_id}")
        state = failed
    return _page(ctx, payments.get_payment(ctx, payment_id), NamedForm("refund", state)), 422


def _command(row: PaymentRow, data: Mapping[str, Any]) -> RefundPayment:
    return RefundPayment(
        payment_id=row.id,
        amount_minor=minor_of(data["amount"], row.currency),
        reason=data["reason"],
        method=Method(data["method"]),
        refund_id=data["id"],
    )


def _page(ctx: Ctx, row: PaymentRow, refund: NamedForm | None = None) -> Any:
    names = names_for(ctx, clients=[row.client_id])
    client = names.clients.get(row.client_id, "") if row.client_id else ""
    allocations = _allocations(ctx, row)
    view = PaymentPage(
        row=row,
        title=f"{money(row.amount_minor, row.currency)}, {method_label(row.method).lower()}",
        meta=", ".join(part for part in (client, day(row.received_on), names.clinic(row.clinic_id)) if part),
        allocations=allocations,
        refunds=[
            RefundView(found.refunded_on, method_label(found.method), found.reason, found.amount_minor)
            for found in payments.refunds_of_payments(ctx, [row.id]).get(row.id, ())
        ],
        facts=_facts(row, client, names.clinic(row.clinic_id), names.zone(row.clinic_id)),
        methods=[(method.value, METHODS[method].label) for method in TILL_METHODS],
        papers=[Link("Receipt", f"{found.url}/receipt", "receipt", is_act=True) for found in allocations[:1]],
        can_refund=_can_refund(ctx, row),
    )
    stored = blank("refund", amount=format_amount(row.refundable_minor, row.currency), method=row.method)
    return render("billing/payment.html", view=view, refund=refund or stored)


def _can_refund(ctx: Ctx, row: PaymentRow) -> bool:
    is_money = row.method != Method.PACKAGE
    return is_money and row.refundable_minor > 0 and may(ctx, scope.PAYMENTS_REFUND, row.clinic_id)


def _allocations(ctx: Ctx, row: PaymentRow) -> list[AllocationView]:
    sums: dict[UUID, int] = {}
    for share in payments.allocations_of_payments(ctx, [row.id]).get(row.id, ()):
        sums[share.invoice_id] = sums.get(share.invoice_id, 0) + share.amount_minor
    found = invoices.get_invoices(ctx, list(sums))
    return [
        AllocationView(title_of(found[invoice_id]), f"{HOME}/invoices/{invoice_id}", minor)
        for invoice_id, minor in sums.items()
        if invoice_id in found
    ]


def _facts(row: PaymentRow, client: str, clinic: str, zone: str) -> list[tuple[str, str]]:
    facts = [
        ("Client", client),
        ("Clinic", clinic),
        ("Booked on", day(row.received_on)),
        ("Taken", format_moment(row.received_at, zone)),
        ("Reference", row.reference),
        ("Given back", money(row.refunded_minor, row.currency) if row.refunded_minor else ""),
    ]
    return [(term, value) for term, value in facts if value]
