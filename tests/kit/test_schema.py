"""The compiled dump equals marshmallow's own."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, post_dump

from polyclinic.kit.schema import Instant, Schema, compiled_dump, to_json


@dataclass(frozen=True)
class Inner:
    name: str | None
    count: int


@dataclass(frozen=True)
class Row:
    id: UUID | None
    name: str | None
    at: datetime | None
    on: date | None
    amount: Decimal | None
    is_open: bool | None
    tags: list[str] | None
    ids: list[UUID]
    inner: Inner | None
    inners: list[Inner] | None
    detail: dict[str, int]


class InnerSchema(Schema):
    name = fields.String()
    count = fields.Integer()


class RowSchema(Schema):
    id = fields.UUID()
    name = fields.String(data_key="title")
    at = Instant()
    on = fields.Date()
    amount = fields.Decimal(as_string=True)
    is_open = fields.Boolean()
    tags = fields.List(fields.String())
    ids = fields.List(fields.UUID())
    inner = fields.Nested(InnerSchema)
    inners = fields.List(fields.Nested(InnerSchema))
    detail = fields.Dict()


TEXT = st.text(max_size=20)
WHOLE = st.integers(-(2**53), 2**53)
INNER = st.builds(Inner, st.none() | TEXT, WHOLE)
ROWS = st.builds(
    Row,
    id=st.none() | st.uuids(),
    name=st.none() | TEXT,
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    on=st.none() | st.dates(),
    amount=st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    is_open=st.none() | st.booleans(),
    tags=st.none() | st.lists(TEXT, max_size=3),
    ids=st.lists(st.uuids(), max_size=3),
    inner=st.none() | INNER,
    inners=st.none() | st.lists(INNER, max_size=3),
    detail=st.dictionaries(TEXT, WHOLE, max_size=3),
)


@given(ROWS)
def test_compiled_dump_equals_the_stock_dump(row: Row):
    compiled = compiled_dump(RowSchema)

    assert compiled is not None
    assert compiled(row) == RowSchema().dump(row)


@given(ROWS)
def test_json_equals_the_stock_dump(row: Row):
    written = orjson.loads(to_json(RowSchema().json_rows([row])))

    assert written == [RowSchema().dump(row)]


def test_instants_of_other_zones_are_written_in_utc():
    class VisitSchema(Schema):
        at = Instant()

    visit = SimpleNamespace(at=datetime(2026, 11, 23, 10, 15, tzinfo=ZoneInfo("Europe/Vienna")))

    assert to_json(VisitSchema().json_row(visit)) == b'{"at":"2026-11-23T09:15:00Z"}'


def test_schema_with_a_hook_falls_back_to_the_stock_dump():
    class HookedSchema(Schema):
        name = fields.String()

        @post_dump
        def shout(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
            return {"name": data["name"].upper()}

    assert compiled_dump(HookedSchema) is None
    assert HookedSchema().dump_rows([Inner("a", 1)]) == [{"name": "A"}]
    assert HookedSchema().json_rows([Inner("a", 1)]) == [{"name": "A"}]
