"""Reports over signed protocols: what they count, and what stays out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from polyclinic_neuromuscular.vocabulary import SECTION_KEY

IDS = [f"5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d0{number}" for number in range(1, 5)]


@pytest.fixture
def ask(enable, ctx):
    """Return a function that runs a report of the plugin over the last days."""
    enable("neuromuscular")
    today = datetime.now(UTC).date()
    days = {"first_on": today - timedelta(days=3), "last_on": today + timedelta(days=1)}

    def run(name: str, role: str = "therapist") -> list[dict[str, Any]]:
        with ctx("neuromuscular", role=role) as own:
            return list(own.core.reports.run(f"neuromuscular.{name}", clinic_ids=None, params={}, **days))

    run.days = days  # type: ignore[attr-defined]
    return run


@pytest.fixture
def treat(sign_section, make_point, make_protocol):
    """Return a function that signs a visit's protocol with these points."""

    def sign(*points: dict[str, Any]) -> None:
        sign_section(SECTION_KEY, make_protocol(*(make_point(**point) for point in points)))

    return sign


def test_points_are_counted_by_region_and_a_point_that_comes_again_is_the_same_point(ask, treat, clinic):
    treat({"point_id": IDS[0]}, {"point_id": IDS[1], "region_id": "neck_back-left", "side": "left"})
    treat({"point_id": IDS[0]})

    rows = ask("points")

    assert [tuple(row[n] for n in ("clinic_id", "region_id", "treated", "points", "visits")) for row in rows] == [
        (clinic.id, "upper_shoulder-right", 2, 1, 2),
        (clinic.id, "neck_back-left", 1, 1, 1),
    ]
    assert all(row["region"] != row["region_id"] for row in rows)


def test_pain_is_compared_by_pressure_over_points_that_were_asked_twice(ask, treat):
    treat(
        {"point_id": IDS[0], "point_pressure": 2, "pain_before": 7, "pain_after": 3},
        {"point_id": IDS[1], "point_pressure": 2, "pain_before": 4, "pain_after": 5},
        {"point_id": IDS[2], "point_pressure": 3, "pain_before": 6, "pain_after": 6},
    )

    shown = [tuple(row.values()) for row in ask("pressure_response")]

    assert shown == [
        (2, 2, 2, 1, 1, Decimal("50.0"), Decimal("5.5"), Decimal("4.0")),
        (3, 1, 1, 0, 0, Decimal("0.0"), Decimal("6.0"), Decimal("6.0")),
    ]


def test_points_by_day_add_up_to_the_report(ask, treat, ctx):
    treat({"point_id": IDS[0]}, {"point_id": IDS[1]})
    treat({"point_id": IDS[0]})

    with ctx("neuromuscular", role="therapist") as own:
        figures = own.core.reports.run_figure("neuromuscular.points_treated", **ask.days)

    assert sum(row.value for row in figures) == sum(row["treated"] for row in ask("points")) == 3


def test_who_may_not_read_records_finds_no_such_report(ask, ctx):
    with ctx("neuromuscular", role="front_desk") as own:
        assert not [r for r in own.core.reports.list() if r.key.startswith("neuromuscular.")]
