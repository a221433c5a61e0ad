"""Bodies that a schema accepts, made from its fields, and the places in them that name other things."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from polyclinic.kit.ids import new_id
from polyclinic.kit.schema import Instant

Place: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a body: keys and list positions from the outside in."""

SAMPLES: Mapping[str, Any] = {
    "answer": "no",
    "birth_on": "1980-05-17",
    "code": "probe",
    "country": "GB",
    "currency": "GBP",
    "email": "probe@example.org",
    "end": "2035-01-10",
    "figures": "core.booked",
    "first": "2035-01-08",
    "first_on": "2026-03-01",
    "format": "csv",
    "granted_scopes": [],
    "field": "name",
    "flag_code": "probe_flag",
    "key": "probe",
    "language": "en",
    "last_on": "2026-03-31",
    "modality": "massage",
    "month": "2026-11",
    "modalities": ["massage"],
    "new": "seven plain wooden chairs",
    "params": {},
    "preset": "last_month",
    "recipients": ["probe@example.org"],
    "report_key": "core.no_show",
    "rhythm": "monthly",
    "password": "seven plain wooden chairs",
    "phone": "+44 20 7946 0001",
    "privacy": "clinic",
    "question_code": "probe",
    "region_ids": [],
    "amount": "1.00",
    "role": "front_desk",
    "role_permissions": {},
    "scopes": ["clinics:read"],
    "section": "core.soap",
    "sections": {"core.soap": {"plan": "Probe"}},
    "action": "probe",
    "arguments": {},
    "acknowledged": [],
    "status": "booked",
    "time_zone": "Europe/London",
}
"""Values by field name where the type alone does not say what is accepted."""

LEFT_OUT = frozenset(
    {
        "local_start",
        "fold",
        "ends_at",
        "overbook_reason",
        "ends_on",
        "received_on",
        "refunded_on",
        "until_on",
        "valid_until",
    }
)
"""Optional fields that contradict or depend on others."""


class NoBody(Exception):
    """A schema for which no body could be made; the text says which field to add a sample for."""


def body_for(schema_class: type[Schema], ids: Mapping[str, UUID]) -> dict[str, Any]:
    """Return a body that the schema accepts, all optional fields filled in; ids come from `ids` by field name.

    Raises `NoBody` for a field that names something unknown, or when the schema refuses the result.
    """
    schema = schema_class()
    body = _object(schema, ids)
    try:
        schema.load(copy.deepcopy(body))
    except ValidationError as error:
        raise NoBody(f"{schema_class.__name__} refuses {body}: {error.messages}") from error
    return body


def id_places(schema_class: type[Schema], body: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Yield where the body names other things, and the noun's name; its own new `id` is one of them."""
    for name, field in schema_class().load_fields.items():
        key = field.data_key or name
        if key in body:
            yield from _places(field, key, (key,), body[key])


def replaced(body: Mapping[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """Return a copy of the body with another value at the place."""
    changed: Any = copy.deepcopy(dict(body))
    target = changed
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    return changed  # type: ignore[no-any-return]


def text_places(schema_class: type[Schema], body: Mapping[str, Any]) -> Iterator[Place]:
    """Yield where the body holds text that people type freely."""
    for name, field in schema_class().load_fields.items():
        key = field.data_key or name
        if key in body:
            yield from _text_places(field, (key,), body[key])


def _object(schema: Schema, ids: Mapping[str, UUID]) -> dict[str, Any]:
    return {
        field.data_key or name: _value(name, field, ids)
        for name, field in schema.load_fields.items()
        if field.required or name not in LEFT_OUT
    }


def _value(name: str, field: Any, ids: Mapping[str, UUID]) -> Any:
    if isinstance(field, fields.UUID):
        return str(new_id()) if name == "id" else _id(name, ids)
    if name in SAMPLES and _accepts(field, SAMPLES[name]):
        return copy.deepcopy(SAMPLES[name])
    if isinstance(field, fields.Nested):
        inner = _object(field.schema, ids)
        return [inner] if field.many else inner
    if isinstance(field, fields.List):
        return [_value(name.removesuffix("s"), field.inner, ids)]
    chosen = _chosen(field)
    return _plain(name, field) if chosen is None else chosen


def _id(name: str, ids: Mapping[str, UUID]) -> str:
    if name not in ids:
        raise NoBody(f"No id is known for {name}. Add it to `populate`.")
    return str(ids[name])


def _chosen(field: Any) -> Any:
    if isinstance(field, fields.Enum):
        first: Any = next(iter(field.enum.__members__.values()))
        return first.value if field.by_value else first.name
    choices = next((rule.choices for rule in field.validators if isinstance(rule, validate.OneOf)), None)
    return next((choice for choice in choices if choice), None) if choices else None


def _plain(name: str, field: Any) -> Any:
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    makers: Sequence[tuple[type, Callable[[], Any]]] = (
        (fields.Boolean, lambda: False),
        (fields.Integer, lambda: _number(field)),
        (fields.Decimal, lambda: str(_number(field))),
        (fields.Date, lambda: (now + timedelta(days=3)).date().isoformat()),
        (fields.Time, lambda: "09:00" if "start" in name else "17:00"),
        (fields.NaiveDateTime, lambda: (now + timedelta(days=5)).replace(tzinfo=None).isoformat()),
        (Instant, (now + timedelta(days=5)).isoformat),
        (fields.String, lambda: "Probe text with ten characters"[: _longest(field)]),
        (fields.Dict, dict),
        (fields.Raw, lambda: None),
    )
    for kind, make in makers:
        if isinstance(field, kind):
            return make()
    raise NoBody(f"No value is known for {name} ({type(field).__name__}). Add a sample.")


def _number(field: Any) -> int:
    bounds = next((rule for rule in field.validators if isinstance(rule, validate.Range)), None)
    return int(bounds.min) if bounds is not None and bounds.min is not None else 1


def _longest(field: Any) -> int:
    limits = [rule.max for rule in _flat(field.validators) if isinstance(rule, validate.Length) and rule.max]
    return int(min(limits, default=30))


def _flat(validators: Any) -> Iterator[Any]:
    for rule in validators:
        if isinstance(rule, validate.And):
            yield from _flat(rule.validators)
        else:
            yield rule


def _accepts(field: Any, value: Any) -> bool:
    try:
        field.deserialize(copy.deepcopy(value))
    except ValidationError:
        return False
    return True


def _places(field: Any, name: str, place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(field, fields.UUID):
        yield place, name
    for inner, inner_name, inner_place, inner_value in _inside(field, name, place, value):
        yield from _places(inner, inner_name, inner_place, inner_value)


def _text_places(field: Any, place: Place, value: Any) -> Iterator[Place]:
    if type(field) is fields.String and isinstance(value, str):
        yield place
    for inner, _, inner_place, inner_value in _inside(field, "", place, value):
        yield from _text_places(inner, inner_place, inner_value)


def _inside(field: Any, name: str, place: Place, value: Any) -> Iterator[tuple[Any, str, Place, Any]]:
    """Yield the fields inside a list or a nested schema with their names, places and values."""
    if isinstance(field, fields.List):
        for number, item in enumerate(value or ()):
            yield field.inner, name.removesuffix("s"), (*place, number), item
    elif isinstance(field, fields.Nested):
        for number, item in enumerate(value if field.many else [value]):
            start: Place = (*place, number) if field.many else place
            named = [(inner.data_key or key, inner) for key, inner in field.schema.load_fields.items()]
            yield from ((inner, key, (*start, key), item[key]) for key, inner in named if key in item)
