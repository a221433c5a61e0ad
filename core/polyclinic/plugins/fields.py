"""Field helpers for section schemas: each carries the label, unit, help and widget that form and print view need."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias, TypedDict, Unpack

from marshmallow import RAISE, Schema, fields, validate

Choices: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]] | type[StrEnum]
"""Stored value -> label; an enum's labels are its values with spaces for underscores."""

TEXT_MAX = 4_000
REPEATER_MAX = 200


class FieldOptions(TypedDict, total=False):
    """Options every field helper takes: `required` on completion, `help` under the label, `unit`, another `widget`.

    `default` is for settings: what counts while nobody has set a value. Sections never invent one.
    """

    required: bool
    help: str
    unit: str
    widget: str
    default: Any


class SectionSchema(Schema):
    """The schema of a section's content; a field that it does not know is an error, never dropped in silence."""

    class Meta:
        unknown = RAISE


class WholeNumber(fields.Integer):
    """An integer; accepts the digits a form sends, refuses fractions, floats and booleans instead of rounding them."""

    _DIGITS = re.compile(r"-?[0-9]{1,9}")

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and self._DIGITS.fullmatch(value.strip()):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.make_error("invalid", input=value)


def text(label: str, *, maximum: int = TEXT_MAX, **options: Unpack[FieldOptions]) -> fields.String:
    """Free text of at most `maximum` characters; one line up to 200, else a text area."""
    widget = "text" if maximum <= 200 else "textarea"
    return fields.String(validate=validate.Length(max=maximum), **_common(label, widget, options))


def choice(label: str, choices: Choices, **options: Unpack[FieldOptions]) -> fields.String:
    """One of a closed set of values."""
    return fields.String(validate=_one_of(choices), **_common(label, "choice", options))


def multichoice(label: str, choices: Choices, **options: Unpack[FieldOptions]) -> fields.List[str]:
    """Any number of a closed set of values, in the order given."""
    inner = fields.String(validate=_one_of(choices))
    return fields.List(inner, validate=validate.Length(max=REPEATER_MAX), **_common(label, "multichoice", options))


def scale_0_10(label: str, **options: Unpack[FieldOptions]) -> WholeNumber:
    """A whole number 0-10 on a strip (pain, tenderness); None means not asked, never zero."""
    return WholeNumber(validate=validate.Range(0, 10), **_common(label, "scale", options))


def pressure_0_5(label: str, **options: Unpack[FieldOptions]) -> WholeNumber:
    """Applied pressure on the therapist's scale, 0 (resting hand) to 5."""
    return WholeNumber(validate=validate.Range(0, 5), **_common(label, "scale", options))


def number(label: str, *, minimum: int, maximum: int, **options: Unpack[FieldOptions]) -> WholeNumber:
    """A whole number within bounds; name its `unit`."""
    return WholeNumber(validate=validate.Range(minimum, maximum), **_common(label, "number", options))


def decimal(label: str, *, places: int = 2, **options: Unpack[FieldOptions]) -> fields.Decimal:
    """A decimal number, stored as a string so that no digit is lost; name its `unit`."""
    return fields.Decimal(places=places, as_string=True, **_common(label, "number", options))


def boolean(label: str, **options: Unpack[FieldOptions]) -> fields.Boolean:
    """Yes or no; None means not asked."""
    return fields.Boolean(**_common(label, "bool", options))


def date(label: str, **options: Unpack[FieldOptions]) -> fields.Date:
    """A calendar date without a time, stored as YYYY-MM-DD."""
    return fields.Date(format="iso", **_common(label, "date", options))


def duration_seconds(label: str, *, maximum: int = 86_400, **options: Unpack[FieldOptions]) -> WholeNumber:
    """A length of time in whole seconds."""
    merged: FieldOptions = {"unit": "s", **options}
    return WholeNumber(validate=validate.Range(0, maximum), **_common(label, "duration", merged))


def repeater(
    label: str, schema: type[Schema], *, maximum: int = REPEATER_MAX, **options: Unpack[FieldOptions]
) -> fields.List[Any]:
    """A list of rows of another schema; widget `repeater`, or `bodychart` when the rows are points on the chart."""
    rows = fields.Nested(schema)
    return fields.List(rows, validate=validate.Length(max=maximum), **_common(label, "repeater", options))


def group(label: str, schema: type[Schema], **options: Unpack[FieldOptions]) -> fields.Nested:
    """Fields of another schema shown together under one heading."""
    return fields.Nested(schema, **_common(label, "group", options))


def _common(label: str, widget: str, options: FieldOptions) -> dict[str, Any]:
    required = options.get("required", False)
    metadata = {
        "label": label,
        "widget": options.get("widget", widget),
        "help": options.get("help", ""),
        "unit": options.get("unit", ""),
    }
    common = {"required": required, "allow_none": not required, "metadata": metadata}
    return common | {"load_default": options["default"]} if "default" in options else common


def _one_of(choices: Choices) -> validate.OneOf:
    if isinstance(choices, type):
        pairs = [(member.value, member.value.replace("_", " ").capitalize()) for member in choices]
    else:
        pairs = list(choices.items() if isinstance(choices, Mapping) else choices)
    return validate.OneOf([value for value, _ in pairs], labels=[label for _, label in pairs])
