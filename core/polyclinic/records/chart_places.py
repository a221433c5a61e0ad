"""Where a mark goes: a named region gets its anchor, a free place gets its region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.records.bodychart.chart import (
    CURRENT_VERSION,
    BodyChart,
    UnknownRegionError,
    UnknownViewError,
    load_body_chart,
)


def complete_place(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return an action's arguments with the place they name made whole: view, x, y, region_id and chart_version.

    Arguments that name no place come back as they are. Raises `Invalid` for a place beside the body or unknown names.
    """
    chart = load_body_chart()
    try:
        if arguments.get("x") not in (None, "") and arguments.get("y") not in (None, ""):
            return {**arguments, **_at_point(chart, arguments)}
        if arguments.get("region_id"):
            return {**arguments, **_at_region(chart, arguments)}
    except (UnknownViewError, UnknownRegionError) as error:
        raise Invalid({"region_id": f"{error} Choose a place on the chart or in the list."}) from error
    except ValueError as error:
        raise Invalid({"x": "x and y are whole numbers from 0 to 1000."}) from error
    return dict(arguments)


def refuse_marks_beside_the_body(marks: Sequence[Mapping[str, Any]]) -> None:
    """Raise `Invalid` for marks of the current chart that lie beside the body or on a view it does not have."""
    chart = load_body_chart()
    beside = [mark for mark in marks if mark["chart_version"] == CURRENT_VERSION and not _is_on_body(chart, mark)]
    if beside:
        named = ", ".join(str(mark["label"] or number) for number, mark in enumerate(beside, 1))
        text = f"These marks lie beside the body: {named}. Move or remove them."
        raise Invalid([FieldError("", text, "mark_beside_the_body")])


def _is_on_body(chart: BodyChart, mark: Mapping[str, Any]) -> bool:
    try:
        return chart.contains(mark["view"], mark["x"], mark["y"])
    except UnknownViewError:
        return False


def _at_point(chart: BodyChart, arguments: Mapping[str, Any]) -> dict[str, Any]:
    view, x, y = str(arguments.get("view")), int(str(arguments["x"])), int(str(arguments["y"]))
    if not chart.contains(view, x, y):
        raise Invalid({"x": "This place lies beside the body. Tap the body where you treat."})
    region = chart.region_at(view, x, y)
    found = arguments.get("region_id") or (region.id if region else None)
    return {"view": view, "x": x, "y": y, "region_id": found, "chart_version": CURRENT_VERSION}


def _at_region(chart: BodyChart, arguments: Mapping[str, Any]) -> dict[str, Any]:
    view = arguments.get("view")
    region = chart.region(str(arguments["region_id"]), str(view) if view else None)
    x, y = region.anchor
    return {"view": region.view, "x": x, "y": y, "region_id": region.id, "chart_version": CURRENT_VERSION}
