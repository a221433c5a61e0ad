"""The editor's and the record's templates, rendered with core's macros."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from jinja2 import StrictUndefined

from polyclinic_neuromuscular.sections import protocol_choices

PREFIX = "neuromuscular.protocol:"
POINT_ID = "5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01"


@pytest.fixture
def pages(app):
    """Return the environment of core's templates, which here refuses a name that nobody gave."""
    with app.test_request_context():
        yield app.jinja_env.overlay(undefined=StrictUndefined)


@pytest.fixture
def edit(pages):
    def render(data, errors=None):
        return pages.get_template("neuromuscular/protocol_edit.html").render(
            prefix=PREFIX, data=data, errors=errors or {}, choices=protocol_choices()
        )

    return render


def names_of(html):
    return set(re.findall(r'name="neuromuscular\.protocol:([^"]+)"', html))


def actions_of(html):
    return re.findall(r'name="_action" value="neuromuscular\.protocol:([^"]+)"', html)


def test_empty_draft_says_where_to_begin(edit):
    html = edit({})

    assert "No points yet. Tap the body where you treat, or add a muscle below." in html
    assert actions_of(html) == ["add_point:"]


def test_every_value_of_a_point_has_a_field_so_that_saving_loses_nothing(edit, make_point, make_protocol):
    point = make_point(
        planned_pressure=2,
        planned_hold_seconds=60,
        carried_from="2026-11-16",
        tool="elbow",
        referral_region_ids=["temple-right"],
    )
    event = {"event_id": "6e9f8f62-3a8e-4c4f-8a43-1d8f9f3b7a11", "signal": "less", "level_before": 3, "level_after": 2}

    names = names_of(edit(make_protocol(point, feedback=[event], condition_id="headaches")))

    assert {"condition_id", "state"} | {f"points.0.{name}" for name in point} | {
        f"feedback.0.{name}" for name in event
    } <= names


def test_row_offers_the_four_signals_and_removal(edit, make_protocol):
    actions = actions_of(edit(make_protocol()))

    assert [
        action for action in actions if action.startswith(f"log_feedback:{POINT_ID}/") and action.count("/") == 1
    ] == [f"log_feedback:{POINT_ID}/{signal}" for signal in ("more", "good", "less", "stop")]
    assert f"remove_point:{POINT_ID}" in actions


def test_errors_stand_at_their_fields(edit, make_protocol):
    html = edit(
        make_protocol(),
        {"/points/0/point_pressure": "Pressure must be 0 to 5", "/points/0/pain_before": "Pain before must be 0 to 10"},
    )

    assert (html.count("Pressure must be 0 to 5"), html.count("Pain before must be 0 to 10")) == (1, 1)


def test_copied_points_are_marked_and_can_be_set_aside_in_one_tap(edit, make_point, make_protocol):
    html = edit(make_protocol(make_point(carried_from="2026-11-16", pain_before=None, pain_after=None)))

    assert ("1 point not confirmed" in html, "from 16 Nov 2026" in html, "mark_not_treated:" in actions_of(html)) == (
        True,
        True,
        True,
    )


def test_pause_asks_for_both_reasons_and_offers_to_resume(edit, make_protocol):
    html = edit(make_protocol(state="paused"))

    assert {"pause_reason", "resume_reason"} <= names_of(html)
    assert {"resume:", "end_early:"} <= set(actions_of(html))


def test_condition_shows_its_muscles_as_buttons_and_its_red_flags(edit):
    html = edit({"condition_id": "jaw_pain"})

    assert "add_point:masseter/left" in actions_of(html)
    assert "Sudden face droop, arm weakness, speech or vision loss?" in html


@pytest.mark.parametrize("template", ["protocol_edit.html", "protocol_view.html", "_point.html"])
def test_templates_hold_no_inline_style_script_or_unsafe_markup(template):
    source = (files("polyclinic_neuromuscular") / "templates" / template).read_text("utf-8")

    assert re.findall(r"style=|<script|<style|\|\s*safe|\son\w+=|class=\"(?:btn|card|table|form-)", source) == []


def test_record_shows_scores_pressure_and_feedback(pages, make_point, make_protocol):
    log = [
        {"signal": "less", "point_id": POINT_ID, "level_before": 3, "level_after": 2, "at": "2026-11-23T10:58:00+00:00"}
    ]
    data = make_protocol(make_point(classification="active", hold_seconds=45), feedback=log, condition_id="headaches")

    html = pages.get_template("neuromuscular/protocol_view.html").render(data=data, choices=protocol_choices())
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    for fact in (
        "Headaches",
        "Trapezius, upper part",
        "Active",
        "Pressure 2 (light-firm)",
        "Highest pressure 3 (medium)",
        "Hold in total 45 s",
        "10:58 UTC client said &#34;less&#34; on point 1, pressure 3 to 2.",
    ):
        assert fact in text
