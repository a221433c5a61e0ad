"""Percentiles, medians and ratios; nothing here knows what was measured."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """One cell: requests per second, latencies in milliseconds, CPU milliseconds per request."""

    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    app_cpu_ms: float
    database_cpu_ms: float

    @property
    def cpu_ms(self) -> float:
        """Return the CPU of application and database together."""
        return self.app_cpu_ms + self.database_cpu_ms


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0-1) of all values do not exceed; raises on no values."""
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def figures_of(latencies: Sequence[float], seconds: float, cpu: tuple[float, float]) -> Figures:
    """Return the figures of one cell from latencies, wall time and (application, database) CPU, all in seconds."""
    count = len(latencies)
    return Figures(
        requests=count,
        per_second=count / seconds,
        p50_ms=percentile(latencies, 0.50) * 1000,
        p95_ms=percentile(latencies, 0.95) * 1000,
        p99_ms=percentile(latencies, 0.99) * 1000,
        app_cpu_ms=cpu[0] / count * 1000,
        database_cpu_ms=cpu[1] / count * 1000,
    )


def median_of(cells: Sequence[Figures]) -> Figures:
    """Return the median of each figure over the rounds; `requests` is the sum."""
    names = ("per_second", "p50_ms", "p95_ms", "p99_ms", "app_cpu_ms", "database_cpu_ms")
    middle = {name: statistics.median(getattr(cell, name) for cell in cells) for name in names}
    return Figures(requests=sum(cell.requests for cell in cells), **middle)


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over the rounds of ours / theirs: both figures of a ratio come from one round."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
