"""Pure decisions: chronic, late, reasons, states."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from polyclinic.records.merging import fill_blanks, merge_patch
from polyclinic.records.rules import add_months, is_chronic, is_late, is_reason, state_of
from polyclinic.records.vocabulary import RecordState

VISIT = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("onset", "expected"),
    [
        (VISIT - timedelta(days=100), True),
        (VISIT - timedelta(days=60), False),
        (date(2026, 8, 23), True),
        (date(2026, 8, 24), False),
        (VISIT, False),
        (VISIT + timedelta(days=1), None),
        (None, None),
    ],
)
def test_complaint_is_chronic_from_three_months_on(onset, expected):
    assert is_chronic(onset, VISIT) is expected


def test_months_end_on_the_last_day_of_shorter_months():
    assert [add_months(date(2026, 11, 30), 3), add_months(date(2027, 11, 30), 3)] == [
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]


@pytest.mark.parametrize(("hours", "expected"), [(0, False), (24, False), (24.1, True)])
def test_record_is_late_after_24_hours(hours, expected):
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)

    assert is_late(at, at + timedelta(hours=hours)) is expected


@pytest.mark.parametrize(("text", "expected"), [(None, False), ("  short   ", False), ("long enough", True)])
def test_reason_has_ten_characters(text, expected):
    assert is_reason(text) is expected


def test_state_follows_from_the_newest_version():
    assert [state_of(None), state_of(1), state_of(2)] == [RecordState.DRAFT, RecordState.SIGNED, RecordState.AMENDED]


def test_merge_patch_follows_rfc_7396():
    target = {"a": "b", "c": {"d": "e", "f": "g"}, "list": [1, 2]}

    assert merge_patch(target, {"a": "z", "c": {"f": None}, "list": [3], "new": {"x": None, "y": 1}}) == {
        "a": "z",
        "c": {"d": "e"},
        "list": [3],
        "new": {"y": 1},
    }


def test_typed_text_is_never_filled_over():
    typed = {"plan": "mine", "aftercare": [], "note": "", "zero": 0}

    assert fill_blanks(typed, {"plan": "old", "aftercare": ["rest"], "note": "old", "zero": 5, "more": "x"}) == {
        "plan": "mine",
        "aftercare": ["rest"],
        "note": "old",
        "zero": 0,
        "more": "x",
    }
