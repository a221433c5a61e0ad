"""Marshmallow base schema whose dump is compiled to one function per schema class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeAlias

import orjson
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
_LEFT_TO_ORJSON: dict[type, str] = {
    **_PLAIN,
    fields.UUID: "{v}",
    fields.DateTime: "({v} if {v}.tzinfo is _UTC else {v}.astimezone(_UTC))",
    fields.Date: "{v}",
}
_REMEDIES = {
    "required": "This field is needed. Fill it in.",
    "null": "Null is not allowed here. Give a value, or leave the field out.",
}


class Schema(MarshmallowSchema):
    """Base of all schemas: unknown fields are refused, plain output is dumped by generated code."""

    class Meta:
        """Options of every schema."""

        unknown = RAISE

    error_messages = {
        "unknown": "There is no such field. Leave it out, or check its spelling.",
        "type": "Send an object with named fields here.",
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Say what to do where a field has no words of its own."""
        del field_name
        for name, words in _REMEDIES.items():
            if field_obj.error_messages.get(name) == fields.Field.default_error_messages[name]:
                field_obj.error_messages[name] = words

    def dump_rows(self, rows: Any) -> list[Any]:
        """Return the JSON-ready form of many rows (frozen dataclasses or models)."""
        one = compiled_dump(type(self))
        return [one(row) for row in rows] if one else self.dump(rows, many=True)

    def dump_row(self, row: Any) -> Any:
        """Return the JSON-ready form of one row."""
        one = compiled_dump(type(self))
        return one(row) if one else self.dump(row)

    def json_rows(self, rows: Any) -> list[Any]:
        """Return what `to_json` writes as it would write `dump_rows`, with ids and times left to it: they cost less."""
        one = _compiled_json(type(self))
        return [one(row) for row in rows] if one else self.dump(rows, many=True)

    def json_row(self, row: Any) -> Any:
        """Return what `to_json` writes as it would write `dump_row`."""
        one = _compiled_json(type(self))
        return one(row) if one else self.dump(row)


def to_json(value: Any) -> bytes:
    """Return JSON; instants in UTC end in `Z`."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


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


Dump: TypeAlias = Callable[[Any], dict[str, Any]]


@cache
def compiled_dump(schema_class: type[MarshmallowSchema]) -> Dump | None:
    """Return a function that dumps one object, or None when a field needs the stock dump.

    Plain means: String, Integer, Boolean, UUID, DateTime, Date, Decimal as string, Dict or Raw without data_key tricks,
    nested plain schemas, no hooks. The equality with the stock dump is a property test.
    """
    return _compile(schema_class, _Form(_PLAIN, compiled_dump))


@cache
def _compiled_json(schema_class: type[MarshmallowSchema]) -> Dump | None:
    return _compile(schema_class, _Form(_LEFT_TO_ORJSON, _compiled_json))


@dataclass(frozen=True)
class _Form:
    """How plain fields and nested schemas are written; `names` is what the generated code may call."""

    plain: Mapping[type, str]
    nested: Callable[[type[MarshmallowSchema]], Dump | None]
    names: dict[str, Any] = field(default_factory=lambda: {"_text": str, "_instant": instant, "_UTC": UTC})


def _compile(schema_class: type[MarshmallowSchema], form: _Form) -> Dump | None:
    schema = schema_class()
    if schema._hooks[PRE_DUMP] or schema._hooks[POST_DUMP]:  # noqa: SLF001 -- marshmallow offers no other way to ask
        return None
    parts: list[str] = []
    for name, dumped in schema.dump_fields.items():
        expression = _expression(dumped, f"o.{dumped.attribute or name}", form)
        if expression is None:
            return None
        parts.append(f"{dumped.data_key or name!r}: {expression}")
    code = "def dump(o):\n    return {" + ", ".join(parts) + "}"
    names = form.names
    exec(compile(code, f"<dump of {schema_class.__name__}>", "exec"), names)  # noqa: S102 -- built from field names alone
    return names["dump"]  # type: ignore[no-any-return]


def _expression(dumped: fields.Field[Any], source: str, form: _Form) -> str | None:
    if "." in source[2:]:
        return None
    kind = type(dumped)
    if kind is fields.Nested:
        return _nested(dumped, source, form)
    if kind is fields.List:
        return _listed(dumped, source, form)
    template = form.plain.get(fields.DateTime if kind is Instant else kind)
    if template is None or (isinstance(dumped, fields.Decimal) and not dumped.as_string):
        return None
    value = template.format(v=source)
    return value if value == source else f"None if {source} is None else {value}"


def _nested(dumped: Any, source: str, form: _Form) -> str | None:
    inner = form.nested(type(dumped.schema))
    if inner is None or dumped.only or dumped.exclude:
        return None
    alias = f"_nested_{len(form.names)}"
    form.names[alias] = inner
    if dumped.many:
        return f"None if {source} is None else [{alias}(x) for x in {source}]"
    return f"None if {source} is None else {alias}({source})"


def _listed(dumped: Any, source: str, form: _Form) -> str | None:
    inner = _expression(dumped.inner, "o.x", form)
    if inner is None:
        return None
    element = inner.replace("o.x", "x")
    return f"None if {source} is None else [{element} for x in {source}]"
