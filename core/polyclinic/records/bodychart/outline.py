"""Closed outlines in chart units: reading them from an SVG path, and asking what they enclose."""

from collections.abc import Sequence
from math import hypot

Point = tuple[float, float]
Ring = tuple[Point, ...]


def rings_of(path: str) -> tuple[Ring, ...]:
    """The closed rings of a path of the form `M x y l dx dy ... z`, the only form the chart uses."""
    return tuple(_ring_of(part) for part in path.split("z") if part)


def _ring_of(part: str) -> Ring:
    start, steps = part.removeprefix("M").split("l")
    # Whole tenths, so that hundreds of relative steps add up without rounding drift.
    x, y = (round(float(value) * 10) for value in start.split())
    ring = [(x / 10, y / 10)]
    values = [round(float(value) * 10) for value in steps.split()]
    for dx, dy in zip(values[::2], values[1::2], strict=True):
        x, y = x + dx, y + dy
        ring.append((x / 10, y / 10))
    return tuple(ring)


def encloses(rings: Sequence[Ring], x: float, y: float) -> bool:
    """Whether the point is inside, by the even-odd rule; of two shapes sharing a border only one holds it."""
    is_inside = False
    for ring in rings:
        for (from_x, from_y), (to_x, to_y) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if (from_y > y) != (to_y > y) and x < from_x + (y - from_y) * (to_x - from_x) / (to_y - from_y):
                is_inside = not is_inside
    return is_inside


def distance_to(rings: Sequence[Ring], x: float, y: float) -> float:
    """The shortest way from the point to a border, in chart units."""
    return min(
        _distance_to_segment(start, end, x, y)
        for ring in rings
        for start, end in zip(ring, (*ring[1:], ring[0]), strict=True)
    )


def _distance_to_segment(start: Point, end: Point, x: float, y: float) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length_squared = dx * dx + dy * dy
    if length_squared == 0:
        return hypot(x - start[0], y - start[1])
    share = max(0.0, min(1.0, ((x - start[0]) * dx + (y - start[1]) * dy) / length_squared))
    return hypot(x - start[0] - share * dx, y - start[1] - share * dy)
