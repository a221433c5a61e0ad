"""Which price applies on a day, and what it makes of a visit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from polyclinic.sdk.errors import Invalid
from polyclinic_billing.vocabulary import Basis


@dataclass(frozen=True)
class Price:
    """A price of a service at a clinic, or at all (`clinic_id` None), from a day on and before another."""

    id: UUID
    service_id: UUID
    clinic_id: UUID | None
    amount_minor: int
    currency: str
    basis: Basis
    valid_from: date
    valid_until: date | None
    """The first day on which it no longer holds; None = open."""

    def holds_on(self, day: date) -> bool:
        """Tell whether the price applies on a day."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True)
class Charge:
    """What a price makes of a visit: `quantity` times `unit_minor`."""

    unit_minor: int
    quantity: int
    basis: Basis

    @property
    def total_minor(self) -> int:
        """Return the price of the visit."""
        return self.unit_minor * self.quantity


def find_price(prices: Iterable[Price], *, clinic_id: UUID, day: date, currency: str) -> Price | None:
    """Return the price of a day in a currency: the clinic's own before the one of all clinics."""
    fitting = [
        price
        for price in prices
        if price.currency == currency and price.holds_on(day) and price.clinic_id in {clinic_id, None}
    ]
    return min(fitting, key=lambda price: (price.clinic_id is None, price.id), default=None)


def charge_of(price: Price, minutes: int) -> Charge:
    """Return what a visit of `minutes` costs."""
    quantity = minutes if price.basis is Basis.MINUTE else 1
    return Charge(price.amount_minor, quantity, price.basis)


def check_validity(valid_from: date, valid_until: date | None) -> None:
    """Raise `Invalid` for a price that ends before it holds for a day."""
    if valid_until is not None and valid_until <= valid_from:
        raise Invalid(
            {"valid_until": "The price must end after the day it starts. Give a later day, or leave it open."}
        )


def check_amount(amount_minor: int, field: str = "amount") -> None:
    """Raise `Invalid` for a price below zero."""
    if amount_minor < 0:
        raise Invalid({field: "A price cannot be below zero. Give credit with a credit note instead."})
