"""The form generator: a stored description and data in, fields for core's one form template out; and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polyclinic.plugins.form_names import MAX_DEPTH, NEXT_ROW, Pairs, decode_form


@dataclass(frozen=True)
class FormChoice:
    """One option of a choice."""

    value: str
    label: str
    is_chosen: bool = False


@dataclass(frozen=True)
class FormRow:
    """One row of a repeater, or its blank row."""

    index: int | None
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class FormField:
    """One labelled field as the template shows it; limits are texts for the HTML attributes."""

    name: str
    widget: str
    label: str
    type: str
    help: str = ""
    unit: str = ""
    is_required: bool = False
    value: str = ""
    error: str = ""
    minimum: str = ""
    maximum: str = ""
    max_length: str = ""
    choices: tuple[FormChoice, ...] = ()
    fields: tuple[FormField, ...] = ()
    """Fields of a group."""
    rows: tuple[FormRow, ...] = ()
    blank_row: FormRow | None = None

    @property
    def element_id(self) -> str:
        """An id for label and error references; unique within a page because names are."""
        return "f-" + self.name.replace(":", "-").replace(".", "-")


@dataclass(frozen=True)
class _Place:
    """Where in the form a field stands; errors are keyed by JSON pointer."""

    name: str
    pointer: str
    errors: Mapping[str, str] = field(default_factory=dict)

    def step(self, key: str, *, is_first: bool = False) -> _Place:
        joint = "" if is_first else "."
        return _Place(f"{self.name}{joint}{key}", f"{self.pointer}/{key}", self.errors)


def build_form(
    description: Mapping[str, Any], prefix: str, data: Mapping[str, Any], errors: Mapping[str, str] | None = None
) -> tuple[FormField, ...]:
    """Return the form of one section; `errors` maps JSON pointers (`/points/0/pain`) to messages."""
    root = _Place(f"{prefix}:", "", errors or {})
    return tuple(
        _field(item, data.get(item["name"]), root.step(item["name"], is_first=True)) for item in _fields(description)
    )


def read_form(description: Mapping[str, Any], prefix: str, pairs: Pairs) -> dict[str, Any]:
    """Return the data of a submitted section form, typed as its description says.

    Blank texts become null, blank rows vanish, lists without any row or tick become empty. What cannot be typed stays
    text, so that validation names it and the draft keeps it. Raises `Invalid` or `TooLarge` for a form out of bounds.
    """
    return _typed_group(_fields(description), decode_form(prefix, pairs))


def _fields(description: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = description.get("fields", ())
    return found


def _field(item: Mapping[str, Any], value: Any, place: _Place) -> FormField:
    kind = item["type"]
    return FormField(
        name=place.name,
        widget=item["widget"],
        label=item["label"],
        type=kind,
        help=item.get("help", ""),
        unit=item.get("unit", ""),
        is_required=bool(item.get("required")),
        value="" if kind in {"rows", "group", "list"} else _text(value),
        error=place.errors.get(place.pointer, ""),
        minimum=str(item.get("minimum", "")),
        maximum=str(item.get("maximum", "")),
        max_length=str(item.get("max_length", "")),
        choices=_choices(item, value),
        fields=_group(item, value, place) if kind == "group" else (),
        rows=_rows(item, value, place) if kind == "rows" else (),
        blank_row=_blank_row(item, place) if kind == "rows" else None,
    )


def _choices(item: Mapping[str, Any], value: Any) -> tuple[FormChoice, ...]:
    chosen = {_text(one) for one in value} if isinstance(value, list | tuple) else {_text(value)}
    return tuple(FormChoice(choice, label, choice in chosen) for choice, label in item.get("choices", ()))


def _group(item: Mapping[str, Any], value: Any, place: _Place) -> tuple[FormField, ...]:
    data = value if isinstance(value, Mapping) else {}
    return tuple(_field(child, data.get(child["name"]), place.step(child["name"])) for child in _fields(item))


def _rows(item: Mapping[str, Any], value: Any, place: _Place) -> tuple[FormRow, ...]:
    rows = value if isinstance(value, list | tuple) else ()
    return tuple(FormRow(index, _group(item, row, place.step(str(index)))) for index, row in enumerate(rows))


def _blank_row(item: Mapping[str, Any], place: _Place) -> FormRow | None:
    if place.pointer.count("/") + 2 > MAX_DEPTH:
        return None
    return FormRow(None, _group(item, {}, place.step(NEXT_ROW)))


def _text(value: Any) -> str:
    if value is None or isinstance(value, Mapping | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed_group(fields: Sequence[Mapping[str, Any]], raw: Mapping[str, Any]) -> dict[str, Any]:
    typed = {name: value for name, value in raw.items() if name not in {item["name"] for item in fields}}
    for item in fields:
        name = item["name"]
        if name in raw or item["type"] in {"rows", "list"}:
            typed[name] = _typed(item, raw.get(name))
    return typed


def _typed(item: Mapping[str, Any], raw: Any) -> Any:
    kind = item["type"]
    if kind == "rows":
        rows = raw if isinstance(raw, list) else []
        typed = [_typed_group(_fields(item), row) if isinstance(row, Mapping) else row for row in rows]
        return [row for row in typed if not _is_blank(item, row)]
    if kind == "group":
        return _typed_group(_fields(item), raw) if isinstance(raw, Mapping) else raw
    if kind == "list":
        values = raw if isinstance(raw, list) else [raw]
        return [value for value in values if value not in (None, "")]
    return _typed_scalar(kind, raw)


def _typed_scalar(kind: str, raw: Any) -> Any:
    text = raw.strip() if isinstance(raw, str) else raw
    if text in ("", None):
        return None
    if (
        kind == "integer"
        and isinstance(text, str)
        and text.removeprefix("-").isascii()
        and text.removeprefix("-").isdigit()
    ):
        return int(text) if len(text) <= 9 else text
    if kind == "boolean":
        return {"true": True, "on": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            str(text), text
        )
    return raw if kind == "string" else text


def _is_blank(item: Mapping[str, Any], row: Any) -> bool:
    """A row is blank when nothing but hidden fields is filled in."""
    if not isinstance(row, Mapping):
        return row in (None, "")
    hidden = {child["name"] for child in _fields(item) if child["widget"] == "hidden"}
    return all(value in (None, "", [], {}) for name, value in row.items() if name not in hidden)
