"""Cut one half silhouette into labelled faces that share their borders exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from curves import AuthoredPoint, Point, smooth
from shapely.geometry import LineString, Polygon
from shapely.geometry import Point as Dot
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

# All lengths are units of the chart, whose height is 1000.
GRID = 0.1
FLATNESS = 0.03
SCALE = 0.984
TOP_MARGIN = 8.0
SLIVER_AREA = 14.0


class AuthoringError(Exception):
    """The authored lines and seeds do not give one face per region; the text says where."""


@dataclass(frozen=True)
class HalfFigure:
    """The screen-right half of a figure, midline at x = 0: its silhouette and a polygon per base region."""

    silhouette: Polygon
    faces: Mapping[str, Polygon]


def cut_half(source: Mapping[str, Any]) -> HalfFigure:
    """Smooth the authored outline and cut lines, cut, and name each face by the seed inside it."""
    outline: Sequence[AuthoredPoint] = source["outline"]
    lines: Sequence[Sequence[AuthoredPoint]] = source["lines"]
    seeds: Mapping[str, AuthoredPoint] = source["seeds"]
    border = [_place(point) for point in smooth(outline)]
    ring = LineString([(0.0, border[0][1]), *border[1:-1], (0.0, border[-1][1])]).simplify(FLATNESS)
    half = Polygon(ring.coords)
    cuts = [LineString([_place(point) for point in smooth(line)]).simplify(FLATNESS) for line in lines]
    noded = shapely.unary_union([half.exterior, *cuts], grid_size=GRID)
    inside = half.buffer(GRID)
    faces = [face for face in polygonize(noded) if inside.contains(face.representative_point())]
    return HalfFigure(one_piece(shapely.unary_union(faces)), _named(faces, seeds))


def one_piece(shape: BaseGeometry) -> Polygon:
    """The shape as the one polygon without holes that every region and silhouette is; raises AuthoringError."""
    if not isinstance(shape, Polygon) or shape.interiors:
        raise AuthoringError(f"a shape near {shape.centroid.coords[0]} falls apart or has a hole")
    return shape


def _place(point: AuthoredPoint) -> Point:
    return (point[0] * SCALE, TOP_MARGIN + point[1] * SCALE)


def _named(faces: list[Polygon], seeds: Mapping[str, AuthoredPoint]) -> dict[str, Polygon]:
    named: dict[str, Polygon] = {}
    rest = sorted(faces, key=lambda face: -face.area)
    for base, seed in seeds.items():
        x, y = _place((max(seed[0], 0.6), seed[1]))
        found = [face for face in rest if face.contains(Dot(x, y))]
        if not found:
            raise AuthoringError(f"{base}: its seed {list(seed)} is in no free face")
        named[base] = found[0]
        rest.remove(found[0])
    for sliver in rest:
        _absorb(named, sliver)
    return named


def _absorb(named: dict[str, Polygon], sliver: Polygon) -> None:
    """Give a crumb between crossing lines to the region it shares most border with."""
    if sliver.area > SLIVER_AREA:
        middle = sliver.representative_point()
        at = (round(middle.x / SCALE, 1), round((middle.y - TOP_MARGIN) / SCALE, 1))
        raise AuthoringError(f"a face of {sliver.area:.0f} square units at {at} has no seed")
    shared = {base: sliver.intersection(face).length for base, face in named.items()}
    host = max(sorted(shared), key=lambda base: shared[base])
    named[host] = one_piece(named[host].union(sliver))
