"""Registrations on a day, weekly hours and what is left of a day: values in, verdict out."""

from datetime import date, time
from uuid import UUID

import pytest

from polyclinic.therapists.rows import RegistrationRow, RegistrationState
from polyclinic.therapists.rules import (
    HoursProblem,
    Window,
    expires_soon,
    free_windows,
    hours_problems,
    registration_state,
    windows_of_day,
)
from polyclinic.therapists.vocabulary import RegistrationStatus

ID = UUID(int=1)
TODAY = date(2026, 11, 23)


def registration(number="R1", modality="neuromuscular", valid_from=date(2025, 1, 1), expires_on=None):
    return RegistrationRow(ID, ID, "Council", number, modality, valid_from, expires_on, 1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], RegistrationState(RegistrationStatus.MISSING)),
        ([registration()], RegistrationState(RegistrationStatus.VALID, "R1", None, ID)),
        ([registration(expires_on=TODAY)], RegistrationState(RegistrationStatus.VALID, "R1", TODAY, ID)),
        (
            [registration(expires_on=date(2026, 11, 22))],
            RegistrationState(RegistrationStatus.EXPIRED, "R1", date(2026, 11, 22), ID),
        ),
        ([registration(valid_from=date(2026, 11, 24))], RegistrationState(RegistrationStatus.MISSING)),
        ([registration(modality="sports")], RegistrationState(RegistrationStatus.MISSING)),
        (
            [registration("OLD", expires_on=date(2025, 6, 1)), registration("NEW", expires_on=date(2027, 6, 1))],
            RegistrationState(RegistrationStatus.VALID, "NEW", date(2027, 6, 1), ID),
        ),
    ],
)
def test_registration_holds_from_its_first_to_its_last_day_for_its_modality(rows, expected):
    assert registration_state(rows, "neuromuscular", TODAY) == expected


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [(None, False), (date(2027, 1, 22), True), (date(2027, 1, 23), False), (date(2026, 11, 22), False)],
)
def test_expiry_warning_starts_60_days_ahead(expires_on, expected):
    state = registration_state([registration(expires_on=expires_on)], None, TODAY)

    assert expires_soon(state, TODAY) is expected


def test_windows_of_a_day_join_touching_hours_and_leave_out_other_days(span):
    hours = [
        span("09:00", "12:00"),
        span("12:00", "13:00"),
        span("14:00", "17:00"),
        span("06:00", "08:00", weekday=1),
        span("06:00", "08:00", valid_until=date(2026, 11, 22)),
        span("06:00", "08:00", valid_from=date(2026, 11, 24)),
    ]

    assert windows_of_day(hours, TODAY) == [Window(time(9), time(13)), Window(time(14), time(17))]


def test_free_windows_are_the_working_time_without_the_busy_spans():
    working = [Window(time(9), time(13)), Window(time(14), time(17))]
    busy = [
        Window(time(16), time(18)),
        Window(time(10), time(11)),
        Window(time(10, 30), time(11, 30)),
        Window(time(13), time(14)),
    ]

    assert free_windows(working, busy) == [
        Window(time(9), time(10)),
        Window(time(11, 30), time(13)),
        Window(time(14), time(16)),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"starts": "12:00", "ends": "18:00"},
        {"starts": "08:00", "ends": "18:00"},
        {"starts": "10:00", "ends": "11:00", "valid_from": date(2030, 1, 1)},
    ],
)
def test_hours_that_overlap_on_the_same_weekday_are_named(span, changes):
    assert hours_problems([span(), span(**changes)]) == [
        HoursProblem(1, "These hours overlap 09:00 to 17:00 of the same weekday.")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"starts": "17:00", "ends": "18:00"},
        {"weekday": 1},
        {"valid_from": date(2025, 1, 1), "valid_until": date(2025, 12, 31)},
    ],
)
def test_hours_that_share_no_time_stand_side_by_side(span, changes):
    assert hours_problems([span(), span(**changes)]) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"weekday": 7},
        {"starts": "17:00", "ends": "09:00"},
        {"starts": "09:00", "ends": "09:00"},
        {"starts": "09:00:30"},
        {"valid_until": date(2025, 12, 31)},
    ],
)
def test_impossible_hours_are_named(span, changes):
    assert [problem.index for problem in hours_problems([span(**changes)])] == [0]


def test_hours_that_overlap_those_at_another_clinic_are_named_with_their_time_alone(span):
    assert hours_problems([span("16:00", "20:00")], elsewhere=[span()]) == [
        HoursProblem(0, "The therapist already works from 09:00 to 17:00 at another clinic on this weekday.")
    ]
