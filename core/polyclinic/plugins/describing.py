"""The stored description of a section's schema: enough to print, check and edit its data when the plugin is gone."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from marshmallow import Schema, fields, validate

from polyclinic.plugins.canonical import content_hash
from polyclinic.plugins.contract import SectionType

Description: TypeAlias = Mapping[str, Any]

MAX_DEPTH = 8


class NotDescribableError(ValueError):
    """A schema uses something that cannot be stored without its Python code."""


def describe_section(section_type: SectionType) -> dict[str, Any]:
    """Return the description that is stored once per digest: key, version, title and fields."""
    return {
        "key": section_type.key,
        "version": section_type.version,
        "title": section_type.title,
        "fields": describe(section_type.schema),
    }


def describe(schema: type[Schema]) -> list[dict[str, Any]]:
    """Return one entry per field: name, type, label, widget, help, unit, required, limits, choices and nested fields.

    Raises `NotDescribableError` for types that are not JSON (floats, raw values) and nesting deeper than 8.
    """
    return _describe_schema(schema(), "", 1)


def digest(description: Description | list[dict[str, Any]]) -> str:
    """Return the SHA-256 of the description's canonical JSON, the key under which it is stored."""
    return content_hash(description)


_TYPES: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (fields.Integer, "integer"),
    (fields.Decimal, "decimal"),
    (fields.Boolean, "boolean"),
    (fields.DateTime, "datetime"),
    (fields.Date, "date"),
    (fields.Time, "time"),
    (fields.String, "string"),
)
_WIDGETS = {
    "integer": "number",
    "decimal": "number",
    "boolean": "bool",
    "datetime": "datetime",
    "date": "date",
    "time": "time",
    "string": "text",
    "list": "multichoice",
    "group": "group",
    "rows": "repeater",
}


def _describe_schema(schema: Schema, path: str, depth: int) -> list[dict[str, Any]]:
    if depth > MAX_DEPTH:
        raise NotDescribableError(f"{path} is nested deeper than {MAX_DEPTH}")
    return [
        _describe_field(name, field, f"{path}.{name}" if path else name, depth) for name, field in schema.fields.items()
    ]


def _describe_field(name: str, field: fields.Field[Any], path: str, depth: int) -> dict[str, Any]:
    if field.data_key or field.attribute:
        raise NotDescribableError(f"{path} has a data_key or attribute; a stored field has one name")
    kind, inner = _type_of(field, path)
    metadata = field.metadata
    described: dict[str, Any] = {
        "name": name,
        "type": kind,
        "label": str(metadata.get("label") or name.replace("_", " ").capitalize()),
        "widget": str(metadata.get("widget") or _widget(kind, field)),
        "required": bool(field.required),
    }
    described.update({key: str(metadata[key]) for key in ("help", "unit") if metadata.get(key)})
    described.update(_limits(field.validators))
    if isinstance(inner, Schema):
        described["fields"] = _describe_schema(inner, path, depth + 1)
    elif inner is not None:
        described.update(_limits(inner.validators, only_choices=True))
    return described


def _type_of(field: fields.Field[Any], path: str) -> tuple[str, Schema | fields.Field[Any] | None]:
    if isinstance(field, fields.Pluck):
        raise NotDescribableError(f"{path} is a Pluck field; nest the schema instead")
    if isinstance(field, fields.Nested):
        return ("rows" if field.many else "group"), field.schema
    if isinstance(field, fields.List):
        if isinstance(field.inner, fields.Nested):
            return "rows", field.inner.schema
        _scalar_type(field.inner, path)
        return "list", field.inner
    return _scalar_type(field, path), None


def _scalar_type(field: fields.Field[Any], path: str) -> str:
    if isinstance(field, fields.Decimal) and not field.as_string:
        raise NotDescribableError(f"{path} is a decimal that is not kept as text; use as_string=True")
    for known, kind in _TYPES:
        if isinstance(field, known):
            return kind
    raise NotDescribableError(f"{path} is a {type(field).__name__} field, which has no lossless JSON form here")


def _widget(kind: str, field: fields.Field[Any]) -> str:
    has_choices = any(isinstance(item, validate.OneOf) for item in field.validators)
    return "choice" if has_choices and kind != "list" else _WIDGETS[kind]


def _limits(validators: Any, *, only_choices: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in validators:
        if isinstance(item, validate.OneOf):
            labels = [str(label) for label in item.labels] or [str(value) for value in item.choices]
            found["choices"] = [[str(value), label] for value, label in zip(item.choices, labels, strict=False)]
        elif isinstance(item, validate.Range) and not only_choices:
            found.update(_present(minimum=item.min, maximum=item.max))
        elif isinstance(item, validate.Length) and not only_choices:
            found.update(_present(min_length=item.min, max_length=item.equal if item.equal is not None else item.max))
    return found


def _present(**limits: Any) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int) else str(Decimal(str(value)))
        for name, value in limits.items()
        if value is not None
    }
