"""When work that failed is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta

RETRY_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600)
"""Eight more tries, the first after 5 seconds, the last 6 hours after the one before."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failures (1 or more), None when it was the last time."""
    if attempts > len(RETRY_SECONDS):
        return None
    return now + timedelta(seconds=RETRY_SECONDS[attempts - 1])
