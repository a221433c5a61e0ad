"""How pages call states, methods and days, and the small values that templates show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from polyclinic.sdk.money import format_day, format_money, format_rate
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.vocabulary import TILL_METHODS, InvoiceKind, InvoiceState, LineKind, Method, TaxCategory


@dataclass(frozen=True)
class Chip:
    """A state: its word and how it looks."""

    label: str
    tone: str = "neutral"
    icon: str | None = None


@dataclass(frozen=True)
class Link:
    """Where a button leads."""

    label: str
    url: str
    icon: str = "arrow-right"
    is_act: bool = False
    """Whether pressing it changes something, so that it is sent as a form."""


@dataclass(frozen=True)
class Remark:
    """A sentence that stands out, with a way to act on it."""

    text: str
    tone: str = "info"
    title: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Choice:
    """One of the buttons that say how money changes hands."""

    label: str
    value: str
    icon: str


@dataclass(frozen=True)
class Sum:
    """One line below a table of amounts."""

    label: str
    minor: int
    is_strong: bool = False


CHIPS = {
    InvoiceState.DRAFT: Chip("Draft"),
    InvoiceState.ISSUED: Chip("Open", "info"),
    InvoiceState.PART_PAID: Chip("Part paid", "warn"),
    InvoiceState.PAID: Chip("Paid", "good", "check"),
    InvoiceState.CREDITED: Chip("Credited"),
    InvoiceState.VOID: Chip("Void"),
}
OVERDUE = Chip("Overdue", "bad", "alert-circle")
METHODS = {
    Method.CASH: Choice("Cash", "cash", "cash"),
    Method.CARD: Choice("Card", "card", "credit-card"),
    Method.TRANSFER: Choice("Transfer", "transfer", "building-bank"),
    Method.PACKAGE: Choice("Package", "package", "package"),
}
KINDS = {
    InvoiceKind.VISIT: "Visit",
    InvoiceKind.FEE: "Fee for a missed appointment",
    InvoiceKind.PACKAGE: "Package",
}
CATEGORIES = {
    TaxCategory.TREATMENT: "Treatment",
    TaxCategory.WELLNESS: "Wellness",
    TaxCategory.OTHER: "Other",
}


def chip_of(row: InvoiceRow, today: date) -> Chip:
    """Return where an invoice stands; what is open and was due before today is overdue."""
    if row.open_minor > 0 and row.due_on is not None and row.due_on < today:
        return OVERDUE
    return CHIPS[InvoiceState(row.state)]


def title_of(row: InvoiceRow) -> str:
    """Return what an invoice is called."""
    return row.number_text or "Draft"


def method_label(method: str) -> str:
    """Return how a method is called."""
    return METHODS[Method(method)].label


def choices(methods: Sequence[Method]) -> list[Choice]:
    """Return the buttons of the methods that a clinic takes."""
    return [METHODS[method] for method in TILL_METHODS if method in methods]


def rate_text(rate: Decimal) -> str:
    """Return a rate in per cent."""
    return format_rate(rate / 100)


def money(minor: int, currency: str) -> str:
    """Return an amount as pages say it."""
    return format_money(minor, currency)


def day(value: date) -> str:
    """Return a day as pages say it."""
    return format_day(value)


def span(first: date, until: date | None) -> str:
    """Return from when on, and before which day, something holds."""
    return f"from {day(first)}" if until is None else f"{day(first)} until before {day(until)}"


def line_remark(kind: str) -> str:
    """Return what a line's kind adds to its words."""
    return "paid with a package" if kind == LineKind.REDEEMED else ""
