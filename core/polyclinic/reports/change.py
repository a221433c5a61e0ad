"""How much a client's scores changed between the first and the last visit, judged by the measure; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from polyclinic.plugins.contract import Better, Measure

FEWEST = 5
"""Numbers about fewer clients than this are not shown: they would tell who it was."""
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Outcome:
    """How many clients changed in which way; None = not shown, or no smallest change that matters is known."""

    clients: int | None
    improved: int | None
    unchanged: int | None
    worse: int | None
    median: Decimal | None


TOO_FEW = Outcome(None, None, None, None, None)


def outcome_of(changes: Sequence[Fraction], measure: Measure) -> Outcome:
    """Return the outcome of the clients' changes (last minus first)."""
    if len(changes) < FEWEST:
        return TOO_FEW
    median = median_of(changes)
    if measure.mcid is None:
        return Outcome(len(changes), None, None, None, median)
    smallest = Fraction(measure.mcid)
    gains = [-change if measure.better is Better.LOWER else change for change in changes]
    improved, worse = sum(gain >= smallest for gain in gains), sum(-gain >= smallest for gain in gains)
    return Outcome(len(changes), improved, len(changes) - improved - worse, worse, median)


def median_of(values: Sequence[Fraction]) -> Decimal:
    """Return the median to a hundredth; the mean of the two in the middle where their number is even."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    value = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_HUNDREDTH, ROUND_HALF_UP)
