"""Marshmallow base schema whose dump is compiled to one function per schema class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, ValidationError, fields
from marshmallow import Schema as MarshmallowSchema
from marshmallow.decorators import POST_DUMP, PRE_DUMP

_PLAIN: dict[type, str] = {
    fields.String: "{v}",
    fields.Integer: "{v}",
    fields.Boolean: "{v}",
    fields.UUID: "_text({v})",
    fields.DateTime: "_instant({v})",
    fields.Date: "{v}.isoformat()",
    fields.Decimal: "_text({v})",
    fields.Dict: "{v}",
    fields.Raw: "{v}",
}


class Schema(MarshmallowSchema):
    """Base of all schemas: unknown fields are refused, plain output is dumped by generated code."""

    class Meta:
        """Options of every schema."""

        unknown = RAISE

    def dump_rows(self, rows: Any) -> list[Any]:
        """Return the JSON-ready form of many rows (frozen dataclasses or models)."""
        one = compiled_dump(type(self))
        return [one(row) for row in rows] if one else self.dump(rows, many=True)

    def dump_row(self, row: Any) -> Any:
        """Return the JSON-ready form of one row."""
        one = compiled_dump(type(self))
        return one(row) if one else self.dump(row)


def instant(value: datetime) -> str:
    """Return RFC 3339 in UTC with `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Instant(fields.DateTime):
    """An aware instant, RFC 3339 in and UTC out; a value without an offset is refused."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        del attr, obj, kwargs
        return None if value is None else instant(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        parsed = super()._deserialize(value, attr, data, **kwargs)
        if parsed.tzinfo is None:
            raise ValidationError("Give an instant with its offset, for example 2026-11-23T10:15:00Z.")
        return parsed.astimezone(UTC)


_compiled: dict[type, Callable[[Any], dict[str, Any]] | None] = {}


def compiled_dump(schema_class: type[MarshmallowSchema]) -> Callable[[Any], dict[str, Any]] | None:
    """Return a function that dumps one object, or None when a field needs the stock dump.

    Plain means: String, Integer, Boolean, UUID, DateTime, Date, Decimal as string, Dict or Raw without data_key tricks,
    nested plain schemas, no hooks. The equality with the stock dump is a property test.
    """
    if schema_class not in _compiled:
        _compiled[schema_class] = _compile(schema_class)
    return _compiled[schema_class]


def _compile(schema_class: type[MarshmallowSchema]) -> Callable[[Any], dict[str, Any]] | None:
    schema = schema_class()
    if schema._hooks[PRE_DUMP] or schema._hooks[POST_DUMP]:  # noqa: SLF001 -- marshmallow offers no other way to ask
        return None
    names: dict[str, Any] = {"_text": str, "_instant": instant}
    parts: list[str] = []
    for name, field in schema.dump_fields.items():
        source = f"o.{field.attribute or name}"
        expression = _expression(field, source, names)
        if expression is None:
            return None
        parts.append(f"{field.data_key or name!r}: {expression}")
    code = "def dump(o):\n    return {" + ", ".join(parts) + "}"
    exec(compile(code, f"<dump of {schema_class.__name__}>", "exec"), names)  # noqa: S102 -- built from field names alone
    return names["dump"]  # type: ignore[no-any-return]


def _expression(field: fields.Field[Any], source: str, names: dict[str, Any]) -> str | None:
    if "." in source[2:]:
        return None
    kind = type(field)
    if kind is fields.Nested:
        return _nested(field, source, names)
    if kind is fields.List:
        return _listed(field, source, names)
    template = _PLAIN.get(fields.DateTime if kind is Instant else kind)
    if template is None or (isinstance(field, fields.Decimal) and not field.as_string):
        return None
    value = template.format(v=source)
    return value if value == source else f"None if {source} is None else {value}"


def _nested(field: Any, source: str, names: dict[str, Any]) -> str | None:
    inner = compiled_dump(type(field.schema))
    if inner is None or field.only or field.exclude:
        return None
    alias = f"_nested_{len(names)}"
    names[alias] = inner
    if field.many:
        return f"None if {source} is None else [{alias}(x) for x in {source}]"
    return f"None if {source} is None else {alias}({source})"


def _listed(field: Any, source: str, names: dict[str, Any]) -> str | None:
    inner = _expression(field.inner, "o.x", names)
    if inner is None:
        return None
    element = inner.replace("o.x", "x")
    return f"None if {source} is None else [{element} for x in {source}]"
