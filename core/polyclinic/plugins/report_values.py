"""Values that reports compute: shares as decimals, so that a total is a ratio of sums and never a mean of means."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")


def percent(numerator: int, denominator: int) -> Decimal | None:
    """Return 100 * numerator / denominator to a tenth, halves away from zero; None where there is nothing to share."""
    if denominator == 0:
        return None
    return (Decimal(100 * numerator) / Decimal(denominator)).quantize(_TENTH, ROUND_HALF_UP)
