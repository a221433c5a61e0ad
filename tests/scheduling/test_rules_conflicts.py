"""What speaks against a time, as tables of values."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from polyclinic.scheduling.rules.conflicts import (
    Busy,
    Clash,
    Registered,
    RegistrationSpan,
    Situation,
    Wish,
    choose_room,
    find_clashes,
    registered_on,
)
from polyclinic.scheduling.rules.times import Interval
from polyclinic.scheduling.vocabulary import ConflictKind, ConflictReason, ResourceKind

THERAPIST, CLIENT, ROOM, SECOND_ROOM, CLINIC, OTHER = (UUID(int=number) for number in range(1, 7))
DAY = date(2026, 11, 23)


def at(hour, minute=0):
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


WISH = Wish(at(10), at(11), timedelta(minutes=5), timedelta(minutes=10), THERAPIST, CLIENT, None, needs_room=True)
FREE = Situation(
    not_before=at(0),
    local_day=DAY,
    open_intervals=[Interval(at(9), at(17))],
    is_at_clinic=True,
    archived=frozenset(),
    registrations=None,
    rooms=[ROOM, SECOND_ROOM],
    busy=[],
)


def busy(kind, resource_id, start, end, appointment_id=OTHER):
    return Busy(kind, resource_id, start, end, CLINIC, appointment_id)


def reasons(wish, situation):
    return [clash.reason for clash in find_clashes(wish, situation)]


def test_free_time_has_nothing_against_it():
    assert find_clashes(WISH, FREE) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"not_before": at(10, 1)}, ConflictReason.IN_THE_PAST),
        ({"archived": frozenset({ConflictKind.SERVICE})}, ConflictReason.ARCHIVED),
        ({"is_at_clinic": False}, ConflictReason.NOT_AT_THIS_CLINIC),
        ({"registrations": []}, ConflictReason.REGISTRATION_MISSING),
        ({"registrations": [RegistrationSpan(DAY + timedelta(days=1), None)]}, ConflictReason.REGISTRATION_MISSING),
        (
            {"registrations": [RegistrationSpan(date(2020, 1, 1), DAY - timedelta(days=1))]},
            ConflictReason.REGISTRATION_EXPIRED,
        ),
        ({"open_intervals": []}, ConflictReason.OUTSIDE_HOURS),
        ({"open_intervals": [Interval(at(9), at(10, 59))]}, ConflictReason.OUTSIDE_HOURS),
        ({"rooms": []}, ConflictReason.ROOM_BUSY),
        ({"busy": [busy(ResourceKind.THERAPIST, THERAPIST, at(9), at(9, 56))]}, ConflictReason.THERAPIST_BUSY),
        ({"busy": [busy(ResourceKind.THERAPIST, THERAPIST, at(11, 9), at(12))]}, ConflictReason.THERAPIST_BUSY),
        ({"busy": [busy(ResourceKind.CLIENT, CLIENT, at(10, 59), at(12))]}, ConflictReason.CLIENT_BUSY),
    ],
)
def test_one_thing_in_the_way_is_one_reason(change, reason):
    assert reasons(WISH, replace(FREE, **change)) == [reason]


@pytest.mark.parametrize(
    "change",
    [
        {"registrations": [RegistrationSpan(DAY, DAY)]},
        {"open_intervals": [Interval(at(10), at(11))]},
        {"busy": [busy(ResourceKind.THERAPIST, THERAPIST, at(9), at(9, 55))]},
        {"busy": [busy(ResourceKind.THERAPIST, THERAPIST, at(11, 10), at(12))]},
        {"busy": [busy(ResourceKind.CLIENT, CLIENT, at(9), at(10)), busy(ResourceKind.CLIENT, CLIENT, at(11), at(12))]},
        {"busy": [busy(ResourceKind.ROOM, ROOM, at(10), at(11))]},
    ],
)
def test_what_only_touches_is_not_in_the_way(change):
    assert reasons(WISH, replace(FREE, **change)) == []


def test_all_reasons_are_told_at_once():
    situation = replace(
        FREE,
        open_intervals=[],
        registrations=[],
        rooms=[ROOM],
        busy=[
            busy(ResourceKind.THERAPIST, THERAPIST, at(10), at(11)),
            busy(ResourceKind.CLIENT, CLIENT, at(10), at(11)),
            busy(ResourceKind.ROOM, ROOM, at(10), at(11)),
        ],
    )

    assert reasons(WISH, situation) == [
        ConflictReason.REGISTRATION_MISSING,
        ConflictReason.OUTSIDE_HOURS,
        ConflictReason.THERAPIST_BUSY,
        ConflictReason.CLIENT_BUSY,
        ConflictReason.ROOM_BUSY,
    ]


def test_a_busy_reason_names_the_reservation():
    taken = busy(ResourceKind.THERAPIST, THERAPIST, at(10, 30), at(12))

    assert find_clashes(WISH, replace(FREE, busy=[taken])) == [
        Clash(ConflictReason.THERAPIST_BUSY, ConflictKind.THERAPIST, at(10, 30), at(12), CLINIC, OTHER)
    ]


def test_overbooking_covers_busy_and_hours_and_nothing_else():
    covered = {
        reason for reason in ConflictReason if Clash(reason, ConflictKind.CLINIC, at(10), at(11)).is_overbookable
    }

    assert covered == {
        ConflictReason.OUTSIDE_HOURS,
        ConflictReason.THERAPIST_BUSY,
        ConflictReason.ROOM_BUSY,
        ConflictReason.CLIENT_BUSY,
    }


@pytest.mark.parametrize(
    ("wish", "taken", "chosen"),
    [
        (WISH, [], ROOM),
        (WISH, [ROOM], SECOND_ROOM),
        (WISH, [ROOM, SECOND_ROOM], ROOM),
        (replace(WISH, room_id=SECOND_ROOM), [SECOND_ROOM], SECOND_ROOM),
        (replace(WISH, needs_room=False), [], None),
    ],
)
def test_the_first_free_room_is_chosen(wish, taken, chosen):
    situation = replace(FREE, busy=[busy(ResourceKind.ROOM, room, at(10), at(11)) for room in taken])

    assert choose_room(wish, situation) == chosen


@pytest.mark.parametrize(
    ("day", "held"),
    [
        (date(2025, 12, 31), Registered.MISSING),
        (date(2026, 1, 1), Registered.VALID),
        (date(2026, 12, 31), Registered.VALID),
        (date(2027, 1, 1), Registered.EXPIRED),
        (date(2028, 1, 1), Registered.VALID),
    ],
)
def test_a_registration_holds_from_its_first_to_its_last_day(day, held):
    registrations = [RegistrationSpan(date(2026, 1, 1), date(2026, 12, 31)), RegistrationSpan(date(2028, 1, 1), None)]

    assert registered_on(day, registrations) is held
