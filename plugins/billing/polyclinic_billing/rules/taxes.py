"""Net, tax and gross of a line, from a price with or without tax."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from polyclinic_billing.rules.rounding import half_up
from polyclinic_billing.vocabulary import PriceTax


@dataclass(frozen=True)
class Amounts:
    """Net + tax = gross, in minor units."""

    net_minor: int
    tax_minor: int
    gross_minor: int

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.net_minor + other.net_minor, self.tax_minor + other.tax_minor, self.gross_minor + other.gross_minor
        )

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.net_minor - other.net_minor, self.tax_minor - other.tax_minor, self.gross_minor - other.gross_minor
        )


NOTHING = Amounts(0, 0, 0)


@dataclass(frozen=True)
class RateTotal:
    """What one rate makes of a document."""

    rate: Decimal
    amounts: Amounts


def amounts_of(price_minor: int, rate: Decimal, price_tax: PriceTax) -> Amounts:
    """Return a line's amounts; `rate` is in percent. The tax is rounded half up, for this line alone."""
    if price_tax is PriceTax.EXCLUSIVE:
        tax = half_up(price_minor * rate / 100)
        return Amounts(price_minor, tax, price_minor + tax)
    tax = half_up(price_minor * rate / (100 + rate))
    return Amounts(price_minor - tax, tax, price_minor)


def total_of(lines: Iterable[Amounts]) -> Amounts:
    """Return the sum of lines."""
    total = NOTHING
    for line in lines:
        total += line
    return total


def by_rate(lines: Iterable[tuple[Decimal, Amounts]]) -> tuple[RateTotal, ...]:
    """Return the totals of each rate, by rate."""
    totals: dict[Decimal, Amounts] = {}
    for rate, amounts in lines:
        totals[rate] = totals.get(rate, NOTHING) + amounts
    return tuple(RateTotal(rate, totals[rate]) for rate in sorted(totals))
