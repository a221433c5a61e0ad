"""Smooth curves through hand-placed points."""

from collections.abc import Sequence

Point = tuple[float, float]
AuthoredPoint = Sequence[float]

STEPS_PER_SPAN = 10


def smooth(points: Sequence[AuthoredPoint]) -> list[Point]:
    """A dense polyline through every point; a third value of 1 marks a point as a sharp corner."""
    dense: list[Point] = []
    for run in _runs(points):
        dense.extend(_catmull_rom(run)[1 if dense else 0 :])
    return dense


def _runs(points: Sequence[AuthoredPoint]) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for index, point in enumerate(points):
        place = (float(point[0]), float(point[1]))
        runs[-1].append(place)
        is_corner = len(point) > 2 and point[2] == 1
        if is_corner and 0 < index < len(points) - 1:
            runs.append([place])
    return runs


def _catmull_rom(run: list[Point]) -> list[Point]:
    if len(run) < 3:
        return run
    padded = [_reflect(run[1], run[0]), *run, _reflect(run[-2], run[-1])]
    dense = [run[0]]
    for first, start, end, last in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        dense.extend(_span(first, start, end, last))
    return dense


def _reflect(inner: Point, end: Point) -> Point:
    return (2 * end[0] - inner[0], 2 * end[1] - inner[1])


def _span(first: Point, start: Point, end: Point, last: Point) -> list[Point]:
    """One span as points; centripetal spacing, because it never loops or overshoots between close points."""
    t0 = 0.0
    t1 = t0 + _gap(first, start)
    t2 = t1 + _gap(start, end)
    t3 = t2 + _gap(end, last)
    span = []
    for step in range(1, STEPS_PER_SPAN + 1):
        t = t1 + (t2 - t1) * step / STEPS_PER_SPAN
        a1 = _blend(first, start, t0, t1, t)
        a2 = _blend(start, end, t1, t2, t)
        a3 = _blend(end, last, t2, t3, t)
        b1 = _blend(a1, a2, t0, t2, t)
        b2 = _blend(a2, a3, t1, t3, t)
        span.append(_blend(b1, b2, t1, t2, t))
    return span


def _gap(start: Point, end: Point) -> float:
    distance = float(((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.25)
    return distance or 1e-6


def _blend(start: Point, end: Point, low: float, high: float, t: float) -> Point:
    share = (t - low) / (high - low)
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
