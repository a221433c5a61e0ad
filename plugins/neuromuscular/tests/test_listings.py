"""What REST answers about the catalogue."""

from __future__ import annotations

import pytest

from polyclinic_neuromuscular.api import list_conditions, list_muscles, list_techniques
from polyclinic_neuromuscular.api_schemas import ConditionSchema, MuscleSchema, TechniqueSchema


def test_conditions_are_exactly_ten_in_the_published_order():
    rows = ConditionSchema().dump_rows(list_conditions(None))

    assert [row["name"] for row in rows] == [
        "Low back pain",
        "Upper back pain",
        "Carpal tunnel-like symptoms",
        "Sciatica-like symptoms",
        "Calf cramps",
        "Tendonitis (tendinopathy)",
        "Knee / hip pain",
        "Jaw pain",
        "Temporomandibular joint pain",
        "Headaches",
    ]


def test_each_condition_names_muscles_red_flags_and_measures():
    rows = ConditionSchema().dump_rows(list_conditions(None))

    assert all(len(row["muscles"]) >= 5 and row["red_flags"] and len(row["measures"]) >= 2 for row in rows)
    assert rows[4]["red_flags"][0] == {
        "code": "rf_dvt",
        "title": "Suspected deep vein thrombosis or lung embolism",
        "severity": "emergency",
        "question": "One calf or thigh newly swollen, warm, red or sore, or sudden breathlessness?",
        "action": "Do not treat. Arrange emergency care and record time, advice and who was called.",
    }


@pytest.mark.parametrize(
    ("query", "count", "first"), [({}, 103, None), ({"q": "temporalis"}, 1, "temporalis"), ({"q": "zz"}, 0, None)]
)
def test_muscles_are_found_by_text(query, count, first):
    rows = MuscleSchema().dump_rows(list_muscles(None, query=query))

    assert (len(rows), rows[0]["id"] if first else None) == (count, first)


def test_techniques_carry_their_limits():
    row = TechniqueSchema().dump_rows(list_techniques(None))[0]

    assert {name: row[name] for name in ("id", "hold_max", "repeats_max", "max_applied", "tools")} == {
        "id": "ischaemic_compression",
        "hold_max": 90,
        "repeats_max": 3,
        "max_applied": 5,
        "tools": ["fingers", "thumb", "knuckles", "elbow", "tool"],
    }
