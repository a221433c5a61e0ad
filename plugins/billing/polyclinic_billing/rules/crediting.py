"""How a credit note takes back an invoice, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from polyclinic_billing.rules.rounding import half_up, spread
from polyclinic_billing.rules.taxes import Amounts


@dataclass(frozen=True)
class Rest:
    """What of a line is not credited yet."""

    line_id: UUID
    rate: Decimal
    amounts: Amounts


@dataclass(frozen=True)
class Credit:
    """What a credit note takes back of a line."""

    line_id: UUID
    rate: Decimal
    amounts: Amounts


def credits_of(gross_minor: int, rests: Sequence[Rest]) -> tuple[Credit, ...]:
    """Return how a gross amount is spread over the lines, in proportion to what is left of each.

    The tax inside is that of the line's rate, rounded half up; whoever takes the last of a line takes its last tax, so
    that net and tax credited in full are exactly those invoiced.
    """
    parts = spread(gross_minor, [rest.amounts.gross_minor for rest in rests])
    return tuple(
        Credit(rest.line_id, rest.rate, _part(rest, part)) for rest, part in zip(rests, parts, strict=True) if part
    )


def share_of(amounts: Amounts, net_minor: int) -> Amounts:
    """Return the part of an amount that has this net, with its share of the tax."""
    if net_minor == amounts.net_minor:
        return amounts
    tax = half_up(Decimal(amounts.tax_minor) * net_minor / amounts.net_minor)
    return Amounts(net_minor, tax, net_minor + tax)


def _part(rest: Rest, gross_minor: int) -> Amounts:
    if gross_minor == rest.amounts.gross_minor:
        return rest.amounts
    tax = min(half_up(gross_minor * rest.rate / (100 + rest.rate)), rest.amounts.tax_minor)
    tax = max(tax, gross_minor - rest.amounts.net_minor)
    return Amounts(gross_minor - tax, tax, gross_minor)
