"""The shipped data are whole: everything they refer to exists and nothing claims what cannot be supported."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from polyclinic_neuromuscular.catalogue import (
    base_region,
    conditions,
    contraindications,
    criteria,
    feedback_rules,
    find_muscles,
    is_region,
    muscles,
    muscles_in_region,
    populations,
    pressure_levels,
    region_name,
    region_side,
    regions,
    techniques,
    tools,
)

ARTICLE_ORDER = [
    "low_back_pain",
    "upper_back_pain",
    "carpal_tunnel_like",
    "sciatica_like",
    "calf_cramps",
    "tendonitis",
    "knee_hip_pain",
    "jaw_pain",
    "tmj_pain",
    "headaches",
]


def test_catalogue_holds_everything_it_announces():
    assert [
        len(part())
        for part in (
            muscles,
            techniques,
            conditions,
            populations,
            contraindications,
            regions,
            criteria,
            pressure_levels,
            feedback_rules,
        )
    ] == [103, 20, 10, 3, 58, 96, 9, 6, 8]


def test_conditions_come_in_their_published_order():
    assert list(conditions()) == ARTICLE_ORDER


@pytest.mark.parametrize("condition_id", ARTICLE_ORDER)
def test_each_condition_has_muscles_an_emergency_red_flag_and_two_measures(condition_id):
    condition = conditions()[condition_id]
    severities = {contraindications()[flag].severity for flag in condition.red_flags}

    assert (len(condition.muscles) >= 5, "emergency" in severities, len(condition.measures) >= 2) == (True, True, True)


def test_every_id_that_the_data_name_exists():
    rules = contraindications()
    unknown = {
        "muscle": {name for each in conditions().values() for name in (*each.muscles, *each.also_check)} - {*muscles()},
        "technique": {name for each in conditions().values() for name in each.techniques} - {*techniques()},
        "excluded technique": {name for each in rules.values() for name in each.exclude_techniques} - {*techniques()},
        "flag": {name for each in conditions().values() for name in (*each.ask, *each.red_flags)} - {*rules},
        "population": {each.contraindication for each in populations().values()} - {*rules},
        "condition": {name for each in muscles().values() for name in each.conditions} - {*conditions()},
        "tool": {name for each in techniques().values() for name in each.tools} - {*tools()},
        "region": {
            name
            for each in muscles().values()
            for name in (*each.location, *each.referral_primary, *each.referral_spillover)
        }
        - {*regions()},
        "excluded region": {name for each in rules.values() for name in each.exclude_regions} - {*regions()},
    }

    assert {kind: names for kind, names in unknown.items() if names} == {}


def test_every_entry_of_the_contraindications_names_its_source():
    works = json.loads((files("polyclinic_neuromuscular") / "data/contraindications.json").read_text("utf-8"))["works"]

    assert {source for entry in contraindications().values() for source in entry.sources} <= {*works}


def test_data_hold_no_address_and_no_unsupported_claim():
    folder = files("polyclinic_neuromuscular") / "data"
    text = "\n".join(file.read_text("utf-8") for file in folder.iterdir())

    assert re.findall(r"(?i)https?:|toxin|lactic|\bcures?\b|guarante|eliminat", text) == []


def test_muscles_are_found_by_name_alias_latin_and_place():
    assert [find_muscles(text)[0].id for text in ("inf", "scm", "musculus temporalis", "front of neck")] == [
        "infraspinatus",
        "sternocleidomastoid_clavicular",
        "temporalis",
        "scalenes",
    ]


def test_muscles_of_the_condition_come_first_in_a_region():
    found = [muscle.id for muscle in muscles_in_region("upper_shoulder-left", "upper_back_pain")]

    assert found[:2] == ["trapezius_upper", "levator_scapulae"]


def test_region_ids_with_a_side_are_understood():
    assert [
        (base_region(name), region_side(name), is_region(name))
        for name in ("calf-left", "calf", "sternum", "sternum-left", "nowhere")
    ] == [
        ("calf", "left", True),
        ("calf", None, True),
        ("sternum", "midline", True),
        ("sternum", "left", False),
        ("nowhere", None, False),
    ]
    assert [region_name(name) for name in ("temple-right", "vertex", "nowhere")] == [
        "Temple, right",
        "Top of head",
        "nowhere",
    ]
