"""Which days' figures an event may have changed; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

DATES = ("on", "was_on")
BEGAN_BEFORE = timedelta(minutes=2)
"""What an event tells of may have been written a little before it, on the day before at midnight."""
LONGEST_GAP = timedelta(days=4)
"""Days this near are computed in one go: asking for the days between costs less than asking twice."""

TOUCHES_EVERY_DAY: Mapping[str, tuple[str, ...]] = {
    "therapist.joined": ("core.minutes_bookable",),
    "therapist.updated": ("core.minutes_bookable",),
    "therapist.left": ("core.minutes_bookable",),
    "clinic.updated": ("core.minutes_bookable", "core.new_clients"),
    "client.merged": ("core.new_clients",),
    "client.unmerged": ("core.new_clients",),
    "client.erased": ("core.new_clients",),
}
"""Events that name no day because they may change any: these figures are computed anew over the whole time."""


@dataclass(frozen=True)
class Seen:
    """What is read of one event."""

    type: str
    clinic_id: UUID | None
    occurred_at: datetime
    payload: Mapping[str, Any]


def days_of(event: Seen, zones: Mapping[UUID, str]) -> frozenset[date]:
    """Return the local days that an event names, and the day on which it happened at its clinic."""
    named = {day for name in DATES if (day := _day(event.payload.get(name))) is not None}
    zone = zones.get(event.clinic_id) if event.clinic_id else None
    if zone is None:
        return frozenset(named)
    moments = (event.occurred_at - BEGAN_BEFORE, event.occurred_at)
    return frozenset(named | {moment.astimezone(ZoneInfo(zone)).date() for moment in moments})


def figures_of(event: Seen, keys: Iterable[str]) -> frozenset[str]:
    """Return the figures that an event may have changed on any day."""
    if event.type == "plugin.enabled":
        prefix = f"{event.payload.get('plugin')}."
        return frozenset(key for key in keys if key.startswith(prefix))
    return frozenset(TOUCHES_EVERY_DAY.get(event.type, ())) & frozenset(keys)


def spans_of(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Yield spans, both days included, that hold all days; near days share one, none is longer than a month."""
    first_on = last_on = None
    for day in sorted(days):
        if first_on is None or last_on is None:
            first_on = last_on = day
        elif day - last_on <= LONGEST_GAP and day - first_on <= timedelta(days=30):
            last_on = day
        else:
            yield first_on, last_on
            first_on = last_on = day
    if first_on is not None and last_on is not None:
        yield first_on, last_on


def months_of(first_on: date, last_on: date) -> Iterator[tuple[date, date]]:
    """Yield the parts of a span by calendar month, in order."""
    while first_on <= last_on:
        next_month = (first_on.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield first_on, min(next_month - timedelta(days=1), last_on)
        first_on = next_month


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
