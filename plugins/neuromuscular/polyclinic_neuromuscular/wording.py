"""Short words for values of the protocol; used in findings, summary and pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from polyclinic_neuromuscular.catalogue import pressure_levels
from polyclinic_neuromuscular.protocol import Point


def label(value: str) -> str:
    """Give a stored value as words: `no_change` becomes `no change`."""
    return value.replace("_", " ")


def duration(seconds: int) -> str:
    """Give seconds as `45 s` or `2 min 05 s`."""
    minutes, rest = divmod(seconds, 60)
    if rest == 0 and minutes:
        return f"{minutes} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def day(stored: str) -> str:
    """Give a stored day as `16 Nov 2026`, and any other text as it is."""
    try:
        found = date.fromisoformat(stored)
    except ValueError:
        return stored
    return f"{found.day} {found:%b %Y}"


def level_name(level: int) -> str:
    """Give a pressure level with its meaning: `2 (light-firm)`."""
    return f"{level} ({pressure_levels()[level].name})"


def point_name(point: Point) -> str:
    """Give a point's number, muscle and side."""
    muscle = point.muscle.name if point.muscle else "no muscle chosen"
    return f"Point {point.number} ({', '.join(filter(None, (muscle, point.side)))})"


def counted(number: int, noun: str) -> str:
    """Give `1 point`, `4 points`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(words: Iterable[str]) -> str:
    """Join words as `a`, `a and b` or `a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else " and ".join(filter(None, (", ".join(items[:-1]), "".join(items[-1:]))))
