"""The form generator and the flat names of its fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.kit.errors import Invalid, TooLarge
from polyclinic.plugins.contract import SectionType
from polyclinic.plugins.describing import describe_section
from polyclinic.plugins.fields import (
    SectionSchema,
    boolean,
    choice,
    group,
    multichoice,
    number,
    repeater,
    scale_0_10,
    text,
)
from polyclinic.plugins.form_names import decode_form, encode_form
from polyclinic.plugins.forms import FormChoice, build_form, read_form


class PointSchema(SectionSchema):
    point_id = text("Point", maximum=36, widget="hidden")
    muscle = choice("Muscle", {"soleus": "Soleus", "psoas": "Psoas"}, required=True)
    pain = scale_0_10("Pain", help="Ask the client")


class PlaceSchema(SectionSchema):
    room = text("Room", maximum=80)


class PointsSchema(SectionSchema):
    remark = text("Remark")
    is_new = boolean("First time")
    tools = multichoice("Tools", {"thumb": "Thumb", "elbow": "Elbow"})
    rest = number("Rest", minimum=0, maximum=90, unit="s")
    place = group("Place", PlaceSchema)
    points = repeater("Points", PointSchema)


DESCRIPTION = describe_section(SectionType("aaa.points", 1, "Points", PointsSchema))
PREFIX = "aaa.points"


def names(fields) -> list[str]:
    found = []
    for field in fields:
        found += [field.name] if field.type not in {"rows", "group"} else []
        found += names(field.fields)
        for row in field.rows:
            found += names(row.fields)
    return found


def test_form_names_every_field_of_the_data():
    data = {"points": [{"muscle": "soleus"}, {"muscle": "psoas"}]}

    assert names(build_form(DESCRIPTION, PREFIX, data)) == [
        "aaa.points:remark",
        "aaa.points:is_new",
        "aaa.points:tools",
        "aaa.points:rest",
        "aaa.points:place.room",
        "aaa.points:points.0.point_id",
        "aaa.points:points.0.muscle",
        "aaa.points:points.0.pain",
        "aaa.points:points.1.point_id",
        "aaa.points:points.1.muscle",
        "aaa.points:points.1.pain",
    ]


def test_field_carries_label_limits_value_and_error():
    errors = {"/points/0/pain": "Must be at most 10."}
    form = build_form(DESCRIPTION, PREFIX, {"points": [{"muscle": "psoas", "pain": 12}]}, errors)

    _, muscle, pain = form[-1].rows[0].fields

    assert muscle.choices == (FormChoice("soleus", "Soleus"), FormChoice("psoas", "Psoas", is_chosen=True))
    assert (
        pain.widget,
        pain.label,
        pain.help,
        pain.value,
        pain.minimum,
        pain.maximum,
        pain.error,
        pain.element_id,
    ) == (
        "scale",
        "Pain",
        "Ask the client",
        "12",
        "0",
        "10",
        "Must be at most 10.",
        "f-aaa-points-points-0-pain",
    )
    assert form[-1].blank_row is not None
    assert [field.name for field in form[-1].blank_row.fields][1:] == [
        "aaa.points:points.__row__.muscle",
        "aaa.points:points.__row__.pain",
    ]


def test_submitted_form_is_typed_and_blanks_are_unknown():
    pairs = [
        ("aaa.points:remark", " "),
        ("aaa.points:is_new", "true"),
        ("aaa.points:tools", "elbow"),
        ("aaa.points:rest", "30"),
        ("aaa.points:place.room", "2"),
        ("aaa.points:points.4.muscle", "psoas"),
        ("aaa.points:points.4.pain", "7"),
        ("aaa.points:points.9.point_id", "p9"),
        ("aaa.points:points.9.muscle", ""),
        ("aaa.points:points.__row__.muscle", "soleus"),
        ("core.soap:plan", "other section"),
    ]

    assert read_form(DESCRIPTION, PREFIX, pairs) == {
        "remark": None,
        "is_new": True,
        "tools": ["elbow"],
        "rest": 30,
        "place": {"room": "2"},
        "points": [{"muscle": "psoas", "pain": 7}],
    }


def test_what_cannot_be_typed_stays_as_it_was_written():
    pairs = [("aaa.points:rest", "half a minute"), ("aaa.points:points.0.pain", "7.5")]

    assert read_form(DESCRIPTION, PREFIX, pairs) == {
        "tools": [],
        "rest": "half a minute",
        "points": [{"pain": "7.5"}],
    }


@pytest.mark.parametrize(
    "name", ["a..b", "", "A", "a.b.c.d.e.f.g.h.i", "a.501", "a.01", "a.-1", "__proto__.x-y", "a.\u0662", "0"]
)
def test_form_name_out_of_bounds_is_refused(name):
    with pytest.raises(Invalid):
        decode_form("s", [(f"s:{name}", "x")])


@pytest.mark.parametrize("pair", [("a", "a.b"), ("a.b", "a"), ("a.0", "a.b")])
def test_names_that_contradict_each_other_are_refused(pair):
    with pytest.raises(Invalid):
        decode_form("s", [(f"s:{name}", "x") for name in pair])


def test_form_with_too_many_fields_is_refused():
    assert len(decode_form("s", [(f"s:f{n}", "x") for n in range(2_000)])) == 2_000

    with pytest.raises(TooLarge):
        decode_form("s", [(f"s:f{n}", "x") for n in range(2_001)])


keys = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda key: key != "__row__")
nested = st.recursive(
    st.text(max_size=12),
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(keys, inner, min_size=1, max_size=4),
    max_leaves=25,
)


def depth(value) -> int:
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max((depth(child) for child in children), default=-1) if children else 0


@given(st.dictionaries(keys, nested.filter(lambda value: depth(value) < 8), max_size=5))
def test_nested_data_survive_the_flat_form(data):
    assert decode_form("neuro.protocol", encode_form("neuro.protocol", data)) == data
