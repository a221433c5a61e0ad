"""Section data: strict and lenient loading, description, upcasting and the printed archive."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from polyclinic.kit.errors import FieldError, Invalid, NotFound
from polyclinic.plugins.canonical import NotCanonicalError, canonical_json, content_hash
from polyclinic.plugins.contract import SectionType
from polyclinic.plugins.describing import NotDescribableError, describe, describe_section, digest
from polyclinic.plugins.fields import (
    SectionSchema,
    boolean,
    choice,
    date,
    decimal,
    multichoice,
    pressure_0_5,
    repeater,
    scale_0_10,
    text,
)
from polyclinic.plugins.print_view import PrintRow, print_view
from polyclinic.plugins.sections import (
    NotUpcastableError,
    SectionCatalogue,
    load_lenient,
    load_strict,
    plugin_of,
    upcast,
)


class PointSchema(SectionSchema):
    muscle = choice("Muscle", {"soleus": "Soleus", "psoas": "Psoas"}, required=True)
    pain = scale_0_10("Pain", unit="of 10")


class ProtocolSchema(SectionSchema):
    goal = text("Goal", required=True, maximum=200)
    threshold = decimal("Pressure threshold", unit="kg/cm²")
    pressure = pressure_0_5("Pressure")
    is_first = boolean("First visit")
    tools = multichoice("Tools", {"thumb": "Thumb", "elbow": "Elbow"})
    next_on = date("Next visit")
    points = repeater("Point", PointSchema)


PROTOCOL = SectionType("aaa.protocol", 1, "Protocol", ProtocolSchema, applies_to=frozenset({"neuromuscular"}))
NOTES = SectionType("core.notes", 1, "Notes", PointSchema)


def test_strict_loading_gives_json_data():
    data = {"goal": "Walk", "threshold": "2.5", "next_on": "2026-03-01", "points": [{"muscle": "psoas", "pain": "7"}]}

    assert load_strict(PROTOCOL, data) == {
        "goal": "Walk",
        "threshold": "2.50",
        "next_on": "2026-03-01",
        "points": [{"muscle": "psoas", "pain": 7}],
    }


def test_strict_loading_names_every_wrong_field():
    with pytest.raises(Invalid) as refused:
        load_strict(
            PROTOCOL,
            {"pressure": 6, "points": [{"muscle": "psoas"}, {"muscle": "heart", "pain": 7.0 and "7.5"}], "x": 1},
        )

    assert sorted((error.pointer, error.detail) for error in refused.value.errors) == [
        ("/goal", "Missing data for required field."),
        ("/points/1/muscle", "Must be one of: soleus, psoas."),
        ("/points/1/pain", "Not a valid integer."),
        ("/pressure", "Must be greater than or equal to 0 and less than or equal to 5."),
        ("/x", "Unknown field."),
    ]


def test_lenient_loading_keeps_what_was_typed_and_says_what_is_wrong():
    typed = {"threshold": "2.5", "pressure": 9, "points": [{"muscle": "", "pain": 3}], "x": 1}

    data, errors = load_lenient(PROTOCOL, typed)

    assert data == {"threshold": "2.50", "pressure": 9, "points": [{"muscle": "", "pain": 3}]}
    assert sorted(error.pointer for error in errors) == ["/points/0/muscle", "/pressure", "/x"]


def test_float_is_refused_before_it_can_lose_a_digit():
    with pytest.raises(Invalid) as refused:
        load_lenient(PROTOCOL, {"threshold": 2.5})

    assert refused.value.errors == (
        FieldError("", "/threshold holds a float; use text, whole numbers, lists and objects", "not_canonical"),
    )


def test_description_holds_what_form_and_print_need():
    pressure, points = (describe(ProtocolSchema)[index] for index in (2, 6))

    assert pressure == {
        "name": "pressure",
        "type": "integer",
        "label": "Pressure",
        "widget": "scale",
        "required": False,
        "minimum": 0,
        "maximum": 5,
    }
    assert (points["type"], points["widget"], points["fields"][0]) == (
        "rows",
        "repeater",
        {
            "name": "muscle",
            "type": "string",
            "label": "Muscle",
            "widget": "choice",
            "required": True,
            "choices": [["soleus", "Soleus"], ["psoas", "Psoas"]],
        },
    )


def test_description_is_the_same_on_every_call_and_survives_json():
    first = describe_section(PROTOCOL)

    assert digest(first) == digest(json.loads(json.dumps(describe_section(PROTOCOL))))


class Looping(Schema):
    inner = fields.Nested("Looping")


@pytest.mark.parametrize(
    "schema",
    [
        Schema.from_dict({"a": fields.Float()}),
        Schema.from_dict({"a": fields.Raw()}),
        Schema.from_dict({"a": fields.Decimal()}),
        Schema.from_dict({"a": fields.String(data_key="b")}),
        Schema.from_dict({"a": fields.List(fields.Dict())}),
        Looping,
    ],
)
def test_schema_that_cannot_be_stored_is_refused(schema):
    with pytest.raises(NotDescribableError):
        describe(schema)


def test_print_view_needs_the_description_alone():
    data = {
        "goal": "Walk",
        "threshold": "2.50",
        "is_first": False,
        "pressure": None,
        "tools": ["thumb", "elbow"],
        "points": [{"muscle": "psoas", "pain": 0}, {"muscle": "soleus", "pain": None}],
        "from_elsewhere": {"x": [1]},
    }

    assert print_view(json.loads(json.dumps(describe_section(PROTOCOL))), data) == (
        PrintRow("Goal", "Walk"),
        PrintRow("Pressure threshold", "2.50", "kg/cm²"),
        PrintRow("First visit", "No"),
        PrintRow("Tools", "Thumb, Elbow"),
        PrintRow("Point 1: Muscle", "Psoas"),
        PrintRow("Point 1: Pain", "0", "of 10"),
        PrintRow("Point 2: Muscle", "Soleus"),
        PrintRow("from_elsewhere: x", "1"),
    )


def test_upcasting_goes_step_by_step_and_leaves_the_stored_data():
    section_type = SectionType(
        "aaa.protocol",
        3,
        "Protocol",
        ProtocolSchema,
        upcasters={1: lambda data: {**data, "steps": ["1"]}, 2: lambda data: {**data, "steps": [*data["steps"], "2"]}},
    )
    stored = {"goal": "Walk"}

    assert upcast(section_type, stored, 1) == {"goal": "Walk", "steps": ["1", "2"]}
    assert stored == {"goal": "Walk"}


def test_data_of_a_newer_version_cannot_be_upcast():
    with pytest.raises(NotUpcastableError):
        upcast(PROTOCOL, {}, 2)


def test_catalogue_offers_what_applies_and_is_enabled():
    catalogue = SectionCatalogue.of([NOTES, PROTOCOL])

    def offered(modalities, *enabled):
        return [found.section_type.key for found in catalogue.offered(modalities, lambda plugin: plugin in enabled)]

    assert offered(["neuromuscular"], "aaa") == ["core.notes", "aaa.protocol"]
    assert offered(["neuromuscular"]) == ["core.notes"]
    assert offered(["swedish"], "aaa") == ["core.notes"]


def test_catalogue_refuses_repeated_and_malformed_keys_and_misses_absent_ones():
    with pytest.raises(ValueError, match="declared twice"):
        SectionCatalogue.of([NOTES, NOTES])
    with pytest.raises(ValueError, match="not a section key"):
        plugin_of("protocol")
    with pytest.raises(NotFound):
        SectionCatalogue.of([]).get("aaa.protocol")


def test_canonical_json_sorts_keys_and_has_no_blanks():
    assert canonical_json({"b": [1, None, True], "a": "é"}) == '{"a":"é","b":[1,null,true]}'.encode()
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [1.0, {"a": [float("nan")]}, {1: "a"}, {"a": {1}}, 2**60, "\ud800", {"a": b"x"}])
def test_value_without_a_lossless_form_is_refused(value):
    with pytest.raises(NotCanonicalError):
        canonical_json(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_canonical_json_round_trips(value):
    assert json.loads(canonical_json(value)) == value
