"""The life of an appointment as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from polyclinic.scheduling.rules.status import Step, StepRefusal, may_step, next_status, possible_steps
from polyclinic.scheduling.vocabulary import AppointmentStatus as S

STARTS = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = STARTS + timedelta(hours=1)
FORWARD = Step(releases=False, reserves=False)
RELEASE = Step(releases=True, reserves=False)
RESERVE = Step(releases=False, reserves=True)


@pytest.mark.parametrize(
    ("status", "to", "verdict"),
    [
        (S.BOOKED, S.CONFIRMED, FORWARD),
        (S.BOOKED, S.ARRIVED, FORWARD),
        (S.CONFIRMED, S.ARRIVED, FORWARD),
        (S.ARRIVED, S.STARTED, FORWARD),
        (S.STARTED, S.COMPLETED, FORWARD),
        (S.COMPLETED, S.STARTED, FORWARD),
        (S.BOOKED, S.CANCELLED, RELEASE),
        (S.CONFIRMED, S.NO_SHOW, RELEASE),
        (S.CANCELLED, S.BOOKED, RESERVE),
        (S.NO_SHOW, S.CONFIRMED, RESERVE),
        (S.BOOKED, S.COMPLETED, StepRefusal.NOT_A_STEP),
        (S.STARTED, S.CANCELLED, StepRefusal.NOT_A_STEP),
        (S.COMPLETED, S.CANCELLED, StepRefusal.NOT_A_STEP),
        (S.COMPLETED, S.BOOKED, StepRefusal.NOT_A_STEP),
        (S.CANCELLED, S.COMPLETED, StepRefusal.NOT_A_STEP),
        (S.BOOKED, S.BOOKED, StepRefusal.NOT_A_STEP),
    ],
)
def test_step_has_this_verdict_after_the_visit_began(status, to, verdict):
    assert may_step(status, to, starts_at=STARTS, now=LATER) == verdict


def test_visit_cannot_be_missed_before_it_begins():
    before = STARTS - timedelta(minutes=1)

    assert may_step(S.BOOKED, S.NO_SHOW, starts_at=STARTS, now=before) is StepRefusal.TOO_EARLY
    assert may_step(S.BOOKED, S.NO_SHOW, starts_at=STARTS, now=STARTS) == RELEASE


def test_one_tap_goes_from_booked_to_done():
    path = [S.BOOKED]
    while (following := next_status(path[-1])) is not None:
        path.append(following)

    assert path == [S.BOOKED, S.ARRIVED, S.STARTED, S.COMPLETED]
    assert next_status(S.CANCELLED) is None


def test_every_single_tap_can_be_taken_back():
    for status in S:
        to = next_status(status)
        if to is not None:
            assert status in possible_steps(to, starts_at=STARTS, now=LATER)
