"""The live feedback, rule by rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from polyclinic_neuromuscular.rules.feedback import (
    Adjustment,
    Feedback,
    adjust,
    apply_feedback,
    apply_resume,
    is_pause_open,
)
from polyclinic_neuromuscular.vocabulary import ProtocolRefused, Signal

NOW = datetime(2026, 11, 23, 10, 58, tzinfo=UTC)
EVENT_ID = "6e9f8f62-3a8e-4c4f-8a43-1d8f9f3b7a11"
NEXT_EVENT_ID = "0b1a6f5e-6f07-4a39-a3a0-3f5f1c2d9e22"


def say(signal, **facts):
    return Feedback(event_id=EVENT_ID, point_id="p1", signal=Signal(signal), **facts)


def protocol(level, **changes):
    return {"state": "treating", "points": [{"point_id": "p1", "point_pressure": level}], "feedback": [], **changes}


@pytest.mark.parametrize(
    ("level", "feedback", "cap", "raises", "expected"),
    [
        (3, say("good"), None, 0, Adjustment(3)),
        (3, say("good", pain=7), None, 0, Adjustment(3)),
        (3, say("less"), None, 0, Adjustment(2)),
        (3, say("less", pain=2), None, 0, Adjustment(2)),
        (0, say("less"), None, 0, Adjustment(0)),
        (3, say("more"), None, 0, Adjustment(4)),
        (3, say("more"), 4, 2, Adjustment(4)),
        (5, say("more"), None, 0, Adjustment(5, note="Not raised: pressure 5 is the cap.")),
        (2, say("more"), 2, 0, Adjustment(2, note="Not raised: pressure 2 is the cap.")),
        (3, say("more"), 2, 0, Adjustment(3, note="Not raised: pressure 2 is the cap.")),
        (2, say("more"), None, 3, Adjustment(2, note="Not raised: the point had 3 raises.")),
        (4, say("stop"), None, 0, Adjustment(0, pauses=True)),
        (4, say("good", pain=8), None, 0, Adjustment(0, pauses=True)),
        (4, say("more", pain=10), None, 0, Adjustment(0, pauses=True)),
        (4, say("less", pain=9), None, 0, Adjustment(0, pauses=True)),
        (2, say("good", pain=1, sensation="tingling"), None, 0, Adjustment(0, pauses=True)),
        (2, say("good", sensation="numbness"), None, 0, Adjustment(0, pauses=True)),
        (2, say("more", sensation="dizziness"), None, 0, Adjustment(0, pauses=True)),
        (2, say("good", sensation="ache"), None, 0, Adjustment(2)),
    ],
)
def test_pressure_follows_the_signal(level, feedback, cap, raises, expected):
    assert adjust(level, feedback, cap=cap, raises=raises) == expected


def test_less_lowers_the_level_and_logs_both_levels():
    changed = apply_feedback(protocol(3), say("less", pain=6, sensation="ache"), None, NOW)

    assert changed == {
        "state": "treating",
        "points": [{"point_id": "p1", "point_pressure": 2}],
        "feedback": [
            {
                "event_id": EVENT_ID,
                "at": "2026-11-23T10:58:00+00:00",
                "point_id": "p1",
                "signal": "less",
                "level_before": 3,
                "level_after": 2,
                "pain": 6,
                "pain_before": None,
                "pain_after": None,
                "sensation": "ache",
                "note": None,
                "reason": None,
            }
        ],
    }


def test_stop_releases_fully_and_pauses_without_a_reason_yet():
    changed = apply_feedback(protocol(4, pause_reason="older"), say("stop"), None, NOW)

    assert (changed["state"], changed["pause_reason"], changed["points"]) == (
        "paused",
        None,
        [{"point_id": "p1", "point_pressure": 0}],
    )


def test_data_that_were_given_stay_as_they_are():
    given = protocol(4)

    apply_feedback(given, say("stop"), None, NOW)

    assert given == protocol(4)


def test_time_is_logged_in_utc():
    berlin = datetime(2026, 11, 23, 11, 58, tzinfo=timezone(timedelta(hours=1)))

    changed = apply_feedback(protocol(2), say("good"), None, berlin)

    assert changed["feedback"][0]["at"] == "2026-11-23T10:58:00+00:00"


def test_repeated_entry_is_logged_once():
    once = apply_feedback(protocol(3), say("less"), None, NOW)

    assert apply_feedback(once, say("less"), None, NOW) == once


def test_fourth_raise_of_a_point_is_logged_but_does_not_raise():
    data = protocol(0)
    for number in range(4):
        more = Feedback(event_id=f"{EVENT_ID[:-1]}{number}", point_id="p1", signal=Signal.MORE)
        data = apply_feedback(data, more, None, NOW)

    assert [(event["level_before"], event["level_after"]) for event in data["feedback"]] == [
        (0, 1),
        (1, 2),
        (2, 3),
        (3, 3),
    ]


@pytest.mark.parametrize("signal", ["more", "good", "less", "stop"])
def test_nothing_but_resume_is_taken_while_paused(signal):
    with pytest.raises(ProtocolRefused, match=r"^The treatment is paused\. Resume it with a reason first\.$"):
        apply_feedback(protocol(0, state="paused"), say(signal), None, NOW)


def test_treatment_that_ended_early_takes_no_feedback():
    with pytest.raises(ProtocolRefused, match="ended early"):
        apply_feedback(protocol(0, state="ended_early"), say("more"), None, NOW)


def test_feedback_on_an_unknown_point_is_refused():
    with pytest.raises(ProtocolRefused, match="no longer in the protocol"):
        apply_feedback(protocol(2, points=[]), say("less"), None, NOW)


def test_resume_keeps_both_reasons_in_the_log():
    paused = protocol(0, state="paused", pause_reason="Tingling in the hand")

    changed = apply_resume(paused, " Gone after a minute ", EVENT_ID, NOW)

    event = changed["feedback"][0]
    assert (changed["state"], changed["pause_reason"]) == ("treating", None)
    assert (event["signal"], event["reason"], event["note"]) == (
        "resume",
        "Gone after a minute",
        "Tingling in the hand",
    )


@pytest.mark.parametrize("reason", ["", "   "])
def test_resume_needs_a_reason(reason):
    with pytest.raises(ProtocolRefused, match="Give a reason to resume"):
        apply_resume(protocol(0, state="paused"), reason, EVENT_ID, NOW)


def test_resume_needs_a_pause():
    with pytest.raises(ProtocolRefused, match="not paused"):
        apply_resume(protocol(2), "All well", EVENT_ID, NOW)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ([], False),
        ([("less", 7, None)], False),
        ([("stop", None, None)], True),
        ([("good", 8, None)], True),
        ([("good", 2, "numbness")], True),
        ([("stop", None, None), ("resume", None, None)], False),
        ([("stop", None, None), ("resume", None, None), ("more", 9, None)], True),
    ],
)
def test_open_pause_is_read_from_the_log(log, expected):
    assert is_pause_open(log) is expected
