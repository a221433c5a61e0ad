"""Which client comes when: a pure plan that gives the same answer for the same day at every start of the demo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import product
from random import Random

from polyclinic.demo.plan import SHOWN_THERAPIST, SPANS, ChainPlan, TherapistPlan

DAYS_BACK = 21
DAYS_AHEAD = 21
HISTORY_WEEKS = (8, 3, 5, 2, 6, 4)
"""How many weeks before the calendar's first day a regular client's visits reach back, in turn."""
BREAK_MINUTES = 15
_REGULAR_SHARE = 0.6
_COMES = 0.93
_CASUAL_COMES = 0.7
_LENGTHS = (60, 60, 60, 90, 30)


class Occupant(StrEnum):
    """Who fills a slot of a therapist's week."""

    REGULAR = "regular"
    CASUAL = "casual"


@dataclass(frozen=True)
class Slot:
    """One place in a therapist's week; `client` is a number within the therapist's own clients."""

    weekday: int
    starts_at: time
    minutes: int
    occupant: Occupant
    client: int
    is_specialised: bool


@dataclass(frozen=True)
class PlannedVisit:
    """One visit: the therapist's and the client's number, the wall time, and what is done.

    A visit of the history lies before the calendar's first day and was held in any case.
    """

    therapist: int
    client: int
    starts_at: datetime
    minutes: int
    is_specialised: bool
    is_history: bool = False

    @property
    def key(self) -> str:
        """Return what makes the visit's own chances the same at every start."""
        return f"{self.therapist}/{self.starts_at.isoformat()}"


def clients_of(plan: ChainPlan, therapist: int) -> range:
    """Return the numbers of the clients who come to one therapist."""
    share = plan.clients // len(plan.therapists)
    first = therapist * share
    is_last = therapist == len(plan.therapists) - 1
    return range(first, plan.clients if is_last else first + share)


def week_of(plan: ChainPlan, therapist: int) -> tuple[Slot, ...]:
    """Return a therapist's weekly slots."""
    who = plan.therapists[therapist]
    rng = Random(f"{plan.slug}/{therapist}/week")  # noqa: S311 -- demo data
    regulars, slots = 0, []
    most = max(1, len(clients_of(plan, therapist)) // 2)
    filled_share = 1.0 if therapist == SHOWN_THERAPIST else plan.filled_share
    for weekday, starts_at, minutes in _places(who, rng, filled_share):
        is_regular = rng.random() < _REGULAR_SHARE and regulars < most
        client = regulars if is_regular else 0
        occupant = Occupant.REGULAR if is_regular else Occupant.CASUAL
        regulars += is_regular
        is_chosen = rng.random() < 0.8 or therapist == SHOWN_THERAPIST
        is_specialised = who.is_specialised and minutes >= 60 and is_chosen
        slots.append(Slot(weekday, starts_at, minutes, occupant, client, is_specialised))
    return tuple(slots)


def visits_on(plan: ChainPlan, therapist: int, day: date) -> Iterator[PlannedVisit]:
    """Yield the visits of one therapist on one day, in order."""
    slots = week_of(plan, therapist)
    regulars = sum(slot.occupant is Occupant.REGULAR for slot in slots)
    own = clients_of(plan, therapist)
    for number, slot in enumerate(slots):
        rng = Random(f"{plan.slug}/{therapist}/{day}/{number}")  # noqa: S311 -- demo data
        is_regular = slot.occupant is Occupant.REGULAR
        comes = 1.0 if therapist == SHOWN_THERAPIST else _COMES if is_regular else _CASUAL_COMES
        if slot.weekday != day.weekday() or rng.random() > comes:
            continue
        week = day.toordinal() // 7
        casual = regulars + (week * len(slots) + number) % max(1, len(own) - regulars)
        yield _visit(slot, therapist, own[slot.client if is_regular else casual % len(own)], day)


def history(plan: ChainPlan, first_day: date, wanted: int) -> list[PlannedVisit]:
    """Return visits of regular clients before the calendar's first day: their trajectories reach further back."""
    places = [
        (therapist, slot)
        for therapist in range(len(plan.therapists))
        for slot in week_of(plan, therapist)
        if slot.occupant is Occupant.REGULAR
    ]
    Random(f"{plan.slug}/history").shuffle(places)  # noqa: S311 -- demo data
    found: list[PlannedVisit] = []
    for turn, (therapist, slot) in enumerate(places):
        last = first_day - timedelta(days=1 + (first_day.weekday() - 1 - slot.weekday) % 7)
        client = clients_of(plan, therapist)[slot.client]
        for week in range(HISTORY_WEEKS[turn % len(HISTORY_WEEKS)]):
            visit = _visit(slot, therapist, client, last - timedelta(weeks=week))
            found.append(replace(visit, is_history=True))
    return found[:wanted]


def window(today: date) -> Sequence[date]:
    """Return the days of the calendar: six weeks around today."""
    return [today + timedelta(days=n) for n in range(-DAYS_BACK, DAYS_AHEAD + 1)]


def _visit(slot: Slot, therapist: int, client: int, day: date) -> PlannedVisit:
    starts_at = datetime.combine(day, slot.starts_at)
    return PlannedVisit(therapist, client, starts_at, slot.minutes, slot.is_specialised)


def _places(who: TherapistPlan, rng: Random, filled_share: float) -> Iterator[tuple[int, time, int]]:
    """Yield weekday, start and minutes of every place."""
    weekdays = sorted(set(range(7)) - set(who.days_off))
    for weekday, (opens, closes) in product(weekdays, SPANS[who.shift]):
        for starts_at, minutes in _divided(rng, opens, closes):
            if rng.random() < filled_share:
                yield weekday, starts_at, minutes


def _divided(rng: Random, opens: time, closes: time) -> Iterator[tuple[time, int]]:
    at, end = (datetime.combine(date.min, wall) for wall in (opens, closes))
    while (minutes := rng.choice(_LENGTHS)) and at + timedelta(minutes=minutes) <= end:
        yield at.time(), minutes
        at += timedelta(minutes=minutes + BREAK_MINUTES)
