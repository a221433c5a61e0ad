"""How often each plugin was called, how long it took and how often it failed: the figures of one process."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from polyclinic.kit import clock


@dataclass(frozen=True)
class HookFigures:
    """What one plugin's implementation of one hook has cost since the process started; times in milliseconds."""

    plugin_id: str
    hook: str
    calls: int = 0
    failures: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """The mean time of a call."""
        return self.total_ms / self.calls if self.calls else 0.0


@dataclass
class Tally:
    """Counts calls; one object per process, safe between threads."""

    since: datetime = field(default_factory=clock.now)
    _counts: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """Plugin and hook -> calls, failures, total and longest milliseconds; a plain list, as every call adds to it."""
    _lock: Lock = field(default_factory=Lock)

    def note(self, plugin_id: str, hook: str, seconds: float, *, has_failed: bool = False) -> None:
        """Count one call."""
        took = seconds * 1000
        with self._lock:
            counts = self._counts.setdefault((plugin_id, hook), [0, 0, 0.0, 0.0])
            counts[0] += 1
            counts[1] += has_failed
            counts[2] += took
            counts[3] = max(counts[3], took)

    def of(self, plugin_id: str) -> tuple[HookFigures, ...]:
        """Return the figures of one plugin, the costliest hook first."""
        with self._lock:
            own = [(hook, list(counts)) for (owner, hook), counts in self._counts.items() if owner == plugin_id]
        figures = [
            HookFigures(plugin_id, hook, int(calls), int(failures), total, longest)
            for hook, (calls, failures, total, longest) in own
        ]
        return tuple(sorted(figures, key=lambda found: (-found.total_ms, found.hook)))
