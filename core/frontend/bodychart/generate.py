"""Write the body chart data of Polyclinic from the authored half figures.

Run as a script: `generate.py` writes the data, `generate.py --check` exits 1 when the committed data differs.
Needs shapely, a development dependency; nothing here runs in the product.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import shapely
from arrows import moves_of, neighbours_of
from curves import Point
from partition import cut_half, one_piece
from shapely.affinity import scale, translate
from shapely.geometry import Polygon

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "polyclinic" / "records" / "bodychart" / "chart_v1.json"

VERSION = 1
WIDTH = 440
HEIGHT = 1000
ZONE_MARGIN = 10
# The share of the widest place a centroid must have around it to serve as the anchor.
ANCHOR_ROOM = 0.6
# Left and right arm lie far apart, so each gets its own box; every other zone is one box over both sides.
SPLIT_ZONES = {"arm"}
# Which side of the client is drawn on the right of the screen.
SCREEN_RIGHT = {"front": "left", "back": "right"}
FIRST_REGION = "vertex"


def chart() -> dict[str, Any]:
    """The whole chart as plain data, ready for JSON."""
    facts = _read("regions.json")
    views = [_view(name, _read(f"{name}.json"), facts) for name in SCREEN_RIGHT]
    return {"version": VERSION, "bases": facts, "views": views}


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _view(name: str, source: Mapping[str, Any], facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    half = cut_half(source)
    shapes: dict[str, Polygon] = {}
    regions: dict[str, dict[str, Any]] = {}
    for base, face in half.faces.items():
        for side, shape in _sides(name, face, is_paired=facts[base]["is_paired"]).items():
            region_id = base if side == "midline" else f"{base}-{side}"
            shapes[region_id] = shape
            regions[region_id] = {"id": region_id, "base": base, "side": side}
    anchors = {region_id: _anchor(shape) for region_id, shape in shapes.items()}
    neighbours = neighbours_of(shapes)
    moves = moves_of(anchors, neighbours, FIRST_REGION)
    for region_id, region in regions.items():
        region["anchor"] = _mark(anchors[region_id])
        region["d"] = _path(shapes[region_id])
        region["neighbours"] = neighbours[region_id]
        region["moves"] = moves[region_id]
    return {
        "name": name,
        "width": WIDTH,
        "height": HEIGHT,
        "outline": _path(_whole(half.silhouette)),
        "zones": _zones(shapes, regions, facts),
        "regions": [regions[region_id] for region_id in sorted(regions)],
    }


def _sides(view: str, face: Polygon, *, is_paired: bool) -> dict[str, Polygon]:
    if not is_paired:
        return {"midline": _whole(face)}
    right = SCREEN_RIGHT[view]
    left = "right" if right == "left" else "left"
    return {right: _centred(face), left: _centred(_mirrored(face))}


def _whole(half: Polygon) -> Polygon:
    return _centred(one_piece(shapely.union(half, _mirrored(half))))


def _mirrored(half: Polygon) -> Polygon:
    return one_piece(scale(half, xfact=-1, origin=(0, 0)))


def _centred(shape: Polygon) -> Polygon:
    return one_piece(translate(shape, xoff=WIDTH / 2))


def _anchor(shape: Polygon) -> Point:
    """The centroid where there is room for a pin around it, else the middle of the widest place."""
    widest = shapely.maximum_inscribed_circle(shape, tolerance=0.5)
    middle = shape.centroid
    has_room = shape.contains(middle) and shape.exterior.distance(middle) >= ANCHOR_ROOM * widest.length
    x, y = (middle if has_room else shapely.get_point(widest, 0)).coords[0]
    is_midline = abs(shape.bounds[0] + shape.bounds[2] - WIDTH) < 0.05
    return (WIDTH / 2 if is_midline else round(x, 1), round(y, 1))


def _mark(place: Point) -> list[int]:
    return [round(place[0] * 1000 / WIDTH), round(place[1] * 1000 / HEIGHT)]


def _path(shape: Polygon) -> str:
    """One closed ring; every step after the first point is relative, which halves the file."""
    corners = shapely.normalize(shape).exterior.coords[:-1]
    tenths = [(round(corner[0] * 10), round(corner[1] * 10)) for corner in corners]
    steps = [f"{_tenths(x - from_x)} {_tenths(y - from_y)}" for (from_x, from_y), (x, y) in pairwise(tenths)]
    return f"M{_tenths(tenths[0][0])} {_tenths(tenths[0][1])}l{' '.join(steps)}z"


def _tenths(value: int) -> str:
    return f"{value / 10:.1f}".removesuffix(".0")


def _zones(
    shapes: Mapping[str, Polygon], regions: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[Polygon]] = {}
    for region_id, region in regions.items():
        zone = facts[region["base"]]["zone"]
        side = str(region["side"]) if zone in SPLIT_ZONES else "both"
        groups.setdefault((zone, side), []).append(shapes[region_id])
    return [{"zone": zone, "side": side, **_box(groups[zone, side])} for zone, side in sorted(groups)]


def _box(shapes: list[Polygon]) -> dict[str, int]:
    left, top, right, bottom = shapely.total_bounds(shapes)
    x, y = max(0, round(left) - ZONE_MARGIN), max(0, round(top) - ZONE_MARGIN)
    far_x, far_y = min(WIDTH, round(right) + ZONE_MARGIN), min(HEIGHT, round(bottom) + ZONE_MARGIN)
    return {"x": x, "y": y, "width": far_x - x, "height": far_y - y}


def text_of(data: dict[str, Any]) -> str:
    """The committed form: one region a line, so that a redrawn region is one changed line."""
    bases = _rows(f"{_dense(base)}:{_dense(fact)}" for base, fact in data["bases"].items())
    views = []
    for view in data["views"]:
        head = {key: value for key, value in view.items() if key != "regions"}
        rows = _rows(_dense(region) for region in view["regions"])
        views.append(f'{_dense(head)[:-1]},"regions":[{rows}]}}')
    return f'{{"version":{data["version"]},"bases":{{{bases}}},"views":[{_rows(views)}]}}\n'


def _dense(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _rows(rows: Iterable[str]) -> str:
    return "\n" + ",\n".join(rows) + "\n"


def main(arguments: list[str]) -> int:
    """Write the data, or with `--check` only compare; returns the exit status."""
    text = text_of(chart())
    if "--check" in arguments:
        is_same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        if not is_same:
            sys.stderr.write(f"{TARGET.name} differs from its sources: run generate.py\n")
        return 0 if is_same else 1
    TARGET.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{TARGET.name}: {len(text.encode())} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
