"""Which times can be offered, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from uuid import UUID

from polyclinic.kit import zones
from polyclinic.scheduling.rules.conflicts import Clash, Situation, Wish, choose_room, find_clashes
from polyclinic.scheduling.rules.times import Interval
from polyclinic.scheduling.vocabulary import GRID

# Explained for a day without working hours, so that the answer is not an empty list.
USUAL_DAY = (time(9), time(17))


@dataclass(frozen=True)
class Candidate:
    """One time on the grid with everything against it; it can be offered when there is nothing."""

    starts_at: datetime
    ends_at: datetime
    clashes: tuple[Clash, ...]
    room_id: UUID | None
    """The room that would be taken."""


SituationOn = Callable[[date], Situation]
"""Returns what stands around a wish on a local day."""


def candidates(wish: Wish, days: Iterable[date], situation_on: SituationOn, zone: str) -> Iterator[Candidate]:
    """Yield the grid times of each day's working hours in order, offered or not.

    The grid counts real time from the start of each span of hours, so that changing clocks
    neither double nor lose a time.
    """
    for day in days:
        situation = situation_on(day)
        for span in situation.open_intervals or [_usual_span(day, zone)]:
            yield from _on_grid(wish, span, situation)


def next_free(wish: Wish, days: Iterable[date], situation_on: SituationOn, zone: str) -> Candidate | None:
    """Return the first time at or after the wish that can be booked, None within the given days."""
    for candidate in candidates(wish, days, situation_on, zone):
        if candidate.starts_at >= wish.starts_at and not candidate.clashes:
            return candidate
    return None


def _on_grid(wish: Wish, span: Interval, situation: Situation) -> Iterator[Candidate]:
    length = wish.ends_at - wish.starts_at
    starts_at = span.starts_at
    while starts_at + length <= span.ends_at:
        moved = replace(wish, starts_at=starts_at, ends_at=starts_at + length)
        yield Candidate(starts_at, moved.ends_at, tuple(find_clashes(moved, situation)), choose_room(moved, situation))
        starts_at += GRID


def _usual_span(day: date, zone: str) -> Interval:
    opening, closing = (zones.to_instant(datetime.combine(day, at), zone, fold=0) for at in USUAL_DAY)
    return Interval(opening, closing)
