"""Rows of label, value and unit made from a stored description alone: printing needs no code of the plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

YES, NO = "Yes", "No"


@dataclass(frozen=True)
class PrintRow:
    """One printed line."""

    label: str
    value: str
    unit: str = ""


def print_view(description: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[PrintRow, ...]:
    """Return the printed lines of `data` in the order of the description.

    Values that are unknown (null or empty) are left out; rows of lists are numbered; data that the description does not
    name come last under their own names, so that nothing stored is ever hidden.
    """
    return tuple(_rows(description.get("fields", ()), data, ""))


def _rows(fields: Sequence[Mapping[str, Any]], data: Mapping[str, Any], prefix: str) -> Iterator[PrintRow]:
    named = {field["name"]: field for field in fields}
    for name, field in named.items():
        if name in data:
            yield from _row(field, data[name], prefix + str(field.get("label") or name))
    for name, value in data.items():
        if name not in named:
            yield from _row({}, value, prefix + str(name))


def _row(field: Mapping[str, Any], value: Any, label: str) -> Iterator[PrintRow]:
    if value is None or value in ("", [], {}):
        return
    if isinstance(value, Mapping):
        yield from _rows(field.get("fields", ()), value, f"{label}: ")
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value, start=1):
            rows = item if isinstance(item, Mapping) else {"value": item}
            yield from _rows(field.get("fields", ()), rows, f"{label} {number}: ")
    elif isinstance(value, list | tuple):
        yield PrintRow(label, ", ".join(_text(field, item) for item in value), str(field.get("unit", "")))
    else:
        yield PrintRow(label, _text(field, value), str(field.get("unit", "")))


def _text(field: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    labels = {str(choice): str(label) for choice, label in field.get("choices", ())}
    return labels.get(str(value), str(value))
