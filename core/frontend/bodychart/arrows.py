"""Which region borders which, and where each arrow key leads."""

from collections.abc import Mapping

from curves import Point
from shapely.geometry.base import BaseGeometry

DIRECTIONS: Mapping[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
# Two regions are neighbours when they share more border than this; below it they only meet at a corner.
SHARED_BORDER = 0.5
# A bordering region beats one this many times closer that lies behind it or across a gap.
BORDER_ADVANTAGE = 2.5
# How far sideways, per unit forward, an arrow may lead; the second is for an arrow that would lead nowhere.
STEEPNESS = (0.7, 2.0)


def neighbours_of(shapes: Mapping[str, BaseGeometry]) -> dict[str, list[str]]:
    """The sorted ids of the regions sharing border with each region."""
    found: dict[str, list[str]] = {region_id: [] for region_id in shapes}
    ids = sorted(shapes)
    for index, one in enumerate(ids):
        for other in ids[index + 1 :]:
            if shapes[one].intersection(shapes[other]).length > SHARED_BORDER:
                found[one].append(other)
                found[other].append(one)
    return {region_id: sorted(ids) for region_id, ids in found.items()}


def moves_of(
    anchors: Mapping[str, Point], neighbours: Mapping[str, list[str]], start: str
) -> dict[str, dict[str, str]]:
    """The region each arrow key leads to, such that arrows alone reach every region from `start`."""
    moves = {region_id: _nearest(region_id, anchors, neighbours) for region_id in sorted(anchors)}
    lost = _unreached(moves, start)
    while lost:
        _open_a_way(lost, moves, anchors, neighbours)
        still_lost = _unreached(moves, start)
        if len(still_lost) >= len(lost):
            raise ValueError(f"arrow keys cannot reach {still_lost}")
        lost = still_lost
    return moves


def _nearest(region_id: str, anchors: Mapping[str, Point], neighbours: Mapping[str, list[str]]) -> dict[str, str]:
    best: dict[str, str] = {}
    for name in DIRECTIONS:
        for steepness in STEEPNESS:
            costs = {
                other: cost / BORDER_ADVANTAGE if other in neighbours[region_id] else cost
                for other in anchors
                if (cost := _cost(anchors[region_id], anchors[other], name, steepness)) is not None
            }
            if costs and name not in best:
                best[name] = min(sorted(costs), key=costs.__getitem__)
    return best


def _cost(start: Point, end: Point, direction: str, steepness: float) -> float | None:
    """How far `end` is for one arrow key, counting sideways drift double; None when it is not on that side."""
    step_x, step_y = DIRECTIONS[direction]
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = dx * step_x + dy * step_y
    across = abs(dx * step_y + dy * step_x)
    if along <= 0 or across > along * steepness:
        return None
    return along + 2 * across


def _unreached(moves: Mapping[str, Mapping[str, str]], start: str) -> list[str]:
    seen, front = {start}, [start]
    while front:
        for target in moves[front.pop()].values():
            if target not in seen:
                seen.add(target)
                front.append(target)
    return sorted(set(moves) - seen)


def _open_a_way(
    lost: list[str],
    moves: dict[str, dict[str, str]],
    anchors: Mapping[str, Point],
    neighbours: Mapping[str, list[str]],
) -> None:
    """Turn one arrow of a reached region towards a lost one: an idle arrow, else one whose target stays reachable."""
    incoming: dict[str, int] = {}
    for targets in moves.values():
        for target in targets.values():
            incoming[target] = incoming.get(target, 0) + 1
    ways = [
        (name in moves[host], region_id, host, name)
        for region_id in lost
        for host in neighbours[region_id]
        for name in DIRECTIONS
        if host not in lost
        and _leads(anchors[host], anchors[region_id], name)
        and (name not in moves[host] or incoming[moves[host][name]] > 1)
    ]
    if ways:
        _, region_id, host, name = min(ways)
        moves[host][name] = region_id


def _leads(start: Point, end: Point, direction: str) -> bool:
    step_x, step_y = DIRECTIONS[direction]
    return (end[0] - start[0]) * step_x + (end[1] - start[1]) * step_y > 0
