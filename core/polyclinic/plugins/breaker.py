"""The circuit breaker: a hook of one plugin that keeps failing rests for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Key = tuple[str, str]
"""Plugin id and hook."""


class CircuitBreaker:
    """Counts consecutive failures per plugin and hook of this process; safe for threads."""

    def __init__(
        self, *, limit: int = 5, rest_seconds: float = 60.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._rest_seconds = rest_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures: dict[Key, int] = {}
        self._resting_until: dict[Key, float] = {}

    def is_resting(self, key: Key) -> bool:
        """Tell whether calls are left out now; after the rest one call is tried."""
        if key not in self._resting_until:  # nearly always: a look-up needs no lock
            return False
        with self._lock:
            return self._resting_until.get(key, 0.0) > self._monotonic()

    def note_success(self, key: Key) -> None:
        """Forget earlier failures."""
        if key not in self._failures:
            return
        with self._lock:
            self._failures.pop(key, None)
            self._resting_until.pop(key, None)

    def note_failure(self, key: Key) -> None:
        """Count a failure; from the limit on, each one starts a rest."""
        with self._lock:
            self._failures[key] = self._failures.get(key, 0) + 1
            if self._failures[key] >= self._limit:
                self._resting_until[key] = self._monotonic() + self._rest_seconds
