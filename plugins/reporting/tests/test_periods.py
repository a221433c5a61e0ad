"""Named periods and schedules follow the calendar and the clock of their zone."""

from datetime import UTC, date, datetime

import pytest

from polyclinic_reporting.cadence import Cadence, Rhythm, next_run
from polyclinic_reporting.periods import Preset, span_of

TODAY = date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", "2026-11-24", "2026-11-24"),
        ("yesterday", "2026-11-23", "2026-11-23"),
        ("this_week", "2026-11-23", "2026-11-29"),
        ("last_week", "2026-11-16", "2026-11-22"),
        ("this_month", "2026-11-01", "2026-11-30"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_quarter", "2026-10-01", "2026-12-31"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-12-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
    ],
)
def test_preset_is_a_whole_period(preset, first, last):
    assert span_of(Preset(preset), TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("today", "preset", "first", "last"),
    [
        ("2026-01-01", "last_month", "2025-12-01", "2025-12-31"),
        ("2026-02-28", "last_quarter", "2025-10-01", "2025-12-31"),
        ("2024-02-29", "this_month", "2024-02-01", "2024-02-29"),
        ("2026-11-23", "last_week", "2026-11-16", "2026-11-22"),
    ],
)
def test_preset_crosses_years_and_leap_days(today, preset, first, last):
    found = span_of(Preset(preset), date.fromisoformat(today))

    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("cadence", "after", "due"),
    [
        (Cadence(Rhythm.DAILY, 7, "Europe/London"), (2026, 11, 24, 6, 59), (2026, 11, 24, 7)),
        (Cadence(Rhythm.DAILY, 7, "Europe/London"), (2026, 11, 24, 7, 0), (2026, 11, 25, 7)),
        (Cadence(Rhythm.WEEKLY, 7, "Europe/London", 0), (2026, 11, 24, 9, 0), (2026, 11, 30, 7)),
        (Cadence(Rhythm.MONTHLY, 7, "Europe/London", 31), (2026, 11, 24, 9, 0), (2026, 11, 30, 7)),
        (Cadence(Rhythm.MONTHLY, 7, "Europe/London", 31), (2026, 11, 30, 9, 0), (2026, 12, 31, 7)),
        # The clock goes forward on 29 March 2026: seven in the morning is six by UTC from then on.
        (Cadence(Rhythm.DAILY, 7, "Europe/London"), (2026, 3, 28, 8, 0), (2026, 3, 29, 6)),
        # Two in the morning does not exist in New York on 8 March 2026: three does, at seven by UTC.
        (Cadence(Rhythm.DAILY, 2, "America/New_York"), (2026, 3, 7, 8, 0), (2026, 3, 8, 7)),
    ],
)
def test_schedule_is_due_at_its_wall_time(cadence, after, due):
    assert next_run(cadence, datetime(*after, tzinfo=UTC)) == datetime(*due, tzinfo=UTC)
