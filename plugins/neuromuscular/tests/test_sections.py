"""What the section gives to core: text, marks, measurements and the next visit's draft."""

from __future__ import annotations

from decimal import Decimal

import pytest

from polyclinic.sdk.measures import Measurement, Moment
from polyclinic.sdk.sections import Mark
from polyclinic_neuromuscular.chart import muscle_layer
from polyclinic_neuromuscular.measures import MEASURES
from polyclinic_neuromuscular.protocol import read_protocol
from polyclinic_neuromuscular.schemas import ProtocolSchema
from polyclinic_neuromuscular.sections import protocol_section
from polyclinic_neuromuscular.summary import treated_line

POINT_ID = "5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01"


@pytest.fixture
def rich_protocol(make_point, make_protocol):
    treated = make_point(
        classification="active",
        criteria={"taut_band": "yes"},
        relation="key",
        referral_region_ids=["temple-right", "jaw"],
        surround_pressure=1,
        hold_seconds=30,
        repeats=3,
        response="eased",
        comment="Turns the head further",
    )
    aside = make_point(point_id="0b1a6f5e-6f07-4a39-a3a0-3f5f1c2d9e22", muscle_id="soleus", x=None, not_treated=True)
    log = [
        {
            "event_id": "6e9f8f62-3a8e-4c4f-8a43-1d8f9f3b7a11",
            "at": "2026-11-23T10:58:00+00:00",
            "point_id": POINT_ID,
            "signal": "less",
            "level_before": 3,
            "level_after": 2,
            "pain": 7,
            "sensation": "ache",
        },
    ]
    return make_protocol(treated, aside, condition_id="headaches", feedback=log)


def test_summary_says_what_was_done_in_plain_words(rich_protocol):
    lines = protocol_section().summarize(rich_protocol).splitlines()

    assert (lines[0], lines[1].split("; "), lines[2:]) == (
        "Headaches: 1 point treated, 1 min 30 s of hold.",
        [
            "Point 1 (Trapezius, upper part, right): active",
            "Ischaemic compression (sustained pressure)",
            "thumb",
            "pressure 2 (light-firm), at most 3, 1 around",
            "held 3 times 30 s",
            "pain 7 before, 3 after",
            "refers to Temple, right and Jaw angle and body",
            "eased",
            "Turns the head further.",
        ],
        [
            "Point 2 (Soleus, right): not treated.",
            '10:58 UTC client said "less" on point 1, pain 7, ache, pressure 3 to 2.',
        ],
    )


@pytest.mark.parametrize("data", [{}, {"points": [{}], "feedback": [{}], "state": "paused"}])
def test_summary_marks_and_measurements_take_an_empty_draft(data):
    section = protocol_section()

    assert (section.marks(data), section.measure(data), bool(section.summarize(data))) == ([], [], True)


def test_placed_points_are_numbered_marks_coloured_by_the_latest_pain(rich_protocol):
    assert protocol_section().marks(rich_protocol) == [
        Mark(
            view="back",
            x=575,
            y=165,
            chart_version=1,
            region_id="upper_shoulder-right",
            label="1",
            intensity=3,
            subject_id=POINT_ID,
        )
    ]


def test_treated_points_are_measured_and_untreated_ones_are_not(rich_protocol):
    place = {"subject_id": POINT_ID, "region_id": "upper_shoulder-right", "side": "right"}

    assert protocol_section().measure(rich_protocol) == [
        Measurement("nrs11", Decimal(7), "of 10", Moment.BEFORE, **place),
        Measurement("nrs11", Decimal(3), "of 10", Moment.AFTER, **place),
        Measurement("applied_pressure", Decimal(2), "of 5", Moment.DURING, **place),
        Measurement("hold_seconds", Decimal(90), "s", Moment.DURING, **place),
    ]


def test_unknown_values_are_not_measured(make_point, make_protocol):
    data = make_protocol(make_point(pain_after=None, point_pressure=None))

    assert [value.moment for value in protocol_section().measure(data)] == [Moment.BEFORE]


def test_fully_released_point_is_measured_at_the_highest_pressure_it_got(make_point, make_protocol):
    log = [{"point_id": POINT_ID, "signal": "stop", "level_before": 4, "level_after": 0}]

    values = protocol_section().measure(make_protocol(make_point(point_pressure=0), feedback=log))

    assert [value.value for value in values if value.code == "applied_pressure"] == [Decimal(4)]


def test_every_measurement_has_a_declared_measure(rich_protocol):
    codes = {value.code for value in protocol_section().measure(rich_protocol)}

    assert codes <= {measure.code for measure in MEASURES}


def test_next_visit_gets_structure_and_a_plan_but_no_score_and_no_finding(rich_protocol):
    carried = protocol_section().carry_forward({**rich_protocol, "_service_on": "2026-11-16"})

    assert carried["points"][0] == {
        "point_id": POINT_ID,
        "muscle_id": "trapezius_upper",
        "side": "right",
        "view": "back",
        "x": 575,
        "y": 165,
        "chart_version": 1,
        "region_id": "upper_shoulder-right",
        "tool": "thumb",
        "technique_id": "ischaemic_compression",
        "planned_pressure": 2,
        "planned_hold_seconds": 30,
        "carried_from": "2026-11-16",
        "not_treated": False,
    }
    assert {name: carried[name] for name in ("condition_id", "state", "feedback")} == {
        "condition_id": "headaches",
        "state": "treating",
        "feedback": [],
    }
    assert ProtocolSchema().validate(carried, partial=True) == {}


def test_next_plan_after_a_stop_is_one_below_the_highest_pressure(make_point, make_protocol):
    log = [{"point_id": POINT_ID, "signal": "stop", "level_before": 4, "level_after": 0}]

    carried = protocol_section().carry_forward(make_protocol(make_point(point_pressure=0), feedback=log))

    assert carried["points"][0]["planned_pressure"] == 3


def test_carried_points_are_unconfirmed_until_scored(make_point):
    protocol = read_protocol(
        {
            "points": [
                make_point(carried_from="2026-11-16", pain_before=None),
                make_point(carried_from="2026-11-16"),
                make_point(carried_from="2026-11-16", pain_before=None, not_treated=True),
                make_point(pain_before=None),
            ]
        }
    )

    assert [point.is_unconfirmed for point in protocol.points] == [True, False, False, False]


def test_head_line_counts_points_and_hold(rich_protocol):
    assert treated_line(read_protocol(rich_protocol)) == "1 point · 1 min 30 s of hold"


def test_layer_lists_the_likeliest_muscles_of_a_region_first():
    layer = muscle_layer()

    assert (layer.key, len(layer.structures), layer.by_region["temple"]) == (
        "neuromuscular.muscles",
        103,
        ("temporalis",),
    )
    assert layer.by_region["upper_shoulder"][:2] == ("trapezius_upper", "levator_scapulae")
