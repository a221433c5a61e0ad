"""Flat HTML form names (`<prefix>:points.0.muscle_id`) to nested data and back, within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from polyclinic.kit.errors import Invalid, TooLarge

Pairs: TypeAlias = Iterable[tuple[str, str]]

MAX_DEPTH = 8
MAX_FIELDS = 2_000
MAX_INDEX = 500

NEXT_ROW = "__row__"
"""Stands for the index in the names of a repeater's blank row; the page replaces it by the next free number."""

_STEP = re.compile(r"[a-z_][a-z0-9_]{0,63}|0|[1-9][0-9]{0,3}")


def encode_form(prefix: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the names and values of `data`; null becomes an empty text, true and false their JSON words."""
    return [(f"{prefix}:{path}", value) for path, value in _flatten(data, "")]


def decode_form(prefix: str, pairs: Pairs) -> dict[str, Any]:
    """Return the nested data of the pairs that belong to `prefix`; gaps in list indices close up.

    A name that comes several times gives a list of texts. Raises `TooLarge` beyond 2,000 fields and `Invalid` for names
    that are malformed, too deep (8), beyond index 500, or that contradict each other.
    """
    tree: dict[str, Any] = {}
    for count, (name, value) in enumerate(_own(prefix, pairs)):
        if count >= MAX_FIELDS:
            raise TooLarge(f"The form has more than {MAX_FIELDS} fields. Split the entry into several sections.")
        _insert(tree, _steps(name), value, name)
    decoded = _close_up(tree, "")
    if not isinstance(decoded, dict):
        raise _malformed("0")
    return decoded


def _flatten(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flatten(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{path}.{index}")
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _own(prefix: str, pairs: Pairs) -> Iterator[tuple[str, str]]:
    start = f"{prefix}:"
    own = ((name.removeprefix(start), value) for name, value in pairs if name.startswith(start))
    return ((name, value) for name, value in own if NEXT_ROW not in name.split(".", MAX_DEPTH))


def _steps(name: str) -> list[str]:
    steps = name.split(".", MAX_DEPTH)
    if len(steps) > MAX_DEPTH or not all(_STEP.fullmatch(step) for step in steps):
        raise _malformed(name)
    if any(step.isdigit() and int(step) > MAX_INDEX for step in steps):
        raise Invalid({name: f"A list in this form holds at most {MAX_INDEX + 1} rows."})
    return steps


def _insert(tree: dict[str, Any], steps: list[str], value: str, name: str) -> None:
    node = tree
    for step in steps[:-1]:
        child = node.setdefault(step, {})
        if not isinstance(child, dict):
            raise _malformed(name)
        node = child
    existing = node.get(steps[-1])
    if isinstance(existing, dict):
        raise _malformed(name)
    if existing is None:
        node[steps[-1]] = value
    elif isinstance(existing, list):
        existing.append(value)
    else:
        node[steps[-1]] = [existing, value]


def _close_up(node: Any, path: str) -> Any:
    if not isinstance(node, dict):
        return node
    digits = [step for step in node if step.isdigit()]
    children = {step: _close_up(child, f"{path}.{step}") for step, child in node.items()}
    if not digits:
        return children
    if len(digits) != len(node):
        raise _malformed(path.removeprefix("."))
    return [children[step] for step in sorted(digits, key=int)]


def _malformed(name: str) -> Invalid:
    return Invalid({name[:200]: "The form could not be read here. Reload the page; your draft is kept."})
