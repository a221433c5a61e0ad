"""How many minutes of each local day can be booked, from weekly hours; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta

from polyclinic.kit import zones
from polyclinic.scheduling.rules.times import WeeklyHours, days_between, open_intervals

DAY = timedelta(days=1)


def uneven_days(zone: str, first_on: date, last_on: date) -> frozenset[date]:
    """Return the local days from first_on to last_on that do not last 24 hours."""
    days = days_between(first_on, last_on + DAY)
    starts = [zones.start_of_day(day, zone) for day in (*days, last_on + DAY)]
    return frozenset(day for day, start, end in zip(days, starts, starts[1:], strict=False) if end - start != DAY)


def bookable_minutes(
    hours: Iterable[WeeklyHours], days: Sequence[date], zone: str, uneven: frozenset[date]
) -> Mapping[date, int]:
    """Return the minutes of one therapist's hours at one clinic for each of the days that has any.

    Where the clocks change, real minutes count: a night shift may be an hour shorter or longer than its wall time.
    """
    by_weekday: dict[int, list[WeeklyHours]] = {}
    for each in hours:
        by_weekday.setdefault(each.weekday, []).append(each)
    minutes = {}
    for day in days:
        own = [each for each in by_weekday.get(day.weekday(), ()) if each.holds_on(day)]
        found = (_elapsed(own, day, zone) if day in uneven else _on_the_wall(own)) if own else 0
        if found:
            minutes[day] = found
    return minutes


def _elapsed(hours: Iterable[WeeklyHours], day: date, zone: str) -> int:
    spans = open_intervals(hours, day, zone)
    return sum(int((span.ends_at - span.starts_at).total_seconds()) // 60 for span in spans)


def _on_the_wall(hours: Iterable[WeeklyHours]) -> int:
    """Count each minute once, also where hours overlap."""
    total, reached = 0, 0
    for each in sorted(hours, key=lambda span: span.starts_at):
        starts_at, ends_at = max(_minute(each.starts_at), reached), _minute(each.ends_at)
        total += max(ends_at - starts_at, 0)
        reached = max(reached, ends_at)
    return total


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
