"""Wall times and instants: gaps, folds and working hours in six zones."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.kit.zones import day_bounds, to_local
from polyclinic.scheduling.commands import Start
from polyclinic.scheduling.rules.conflicts import Situation, Wish
from polyclinic.scheduling.rules.free_times import candidates, next_free
from polyclinic.scheduling.rules.search import fold, search_text
from polyclinic.scheduling.rules.times import Interval, WeeklyHours, open_intervals, resolve_start
from polyclinic.scheduling.vocabulary import GRID

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Vancouver",
    "America/St_Johns",
)
LAST_YEAR = 2035
THERAPIST, ROOM = UUID(int=1), UUID(int=2)
HOUR = timedelta(hours=1)


def transitions(zone):
    """Return every instant from 2020 to 2035 at which the zone's offset changes."""
    info = ZoneInfo(zone)
    at, found = datetime(2020, 1, 1, tzinfo=UTC), []
    while at.year <= LAST_YEAR:
        after = at + timedelta(hours=6)
        if at.astimezone(info).utcoffset() != after.astimezone(info).utcoffset():
            found.append(exact(info, at, after))
        at = after
    return found


def exact(info, low, high):
    offset = low.astimezone(info).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        middle = middle.replace(second=0, microsecond=0)
        low, high = (middle, high) if middle.astimezone(info).utcoffset() == offset else (low, middle)
    return high


def always(first_minute=time(0), last=time(23, 59)):
    return [WeeklyHours(weekday, first_minute, last, date(2015, 1, 1)) for weekday in range(7)]


def situation_on(zone, hours):
    def make(day):
        spans = open_intervals(hours, day, zone)
        return Situation(datetime(2000, 1, 1, tzinfo=UTC), day, spans, True, frozenset(), None, [ROOM], [])

    return make


def wish(length):
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return Wish(start, start + length, timedelta(), timedelta(), THERAPIST, None, None, needs_room=False)


@pytest.mark.parametrize("zone", ZONES)
def test_offered_times_neither_overlap_nor_vanish_when_clocks_change(zone):
    changes = transitions(zone)
    assert len(changes) >= 13

    for change in changes:
        day = to_local(change, zone).date()
        days = [day - timedelta(days=1), day, day + timedelta(days=1)]
        found = list(candidates(wish(GRID), days, situation_on(zone, always()), zone))

        for each in days:
            opening, closing = day_bounds(each, zone)
            offered = [c for c in found if opening <= c.starts_at < closing]
            expected = int((closing - timedelta(minutes=1) - opening) / GRID)
            assert len(offered) == expected
            assert all(one.ends_at == other.starts_at for one, other in pairwise(offered))


@pytest.mark.parametrize("zone", ZONES)
def test_offered_wall_time_with_its_fold_leads_back_to_the_same_instant(zone):
    for change in transitions(zone):
        day = to_local(change, zone).date()
        for candidate in candidates(wish(GRID), [day], situation_on(zone, always()), zone):
            local = to_local(candidate.starts_at, zone)
            start = Start(local_start=local.replace(tzinfo=None, fold=0), fold=local.fold)
            assert resolve_start(start, zone) == candidate.starts_at


@pytest.mark.parametrize("zone", ZONES)
def test_working_hours_keep_their_wall_time_on_both_sides_of_a_change(zone):
    hours = always(time(9), time(17))
    for change in transitions(zone):
        for offset in (-2, -1, 0, 1, 2):
            day = to_local(change, zone).date() + timedelta(days=offset)
            spans = open_intervals(hours, day, zone)
            walls = [(to_local(s.starts_at, zone).time(), to_local(s.ends_at, zone).time()) for s in spans]
            assert walls == [(time(9), time(17))]


def test_time_in_the_gap_names_the_next_valid_one():
    with pytest.raises(Invalid) as caught:
        resolve_start(Start(local_start=datetime.fromisoformat("2026-03-29T01:30")), "Europe/London")

    assert caught.value.errors == (
        FieldError(
            "/local_start",
            "01:30 does not exist on 29 March 2026 in Europe/London: the clocks go forward. "
            "The next valid time is 02:00.",
            "time_in_gap",
        ),
    )


def test_time_that_happens_twice_asks_for_fold():
    twice = Start(local_start=datetime.fromisoformat("2026-10-25T01:30"))

    with pytest.raises(Invalid) as caught:
        resolve_start(twice, "Europe/London")

    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/fold", "time_ambiguous")]


def test_fold_chooses_the_first_or_the_second():
    local = datetime.fromisoformat("2026-10-25T01:30")

    first = resolve_start(Start(local_start=local, fold=0), "Europe/London")
    second = resolve_start(Start(local_start=local, fold=1), "Europe/London")

    assert (first, second) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_touching_hours_are_one_interval():
    day = date(2026, 11, 23)
    hours = [
        WeeklyHours(0, time(12), time(15), date(2020, 1, 1)),
        WeeklyHours(0, time(9), time(12), date(2020, 1, 1)),
        WeeklyHours(0, time(16), time(17), date(2020, 1, 1)),
        WeeklyHours(1, time(6), time(23), date(2020, 1, 1)),
        WeeklyHours(0, time(17), time(20), date(2020, 1, 1), day - timedelta(days=1)),
        WeeklyHours(0, time(17), time(20), day + timedelta(days=1)),
    ]

    assert open_intervals(hours, day, "UTC") == [
        Interval(datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 15, tzinfo=UTC)),
        Interval(datetime(2026, 11, 23, 16, tzinfo=UTC), datetime(2026, 11, 23, 17, tzinfo=UTC)),
    ]


def test_next_free_time_is_the_first_at_or_after_the_wish():
    hours = [WeeklyHours(0, time(9), time(11), date(2020, 1, 1))]
    monday = date(2026, 11, 23)
    asked = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
    wanted = Wish(asked, asked + HOUR, timedelta(), timedelta(), THERAPIST, None, None, needs_room=False)

    found = next_free(wanted, [monday, monday + timedelta(days=7)], situation_on("UTC", hours), "UTC")

    assert found is not None
    assert found.starts_at == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_search_text_ignores_case_and_accents():
    assert fold("  Thérapie   MANUELLE ") == "therapie manuelle"
    assert fold("myotherapy") in search_text("Neuromuscular", ["Trigger point Myotherapy"])
