"""The body chart on a page: two drawings, numbered pins on them, and the list of places that says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from polyclinic.records.bodychart.chart import (
    KNOWN_VERSIONS,
    BodyChart,
    UnknownRegionError,
    UnknownViewError,
    load_body_chart,
    to_svg,
)

TITLES = {"front": "Front", "back": "Back"}


@dataclass(frozen=True)
class Pin:
    """One mark, placed in the drawing's own units; `tone` is the pain score's step or empty."""

    x: float
    y: float
    label: str
    place: str
    intensity: int | None
    region_id: str
    kind: str


@dataclass(frozen=True)
class Figure:
    """One view of the body with its pins."""

    view: str
    title: str
    drawing: str
    width: int
    height: int
    pins: tuple[Pin, ...]


@dataclass(frozen=True)
class ChartView:
    """Both figures, the places that can be chosen from a list, and the buttons that add a point."""

    figures: tuple[Figure, ...]
    places: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    placers: tuple[tuple[str, str], ...]

    @property
    def pins(self) -> list[tuple[str, Pin]]:
        """Every pin with its view's title, in the order of their numbers, for the list beside the chart."""
        found = [(figure.title, pin) for figure in self.figures for pin in figure.pins]
        return sorted(found, key=lambda item: (len(item[1].label), item[1].label))


def chart_view(marks: Sequence[Mapping[str, Any]], placers: Sequence[tuple[str, str]] = ()) -> ChartView:
    """Return the chart with `marks` as plugins describe them; marks of unknown views or versions are left out."""
    versions = sorted(version for version in KNOWN_VERSIONS if any(m.get("chart_version") == version for m in marks))
    chart = load_body_chart(versions[-1]) if versions else load_body_chart()
    figures = tuple(_figure(chart, view.name, marks) for view in chart.views)
    return ChartView(figures, _places(chart.version) if placers else (), tuple(placers))


def _figure(chart: BodyChart, name: str, marks: Sequence[Mapping[str, Any]]) -> Figure:
    view = chart.view(name)
    own = [mark for mark in marks if mark.get("view") == name and mark.get("chart_version") == chart.version]
    pins = []
    for mark in own:
        x, y = to_svg(view, mark["x"], mark["y"])
        region_id = str(mark.get("region_id") or "")
        pins.append(
            Pin(
                round(x, 1),
                round(y, 1),
                str(mark.get("label") or ""),
                _place_name(chart, name, region_id),
                mark.get("intensity"),
                region_id,
                str(mark.get("kind") or "point"),
            )
        )
    drawing = f"bodychart/{name}-v{chart.version}.svg"
    return Figure(name, TITLES.get(name, name.capitalize()), drawing, view.width, view.height, tuple(pins))


def _place_name(chart: BodyChart, view: str, region_id: str) -> str:
    try:
        return chart.region(region_id, view).name
    except (UnknownRegionError, UnknownViewError):
        return region_id.replace("_", " ")


@cache
def _places(version: int) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return the places by view for a grouped select: `<view>/<region id>` and the region's name."""
    chart = load_body_chart(version)
    return tuple(
        (
            TITLES.get(view.name, view.name),
            tuple(sorted(((f"{view.name}/{r.id}", r.name) for r in view.regions), key=lambda place: place[1])),
        )
        for view in chart.views
    )
