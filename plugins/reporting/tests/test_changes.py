"""Which days an event touches, and how days are put together for computing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from polyclinic_reporting.rules.changes import Seen, days_of, figures_of, months_of, spans_of

CLINIC = UUID("5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01")
ZONES = {CLINIC: "America/New_York"}
KEYS = ("core.booked", "core.minutes_bookable", "core.new_clients", "sample.money")


def seen(event_type: str = "appointment.booked", *, clinic_id: UUID | None = CLINIC, **payload: object) -> Seen:
    return Seen(event_type, clinic_id, datetime(2026, 11, 23, 11, tzinfo=UTC), payload)


def test_event_touches_the_days_it_names_and_the_day_it_happened_at_its_clinic():
    moved = seen("appointment.rescheduled", on="2026-12-01", was_on="2026-11-30")

    assert days_of(moved, ZONES) == {date(2026, 11, 23), date(2026, 11, 30), date(2026, 12, 1)}


def test_day_on_which_it_happened_is_the_clinics_and_so_is_the_one_before_just_after_midnight():
    just_after = Seen("client.created", CLINIC, datetime(2026, 11, 23, 5, 1, tzinfo=UTC), {})

    assert days_of(just_after, ZONES) == {date(2026, 11, 22), date(2026, 11, 23)}


@pytest.mark.parametrize("value", ["tomorrow", "2026-13-01", 20261201, None, ""])
def test_what_is_no_day_touches_none(value):
    assert days_of(seen(clinic_id=None, on=value), ZONES) == frozenset()


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        (seen("therapist.updated", fields=["hours"]), {"core.minutes_bookable"}),
        (seen("client.merged"), {"core.new_clients"}),
        (seen("plugin.enabled", plugin="sample"), {"sample.money"}),
        (seen("plugin.disabled", plugin="sample"), set()),
        (seen("appointment.booked"), set()),
    ],
)
def test_events_that_may_touch_any_day_name_the_figures_to_build_anew(event, keys):
    assert figures_of(event, KEYS) == keys


def test_near_days_are_computed_together_and_no_span_is_longer_than_a_month():
    start = date(2026, 1, 1)
    far = {start, start + timedelta(days=3), start + timedelta(days=20)}
    long = {start + timedelta(days=2 * number) for number in range(40)}

    assert list(spans_of(far)) == [(start, start + timedelta(days=3)), (start + timedelta(days=20),) * 2]
    assert all((last - first).days <= 30 for first, last in spans_of(long))
    assert all(any(first <= day <= last for first, last in spans_of(long)) for day in long)
    assert list(spans_of(())) == []


def test_months_of_a_span_begin_and_end_with_it():
    assert list(months_of(date(2026, 11, 29), date(2027, 1, 2))) == [
        (date(2026, 11, 29), date(2026, 11, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2027, 1, 2)),
    ]
