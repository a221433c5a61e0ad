"""The schema: a draft may lack anything, a signed protocol nothing that matters."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from polyclinic_neuromuscular.schemas import ProtocolSchema


@pytest.fixture
def errors_of(make_point, make_protocol):
    def run(*, partial=False, **changes):
        try:
            ProtocolSchema().load(make_protocol(make_point(**changes)), partial=partial)
        except ValidationError as error:
            return error.messages["points"][0]
        return {}

    return run


def test_complete_point_is_accepted_and_classed(make_point, make_protocol):
    criteria = {"taut_band": "yes", "hypersensitive_spot": "yes", "local_twitch": "yes", "familiar_pain": "no"}
    data = make_protocol(make_point(criteria=criteria, classification="active"), condition_id="headaches")

    loaded = ProtocolSchema().load(data)

    assert loaded == {**data, "points": [{**data["points"][0], "classification": "latent"}]}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("point_pressure", 6, "Pressure must be 0 to 5"),
        ("point_pressure", -1, "Pressure must be 0 to 5"),
        ("point_pressure", "strong", "Pressure must be 0 to 5, a whole number"),
        ("point_pressure", 2.5, "Pressure must be 0 to 5, a whole number"),
        ("surround_pressure", 9, "Pressure around the point must be 0 to 5"),
        ("pain_before", 11, "Pain before must be 0 to 10"),
        ("pain_after", 11, "Pain after must be 0 to 10"),
        ("x", 1001, "The mark's x must be 0 to 1000"),
        ("y", -1, "The mark's y must be 0 to 1000"),
        ("hold_seconds", -5, "Hold must be 0 to 3600"),
        ("muscle_id", "biceps_of_atlas", "Muscle is not in the catalogue. Choose one of the list."),
        ("technique_id", "wishing", "Technique is not in the catalogue. Choose one of the list."),
        ("tool", "hammer", "Tool is not in the catalogue. Choose one of the list."),
        ("region_id", "sternum-left", "Region is not in the catalogue. Choose one of the list."),
        ("point_id", "one", "The id must be a UUID."),
    ],
)
@pytest.mark.parametrize("partial", [True, False])
def test_wrong_value_is_refused_with_field_and_remedy(errors_of, field, value, message, partial):
    assert errors_of(partial=partial, **{field: value}) == {field: [message]}


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("muscle_id", "Choose a muscle."),
        ("side", "Choose a side: left, right or midline."),
        ("technique_id", "Choose a technique, or mark the point not treated."),
        ("tool", "Choose a tool, or mark the point not treated."),
        ("point_pressure", "Give the pressure on the point, 0 to 5, or mark the point not treated."),
        ("pain_before", "Give the pain before, 0 to 10, or mark the point not treated."),
        ("pain_after", "Give the pain after, 0 to 10, or mark the point not treated."),
    ],
)
def test_missing_value_is_refused_when_signing_and_accepted_in_a_draft(errors_of, field, message):
    missing = {field: None}

    assert (errors_of(**missing), errors_of(partial=True, **missing)) == ({field: [message]}, {})


def test_point_that_was_not_treated_needs_muscle_and_side_only(errors_of):
    untreated = {"technique_id": None, "tool": None, "point_pressure": None, "pain_before": None, "pain_after": None}

    assert errors_of(not_treated=True, **untreated) == {}


def test_another_class_needs_a_reason(errors_of):
    message = ["Give the reason why the class differs from the rule."]

    assert (
        errors_of(classification_override="active"),
        errors_of(classification_override="active", override_reason="Known from earlier visits"),
    ) == ({"override_reason": message}, {})


def test_mark_without_its_chart_version_is_refused(errors_of):
    assert errors_of(chart_version=None) == {
        "view": ["A mark needs its view, x, y and chart version. Place it again on the chart."]
    }


def test_point_listed_without_a_mark_is_accepted(errors_of):
    assert errors_of(view=None, x=None, y=None, chart_version=None, region_id=None) == {}


@pytest.mark.parametrize("partial", [True, False])
def test_two_points_with_one_id_are_refused(make_point, make_protocol, partial):
    with pytest.raises(ValidationError) as refusal:
        ProtocolSchema().load(make_protocol(make_point(), make_point()), partial=partial)

    assert refusal.value.messages == {"points": ["Two points have the same id. Remove one of them."]}


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("yesterday", "The time must be written as in 2026-11-23T10:58:00+00:00."),
        ("2026-11-23T10:58:00", "The time must name its offset from UTC."),
    ],
)
def test_feedback_without_a_clear_time_is_refused(at, message):
    with pytest.raises(ValidationError) as refusal:
        ProtocolSchema().load({"feedback": [{"at": at}]}, partial=True)

    assert refusal.value.messages == {"feedback": {0: {"at": [message]}}}


def test_unknown_field_is_refused():
    with pytest.raises(ValidationError) as refusal:
        ProtocolSchema().load({"poinst": []}, partial=True)

    assert refusal.value.messages == {"poinst": ["Unknown field."]}
