"""The body chart as data: views, regions, and what lies under a mark.

Two units meet here. *Chart units* are those of the drawing: a view is `width` x 1000 of them, and its paths, zone
boxes and outline use them, so an SVG with `view_box` draws undistorted. *Marks* are what a treatment record stores:
whole numbers 0 to 1000 across the same box, x from its left to its right edge and y from top to bottom, whatever the
width. So a mark's x is scaled by `width / 1000` to draw it; `to_svg` and `to_mark` convert.

The front view shows the client's right on the left of the screen, the back view the client's left.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from polyclinic.records.bodychart.outline import Ring, distance_to, encloses, rings_of
from polyclinic.records.bodychart.vocabulary import Side, Zone, ZoneSide

CURRENT_VERSION = 1
KNOWN_VERSIONS = frozenset({1})
MARK_RANGE = 1000
# Chart units: a finger or pen that lands this far outside the skin still means the body.
EDGE_TOLERANCE = 12.0


class UnknownChartVersionError(LookupError):
    """No chart was ever drawn under this version."""


class UnknownViewError(LookupError):
    """The chart has no view of this name."""


class UnknownRegionError(LookupError):
    """The chart, or the view asked for, has no region of this id."""


@dataclass(frozen=True)
class ArrowMoves:
    """The region id each arrow key leads to from a region, None where the body ends."""

    left: str | None
    right: str | None
    up: str | None
    down: str | None


@dataclass(frozen=True)
class ChartRegion:
    """One named region of one view.

    `path` is its SVG path in chart units; `anchor` is the mark (0 to 1000) where a pin for the whole region sits;
    `neighbours` are the sorted ids of the regions it borders in this view.
    """

    id: str
    base: str
    name: str
    side: Side
    view: str
    zone: Zone
    path: str
    anchor: tuple[int, int]
    sensitive_consent: bool
    endangerment_site: bool
    neighbours: tuple[str, ...]
    moves: ArrowMoves
    rings: tuple[Ring, ...] = field(repr=False, compare=False)


@dataclass(frozen=True)
class ZoneBox:
    """The box, in chart units, that shows one zone of a view large."""

    zone: Zone
    side: ZoneSide
    x: int
    y: int
    width: int
    height: int

    @property
    def view_box(self) -> str:
        """The `viewBox` that zooms a drawing of the view to this zone."""
        return f"{self.x} {self.y} {self.width} {self.height}"


@dataclass(frozen=True)
class ChartView:
    """The body from one direction, `width` x `height` chart units; regions are sorted by id."""

    name: str
    width: int
    height: int
    outline: str
    zones: tuple[ZoneBox, ...]
    regions: tuple[ChartRegion, ...]
    rings: tuple[Ring, ...] = field(repr=False, compare=False)

    @property
    def view_box(self) -> str:
        """The `viewBox` that shows the whole view."""
        return f"0 0 {self.width} {self.height}"


@dataclass(frozen=True)
class BodyChart:
    """One version of the drawing; a version never changes once marks were placed on it."""

    version: int
    views: tuple[ChartView, ...]

    def view(self, name: str) -> ChartView:
        """The view of this name; raises UnknownViewError."""
        for view in self.views:
            if view.name == name:
                return view
        raise UnknownViewError(f"The body chart has no view {name!r}.")

    def region(self, region_id: str, view: str | None = None) -> ChartRegion:
        """The region, in the view asked for or else in the first view that shows it; raises UnknownRegionError."""
        views = self.views if view is None else (self.view(view),)
        for candidate in views:
            for region in candidate.regions:
                if region.id == region_id:
                    return region
        raise UnknownRegionError(f"The body chart has no region {region_id!r}.")

    def region_at(self, view: str, x: int, y: int) -> ChartRegion | None:
        """The region under a mark, None beside the body; raises UnknownViewError."""
        shown = self.view(view)
        svg_x, svg_y = to_svg(shown, x, y)
        return next((region for region in shown.regions if encloses(region.rings, svg_x, svg_y)), None)

    def contains(self, view: str, x: int, y: int) -> bool:
        """Whether a mark is on the body or at most EDGE_TOLERANCE chart units beside it; raises UnknownViewError."""
        if not (0 <= x <= MARK_RANGE and 0 <= y <= MARK_RANGE):
            return False
        shown = self.view(view)
        svg_x, svg_y = to_svg(shown, x, y)
        return encloses(shown.rings, svg_x, svg_y) or distance_to(shown.rings, svg_x, svg_y) <= EDGE_TOLERANCE


def to_svg(view: ChartView, x: float, y: float) -> tuple[float, float]:
    """Where a mark (0 to 1000 both ways) is drawn, in chart units of the view."""
    return (x * view.width / MARK_RANGE, y * view.height / MARK_RANGE)


def to_mark(view: ChartView, svg_x: float, svg_y: float) -> tuple[int, int]:
    """The mark (whole numbers, 0 to 1000 both ways) nearest to a place in chart units of the view."""
    return (round(svg_x * MARK_RANGE / view.width), round(svg_y * MARK_RANGE / view.height))


@cache
def load_body_chart(version: int = CURRENT_VERSION) -> BodyChart:
    """The chart of this version, read once from the package; raises UnknownChartVersionError."""
    if version not in KNOWN_VERSIONS:
        raise UnknownChartVersionError(f"There is no body chart version {version}.")
    source = resources.files("polyclinic.records.bodychart").joinpath(f"chart_v{version}.json")
    data = json.loads(source.read_text(encoding="utf-8"))
    return BodyChart(version=data["version"], views=tuple(_view(view, data["bases"]) for view in data["views"]))


def _view(data: Mapping[str, Any], bases: Mapping[str, Any]) -> ChartView:
    return ChartView(
        name=data["name"],
        width=data["width"],
        height=data["height"],
        outline=data["outline"],
        zones=tuple(_zone_box(box) for box in data["zones"]),
        regions=tuple(_region(data["name"], region, bases[region["base"]]) for region in data["regions"]),
        rings=rings_of(data["outline"]),
    )


def _zone_box(data: Mapping[str, Any]) -> ZoneBox:
    return ZoneBox(
        zone=Zone(data["zone"]),
        side=ZoneSide(data["side"]),
        x=data["x"],
        y=data["y"],
        width=data["width"],
        height=data["height"],
    )


def _region(view: str, data: Mapping[str, Any], base: Mapping[str, Any]) -> ChartRegion:
    side = Side(data["side"])
    moves = data["moves"]
    return ChartRegion(
        id=data["id"],
        base=data["base"],
        name=base["name"] if side is Side.MIDLINE else f"{base['name']}, {side}",
        side=side,
        view=view,
        zone=Zone(base["zone"]),
        path=data["d"],
        anchor=(data["anchor"][0], data["anchor"][1]),
        sensitive_consent=base["sensitive_consent"],
        endangerment_site=base["endangerment_site"],
        neighbours=tuple(data["neighbours"]),
        moves=ArrowMoves(left=moves.get("left"), right=moves.get("right"), up=moves.get("up"), down=moves.get("down")),
        rings=rings_of(data["d"]),
    )
