"""Intervals, working hours and wall times as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from polyclinic.kit import zones
from polyclinic.kit.errors import FieldError, Invalid

if TYPE_CHECKING:
    from polyclinic.scheduling.commands import Start


@dataclass(frozen=True)
class Interval:
    """A half-open span of instants."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Tell whether the spans share any time; touching ends do not."""
        return self.starts_at < ends_at and starts_at < self.ends_at

    def holds(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Tell whether the other span lies inside."""
        return self.starts_at <= starts_at and ends_at <= self.ends_at


@dataclass(frozen=True)
class WeeklyHours:
    """Working hours on one weekday (0 = Monday) in wall time, from `valid_from` to `valid_until` inclusive."""

    weekday: int
    starts_at: time
    ends_at: time
    valid_from: date
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether these hours count on `day`."""
        return (
            self.weekday == day.weekday()
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


def resolve_start(start: Start, zone: str) -> datetime:
    """Return the instant that `start` names at a clinic in `zone`.

    Raises `Invalid` for a wall time that the clocks skip (naming the next one) or repeat without `fold`.
    """
    if start.starts_at is not None:
        return start.starts_at
    if start.local_start is None:
        raise Invalid({"starts_at": "Give starts_at (an instant) or local_start (the clinic's wall time)."})
    try:
        return zones.to_instant(start.local_start, zone, fold=start.fold)
    except zones.LocalTimeError as error:
        field = "/local_start" if error.code == "time_in_gap" else "/fold"
        hint = " Send fold 0 for the first or 1 for the second." if field == "/fold" else ""
        raise Invalid([FieldError(field, f"{error}{hint}", error.code)]) from error


def open_intervals(hours: Iterable[WeeklyHours], day: date, zone: str) -> list[Interval]:
    """Return when the working hours of a local `day` begin and end, merged where they touch."""
    spans = sorted(
        (
            Interval(
                _opening(datetime.combine(day, each.starts_at), zone),
                _closing(datetime.combine(day, each.ends_at), zone),
            )
            for each in hours
            if each.holds_on(day)
        ),
        key=lambda span: (span.starts_at, span.ends_at),
    )
    merged: list[Interval] = []
    for span in spans:
        if span.ends_at <= span.starts_at:
            continue
        if merged and span.starts_at <= merged[-1].ends_at:
            merged[-1] = Interval(merged[-1].starts_at, max(merged[-1].ends_at, span.ends_at))
        else:
            merged.append(span)
    return merged


def days_between(first: date, end: date) -> Sequence[date]:
    """Return the days from `first` to `end`, the end not included."""
    return [first + timedelta(days=offset) for offset in range((end - first).days)]


def _opening(local: datetime, zone: str) -> datetime:
    return _instant(local, zone, fold=0)


def _closing(local: datetime, zone: str) -> datetime:
    # Hours that end in the hour that happens twice last until its second end.
    return _instant(local, zone, fold=1)


def _instant(local: datetime, zone: str, *, fold: int) -> datetime:
    try:
        return zones.to_instant(local, zone, fold=fold)
    except zones.LocalTimeError as error:
        return zones.to_instant(error.suggestion or local, zone, fold=fold)
