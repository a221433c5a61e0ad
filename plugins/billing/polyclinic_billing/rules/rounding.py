"""The one rounding rule of this plugin: half up, away from zero, once for each line.

Tax is computed and rounded for each line; an invoice's net, tax and gross are the sums of its lines. So net + tax =
gross holds exactly for every line, every invoice and every credit note, and a line can be credited on its own. Rounding
once for each rate group would differ by at most half a minor unit for each line; both are allowed in all five regimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def half_up(value: Decimal) -> int:
    """Return the nearest whole number, halves away from zero."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def spread(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return `total` in whole parts proportional to `weights`, exactly: the largest remainders get what is left.

    All weights zero gives everything to the first. No part exceeds its weight where `total` does not exceed their sum.
    """
    whole = sum(weights)
    if not weights:
        return ()
    if whole == 0:
        return (total, *(0 for _ in weights[1:]))
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return tuple(parts)


def half_up_ratio(numerator: int, denominator: int) -> int:
    """Return `numerator / denominator` rounded half up; both are not below zero."""
    return (2 * numerator + denominator) // (2 * denominator)
