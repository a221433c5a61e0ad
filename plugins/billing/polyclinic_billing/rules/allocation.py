"""How a payment settles invoices, and how much of it can be given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.sdk.errors import Conflict, FieldError, Invalid
from polyclinic_billing.rules.currencies import money_text


@dataclass(frozen=True)
class OpenInvoice:
    """An invoice as a payment sees it."""

    id: UUID
    number: str
    open_minor: int
    currency: str


@dataclass(frozen=True)
class Part:
    """What a payment gives to one invoice; None = as much as is open and left."""

    invoice_id: UUID
    amount_minor: int | None = None


@dataclass(frozen=True)
class Share:
    """A decided part of a payment."""

    invoice_id: UUID
    amount_minor: int


def allocate(
    amount_minor: int, currency: str, parts: Sequence[Part], invoices: Sequence[OpenInvoice]
) -> tuple[Share, ...]:
    """Return how a payment is split over its invoices, in the order given.

    Raises `Conflict` when nothing is open any more, `Invalid` for an amount that is not above zero, another currency,
    more than an invoice has open, or a remainder that no invoice takes: money without an invoice would be lost from
    sight.
    """
    if amount_minor <= 0:
        raise Invalid({"amount": "Give an amount above zero. Use a refund to give money back."})
    if parts and not any(invoice.open_minor for invoice in invoices):
        raise Conflict("Nothing is open here; everything is paid or credited already.", code="nothing_open")
    known = {invoice.id: invoice for invoice in invoices}
    if len({part.invoice_id for part in parts}) != len(parts):
        raise Invalid({"allocations": "Each invoice may stand there once. Add the amounts up."})
    left = amount_minor
    shares = []
    for index, part in enumerate(parts):
        share = _share(part, known[part.invoice_id], currency, _Place(index, len(parts), left))
        left -= share.amount_minor
        shares.append(share)
    if left:
        raise _too_much(amount_minor, left, currency)
    return tuple(share for share in shares if share.amount_minor)


@dataclass(frozen=True)
class _Place:
    index: int
    count: int
    left: int

    @property
    def field(self) -> str:
        return "amount" if self.count == 1 else f"allocations.{self.index}.amount"


def _share(part: Part, invoice: OpenInvoice, currency: str, place: _Place) -> Share:
    if invoice.currency != currency:
        raise Invalid({"currency": f"Invoice {invoice.number} is in {invoice.currency}. Take the payment in that."})
    wanted = min(invoice.open_minor, place.left) if part.amount_minor is None else part.amount_minor
    if part.amount_minor is not None and wanted <= 0:
        raise Invalid({place.field: "Give an amount above zero, or leave the invoice out."})
    if wanted > invoice.open_minor:
        text = money_text(invoice.open_minor, currency)
        pointer = "/" + place.field.replace(".", "/")
        detail = f"Only {text} of invoice {invoice.number} are open. Take {text} or less."
        raise Invalid([FieldError(pointer, detail, "overpayment")])
    if wanted > place.left:
        raise Invalid({place.field: "The parts are more than the payment. Lower them, or raise the amount."})
    return Share(invoice.id, wanted)


def _too_much(amount_minor: int, left: int, currency: str) -> Invalid:
    text = money_text(amount_minor - left, currency)
    detail = f"{text} are open, so {money_text(left, currency)} would be too much. Take {text} or less."
    return Invalid([FieldError("/amount", detail, "overpayment")])


def check_refund(amount_minor: int, paid_minor: int, refunded_minor: int, currency: str) -> None:
    """Raise `Invalid` unless `amount_minor` of a payment can be given back."""
    rest = paid_minor - refunded_minor
    if rest <= 0:
        detail = "This payment was refunded in full already. Nothing is left to give back."
        raise Invalid([FieldError("/amount", detail, "refunded")])
    if amount_minor <= 0:
        raise Invalid({"amount": "Give an amount above zero."})
    if amount_minor > rest:
        text = money_text(rest, currency)
        detail = f"Only {text} of this payment are left to refund. Give {text} or less."
        raise Invalid([FieldError("/amount", detail, "refund_too_large")])


def spread_refund(amount_minor: int, allocated: Sequence[tuple[UUID, int, int]]) -> tuple[Share, ...]:
    """Return from which invoices a refund is taken; rows are (invoice, allocated and not refunded, overpaid there).

    What an invoice holds beyond what it asks goes first; then the rest, in the order given.
    """
    taken = {invoice_id: 0 for invoice_id, _, _ in allocated}
    left = amount_minor
    for limits in ([min(rest, over) for _, rest, over in allocated], [rest for _, rest, _ in allocated]):
        for (invoice_id, _, _), limit in zip(allocated, limits, strict=True):
            more = max(min(left, limit - taken[invoice_id]), 0)
            taken[invoice_id] += more
            left -= more
    return tuple(Share(invoice_id, taken[invoice_id]) for invoice_id, _, _ in allocated if taken[invoice_id])
