"""What the next visit takes from the last: where and how to treat, never what was scored or found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.sdk.sections import SectionData
from polyclinic_neuromuscular.protocol import Point, Protocol, read_protocol
from polyclinic_neuromuscular.vocabulary import ProtocolState

STRUCTURE = (
    "point_id",
    "muscle_id",
    "side",
    "view",
    "x",
    "y",
    "chart_version",
    "region_id",
    "tool",
    "technique_id",
)
"""The fields of a point that are carried as they are."""


def carry_forward(previous: SectionData) -> dict[str, Any]:
    """Give the draft for the next visit from the last record's data.

    Pressure and hold come back as a plan to be confirmed, not as applied; `_service_on` in the data dates the points.
    """
    protocol = read_protocol(previous)
    rows = previous.get("points") or ()
    return {
        "condition_id": protocol.condition_id,
        "state": ProtocolState.TREATING.value,
        "points": [
            _carried(row, protocol, point, previous.get("_service_on"))
            for row, point in zip(rows, protocol.points, strict=True)
        ],
        "feedback": [],
    }


def _carried(row: Mapping[str, Any], protocol: Protocol, point: Point, service_on: str | None) -> dict[str, Any]:
    return {
        **{name: row.get(name) for name in STRUCTURE},
        "planned_pressure": _next_pressure(protocol, point),
        "planned_hold_seconds": point.hold_seconds,
        "carried_from": None if service_on is None else str(service_on),
        "not_treated": False,
    }


def _next_pressure(protocol: Protocol, point: Point) -> int | None:
    """The last level, so that easing is kept; after a full release one below the highest level."""
    peak = protocol.peak_pressure(point)
    if not peak:
        return peak
    return point.point_pressure or max(peak - 1, 0)
