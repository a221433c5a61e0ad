"""The edits of a draft that the editor and REST offer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from polyclinic_neuromuscular.schemas import ProtocolSchema
from polyclinic_neuromuscular.sections import protocol_section
from polyclinic_neuromuscular.vocabulary import ProtocolRefused

POINT_ID = "5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01"
NOW = datetime(2026, 11, 23, 10, 58, tzinfo=UTC)


def act(data, name, **arguments):
    changed = protocol_section().actions[name](data, arguments)
    assert ProtocolSchema().validate(changed, partial=True) == {}
    return changed


def test_point_is_added_from_a_tap_on_the_chart_with_the_likeliest_muscle():
    data = {"condition_id": "upper_back_pain"}
    tap = {"view": "back", "x": "575", "y": "165", "chart_version": "1", "region_id": "upper_shoulder-right"}

    assert act(data, "add_point", point_id=POINT_ID, **tap) == {
        "condition_id": "upper_back_pain",
        "points": [
            {
                "point_id": POINT_ID,
                "muscle_id": "trapezius_upper",
                "side": "right",
                "view": "back",
                "x": 575,
                "y": 165,
                "chart_version": 1,
                "region_id": "upper_shoulder-right",
                "technique_id": "ischaemic_compression",
                "tool": "fingers",
                "planned_pressure": 3,
                "planned_hold_seconds": 60,
            }
        ],
    }


def test_point_is_added_from_the_list_without_a_mark():
    point = act({}, "add_point", muscle_id="masseter", side="left")["points"][0]

    assert (point["muscle_id"], point["side"], point["x"], point["technique_id"]) == (
        "masseter",
        "left",
        None,
        "pressure_release",
    )


@pytest.mark.parametrize(
    ("view", "x", "side"),
    [("front", 300, "right"), ("front", 700, "left"), ("back", 300, "left"), ("back", 700, "right")],
)
def test_side_is_read_from_the_view(view, x, side):
    data = act({}, "add_point", muscle_id="infraspinatus", view=view, x=x, y=200, chart_version=1)

    assert data["points"][0]["side"] == side


def test_repeated_request_adds_one_point():
    once = act({}, "add_point", point_id=POINT_ID, muscle_id="soleus", side="left")

    assert act(once, "add_point", point_id=POINT_ID, muscle_id="soleus", side="left") == once


def test_planned_pressure_never_passes_the_cap():
    data = act({}, "add_point", muscle_id="soleus", side="left", _pressure_cap=2)

    assert data["points"][0]["planned_pressure"] == 2


@pytest.mark.parametrize("arguments", [{}, {"region_id": "gluteal_fold-left"}])
def test_point_without_a_known_muscle_is_added_for_the_therapist_to_name(arguments):
    assert act({}, "add_point", **arguments)["points"][0]["muscle_id"] is None


def test_button_of_a_muscle_names_muscle_and_side():
    point = act({}, "add_point", target="masseter/left")["points"][0]

    assert (point["muscle_id"], point["side"]) == ("masseter", "left")


def test_place_that_is_no_number_is_refused_in_words():
    with pytest.raises(ProtocolRefused, match=r"^X must be a whole number\.$"):
        act({}, "add_point", muscle_id="soleus", x="left")


def test_point_is_removed_by_the_button_of_its_row(make_point, make_protocol):
    assert act(make_protocol(), "remove_point", target=POINT_ID)["points"] == []


def test_point_with_feedback_is_kept(make_protocol):
    data = make_protocol(feedback=[{"point_id": POINT_ID, "signal": "less"}])

    with pytest.raises(ProtocolRefused, match="Mark it not treated instead"):
        act(data, "remove_point", point_id=POINT_ID)


def test_one_tap_sets_all_unconfirmed_points_aside(make_point, make_protocol):
    copied = make_point(carried_from="2026-11-16", pain_before=None)
    scored = make_point(point_id="0b1a6f5e-6f07-4a39-a3a0-3f5f1c2d9e22", carried_from="2026-11-16")

    points = act(make_protocol(copied, scored), "mark_not_treated")["points"]

    assert points == [{**copied, "not_treated": True}, scored]


def test_one_point_is_set_aside(make_point, make_protocol):
    assert act(make_protocol(), "mark_not_treated", point_id=POINT_ID)["points"] == [make_point(not_treated=True)]


def test_plan_fills_what_is_missing_and_keeps_what_was_recorded(make_point, make_protocol):
    planned = make_point(point_pressure=None, planned_pressure=4, planned_hold_seconds=60)
    recorded = make_point(point_id="0b1a6f5e-6f07-4a39-a3a0-3f5f1c2d9e22", point_pressure=1, planned_pressure=4)

    points = act(make_protocol(planned, recorded), "apply_plan", _pressure_cap=3)["points"]

    assert [(point["point_pressure"], point["hold_seconds"]) for point in points] == [(3, 60), (1, None)]


def test_feedback_lowers_the_pressure_and_is_logged(make_protocol):
    event_id = "6e9f8f62-3a8e-4c4f-8a43-1d8f9f3b7a11"

    data = act(make_protocol(), "log_feedback", target=POINT_ID, signal="less", pain="7", event_id=event_id, _now=NOW)

    event = data["feedback"][0]
    assert (data["points"][0]["point_pressure"], event["level_before"], event["level_after"]) == (1, 2, 1)
    assert (event["at"], event["pain"], event["event_id"]) == ("2026-11-23T10:58:00+00:00", 7, event_id)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/less", ("less", None, None, 1)),
        ("/good/6", ("good", 6, None, 2)),
        ("/good//tingling", ("good", None, "tingling", 0)),
    ],
)
def test_button_of_a_signal_names_signal_pain_and_sensation(make_protocol, target, expected):
    event = act(make_protocol(), "log_feedback", target=f"{POINT_ID}{target}", _now=NOW)["feedback"][0]

    assert (event["signal"], event["pain"], event["sensation"], event["level_after"]) == expected


def test_more_stops_at_the_cap(make_protocol):
    data = act(make_protocol(), "log_feedback", target=POINT_ID, signal="more", _pressure_cap=2, _now=NOW.isoformat())

    assert (data["points"][0]["point_pressure"], data["feedback"][0]["note"]) == (
        2,
        "Not raised: pressure 2 is the cap.",
    )


def test_stop_pauses_and_a_reason_resumes(make_protocol):
    stopped = act(make_protocol(), "log_feedback", point_id=POINT_ID, signal="stop", _now=NOW)
    resumed = act(stopped, "resume", reason="Client is well again", _now=NOW)

    assert [stopped["state"], resumed["state"]] == ["paused", "treating"]


def test_reason_typed_into_the_draft_resumes_and_is_used_up(make_protocol):
    data = act(make_protocol(state="paused", resume_reason="Client is well again"), "resume", _now=NOW)

    assert (data["state"], data["resume_reason"], data["feedback"][0]["reason"]) == (
        "treating",
        None,
        "Client is well again",
    )


def test_treatment_ends_early_with_the_reason(make_protocol):
    data = act(make_protocol(state="paused"), "end_early", reason="Client felt dizzy")

    assert (data["state"], data["pause_reason"]) == ("ended_early", "Client felt dizzy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"signal": "harder", "point_id": POINT_ID}, "The signal must be more, good, less or stop."),
        ({"signal": "resume", "point_id": POINT_ID}, "The signal must be more, good, less or stop."),
        ({"signal": "less"}, "Name the point."),
        ({"signal": "less", "point_id": POINT_ID, "pain": 11}, "Pain must be 0 to 10."),
        (
            {"signal": "less", "point_id": POINT_ID, "sensation": "odd"},
            "The sensation must be one of ache, sharp, burning, pulling, warmth, tingling, numbness, dizziness.",
        ),
    ],
)
def test_wrong_feedback_is_refused_in_words(make_protocol, arguments, message):
    with pytest.raises(ProtocolRefused) as refusal:
        act(make_protocol(), "log_feedback", _now=NOW, **arguments)

    assert str(refusal.value) == message
