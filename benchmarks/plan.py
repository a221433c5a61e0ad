"""What one run measures: its scale, rounds, connections and how many requests make a cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "a": "one therapist's working day",
        "b": "one clinic's week",
        "c": "client search, 4 letters",
        "d": "client with 20 newest records",
        "e": "book a free time",
        "f": "create and sign a record",
        "g": "month report by clinic",
    }
)
WRITES = frozenset({"e", "f"})
CONNECTIONS = (1, 8)


@dataclass(frozen=True)
class Plan:
    """One run; `requests` says how often each operation is done in one cell, warm-up not counted."""

    scale: float
    rounds: int
    requests: Mapping[str, int]
    warm_up: int
    """How often each operation is done per target before the first round: connections open, statements prepared."""
    seconds: float | None = None
    """How long the whole run should take; on a busy machine fewer requests are made."""

    @property
    def operations(self) -> tuple[str, ...]:
        """Return the operations in their order."""
        return tuple(self.requests)

    def writes_of(self, operation: str) -> int:
        """Return how many times both targets together do a writing operation in this run."""
        cells = self.rounds * len(CONNECTIONS)
        return 2 * (self.requests[operation] * cells + self.warm_up) if operation in self.requests else 0


def quick_plan() -> Plan:
    """Return the plan of `QUICK=1`: a tenth of the data, operations a, e and f, at most 90 seconds on two cores."""
    return Plan(scale=0.1, rounds=3, requests=MappingProxyType({"a": 320, "e": 100, "f": 64}), warm_up=80, seconds=80)


def full_plan(scale: float, rounds: int) -> Plan:
    """Return the plan of a full run."""
    requests = {"a": 1_000, "b": 100, "c": 600, "d": 400, "e": 300, "f": 200, "g": 300}
    return Plan(scale=scale, rounds=rounds, requests=MappingProxyType(requests), warm_up=200)
