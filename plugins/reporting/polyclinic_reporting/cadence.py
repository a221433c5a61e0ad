"""When a scheduled report is due: a wall time of a zone, daily, on a weekday or on a day of the month."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Rhythm(StrEnum):
    """How often a schedule runs."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Cadence:
    """When a schedule runs; `day` is the weekday (0 = Monday) of a weekly one, the day of the month of a monthly one.

    A month that lacks the day runs on its last one. The wall time holds across changes of the clock; one that does not
    exist on a day (a gap) is taken an hour later.
    """

    rhythm: Rhythm
    hour: int
    zone: str
    day: int = 0


def next_run(cadence: Cadence, after: datetime) -> datetime:
    """Return the first instant at which the schedule is due strictly after an aware instant, in UTC."""
    day = after.astimezone(ZoneInfo(cadence.zone)).date()
    for offset in range(63):
        candidate = day + timedelta(days=offset)
        if _falls_on(cadence, candidate):
            due = _instant(cadence, candidate)
            if due > after:
                return due
    raise AssertionError("every rhythm comes round within two months")


def _falls_on(cadence: Cadence, day: date) -> bool:
    match cadence.rhythm:
        case Rhythm.DAILY:
            return True
        case Rhythm.WEEKLY:
            return day.weekday() == cadence.day
        case Rhythm.MONTHLY:
            return day.day == min(cadence.day, calendar.monthrange(day.year, day.month)[1])


def _instant(cadence: Cadence, day: date) -> datetime:
    wall = datetime.combine(day, time(cadence.hour), ZoneInfo(cadence.zone))
    return wall.astimezone(UTC)
