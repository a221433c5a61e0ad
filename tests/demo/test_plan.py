"""The plan of the demo: as many of everything as promised, and a calendar without collisions."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from polyclinic.demo.calendar import history, visits_on, window
from polyclinic.demo.plan import NORTHLIGHT, RIVERBEND, Licence

TODAY = date(2026, 3, 18)


def test_large_chain_is_as_large_as_promised() -> None:
    zones = {clinic.time_zone for clinic in RIVERBEND.clinics}

    assert (len(RIVERBEND.clinics), len(zones), len(RIVERBEND.therapists)) == (3, 2, 10)
    assert (RIVERBEND.clients, RIVERBEND.records) == (300, 600)
    assert {therapist.licence for therapist in RIVERBEND.therapists} == set(Licence)
    assert (len(NORTHLIGHT.therapists), NORTHLIGHT.clients) == (2, 20)


def test_calendar_spans_six_weeks_around_today() -> None:
    days = window(TODAY)

    assert (days[0], days[-1]) == (TODAY - timedelta(days=21), TODAY + timedelta(days=21))


def test_first_therapist_has_visits_every_day() -> None:
    days = [list(visits_on(RIVERBEND, 0, day)) for day in window(TODAY)]

    assert min(len(visits) for visits in days) >= 1


def test_nobody_is_in_two_places() -> None:
    visits = [
        visit
        for therapist in range(len(RIVERBEND.therapists))
        for day in window(TODAY)
        for visit in visits_on(RIVERBEND, therapist, day)
    ] + history(RIVERBEND, window(TODAY)[0], 600)
    busy = Counter(f"therapist {visit.therapist} {visit.starts_at}" for visit in visits)
    busy.update(f"client {visit.client} {visit.starts_at.date()}" for visit in visits)

    assert max(busy.values()) == 1


def test_same_day_is_planned_the_same_at_every_start() -> None:
    assert list(visits_on(RIVERBEND, 3, TODAY)) == list(visits_on(RIVERBEND, 3, TODAY))


def test_history_lies_before_the_calendar() -> None:
    first_day = window(TODAY)[0]

    older = history(RIVERBEND, first_day, 200)

    assert len(older) == 200
    assert max(visit.starts_at.date() for visit in older) < first_day
    assert min(visit.starts_at.date() for visit in older) > TODAY - timedelta(days=90)
