"""Packages: which one pays for a visit, and what a visit of it is worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from polyclinic.sdk.errors import Conflict
from polyclinic_billing.rules.rounding import half_up_ratio


@dataclass(frozen=True)
class Balance:
    """What is left of a package that somebody bought; `service_id` None = any service."""

    id: UUID
    service_id: UUID | None
    visits_total: int
    visits_used: int
    value_left_minor: int
    """What the visits left are worth: the sale's value less what was redeemed."""
    currency: str
    sold_on: date
    expires_on: date | None
    """The last day on which it can be redeemed; None = never expires."""
    is_closed: bool = False

    @property
    def visits_left(self) -> int:
        """Return how many visits can still be redeemed."""
        return 0 if self.is_closed else self.visits_total - self.visits_used

    def is_expired_on(self, day: date) -> bool:
        """Tell whether the package can no longer be redeemed on a day."""
        return self.expires_on is not None and day > self.expires_on


def fitting(balances: Iterable[Balance], service_id: UUID, day: date, currency: str) -> tuple[Balance, ...]:
    """Return the packages that can pay for a visit: first the one that expires first, then the one sold first."""
    usable = [
        balance
        for balance in balances
        if balance.service_id in {None, service_id}
        and balance.currency == currency
        and balance.visits_left > 0
        and not balance.is_expired_on(day)
    ]
    return tuple(sorted(usable, key=lambda b: (b.expires_on is None, b.expires_on or day, b.sold_on, b.id)))


def visit_value(balance: Balance) -> int:
    """Return what the next visit is worth: an equal part of what is left, so that the last visit takes the rest."""
    return half_up_ratio(balance.value_left_minor, balance.visits_left)


def check_redeemable(balance: Balance, service_id: UUID, day: date, currency: str) -> None:
    """Raise `Conflict` with the reason why a package cannot pay for a visit."""
    if balance.is_closed:
        raise Conflict("This package is closed. Choose another one, or take a payment.", code="package_closed")
    if balance.is_expired_on(day):
        raise Conflict(
            f"This package ended on {balance.expires_on}, before the visit. Choose another one, or take a payment.",
            code="package_expired",
        )
    if balance.visits_left <= 0:
        raise Conflict("No visit is left on this package. Choose another one.", code="package_used_up")
    if balance.service_id not in {None, service_id}:
        raise Conflict("This package is for another service. Choose another one.", code="package_other_service")
    if balance.currency != currency:
        raise Conflict(
            f"This package was sold in {balance.currency}, the visit is in {currency}.", code="package_other_currency"
        )
