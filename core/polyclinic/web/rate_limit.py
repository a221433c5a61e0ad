"""A token bucket per API key and process: far above a busy reception, low enough to stop a runaway script."""

from __future__ import annotations

import threading
import time
from uuid import UUID

from flask import current_app

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import TooMany

MAX_KEYS = 10_000


class Buckets:
    """Token buckets by key id; `per_minute` is both rate and burst."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._state: dict[UUID, tuple[float, float]] = {}

    def take(self, key: UUID, now: float) -> float:
        """Take one token at `now` (seconds, monotonic) and return 0, or the seconds until one is there."""
        with self._lock:
            tokens, since = self._state.get(key, (float(self.per_minute), now))
            tokens = min(float(self.per_minute), tokens + (now - since) * self.per_minute / 60)
            if tokens < 1:
                self._state[key] = (tokens, now)
                return (1 - tokens) * 60 / self.per_minute
            if len(self._state) >= MAX_KEYS:
                self._state.clear()
            self._state[key] = (tokens - 1, now)
            return 0.0


def check_rate(actor: Actor) -> None:
    """Raise `TooMany` when the actor's API key is over its rate."""
    if actor.key_id is None:
        return
    buckets: Buckets = current_app.extensions["polyclinic_buckets"]
    wait = buckets.take(actor.key_id, time.monotonic())
    if wait:
        raise TooMany("This API key sends too many requests. Wait and try again.", retry_after=int(wait) + 1)
