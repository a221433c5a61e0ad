"""The published read models `pub.v1_*` as data: columns with their meaning, tables for SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Time,
    Uuid,
    and_,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "pub"
_METADATA = MetaData(schema=SCHEMA)
_WIDEST_OFFSET = timedelta(hours=15)

_TYPES: dict[str, Callable[[], Any]] = {
    "uuid": Uuid,
    "text": Text,
    "text[]": lambda: ARRAY(Text),
    "integer": Integer,
    "bigint": BigInteger,
    "smallint": SmallInteger,
    "numeric": Numeric,
    "boolean": Boolean,
    "date": Date,
    "time": Time,
    "timestamp": lambda: DateTime(timezone=False),
    "timestamptz": lambda: DateTime(timezone=True),
    "jsonb": JSONB,
}

Described: TypeAlias = tuple[str, str, str]
"""Name, PostgreSQL type and meaning of a column; a `?` behind the type says that it may be null."""


@dataclass(frozen=True)
class ViewColumn:
    """One documented column of a view."""

    name: str
    type: str
    meaning: str
    is_nullable: bool


@dataclass(frozen=True)
class PublishedView:
    """One view that plugins may read; its columns only ever become more within a major version of the contract.

    `by_clinic` says that it shows rows of the actor's clinics alone; the others show the whole organisation's.
    """

    name: str
    meaning: str
    columns: tuple[ViewColumn, ...]
    by_clinic: bool

    @property
    def table_name(self) -> str:
        """Return the view's name in the schema `pub`."""
        return f"v1_{self.name}"


ORGANISATION_ID: Described = ("organisation_id", "uuid", "The organisation; filter by it in every statement.")


def view(name: str, meaning: str, *columns: Described, by_clinic: bool) -> PublishedView:
    """Return a view whose columns start with the organisation's id."""
    made = tuple(
        ViewColumn(column, kind.removesuffix("?"), what, kind.endswith("?"))
        for column, kind, what in (ORGANISATION_ID, *columns)
    )
    return PublishedView(name, meaning, made, by_clinic)


@cache
def table_of(published: PublishedView) -> Table:
    """Return the view as a SQLAlchemy table, for selects alone."""
    return Table(
        published.table_name,
        _METADATA,
        *(SqlColumn(c.name, _TYPES[c.type](), nullable=c.is_nullable) for c in published.columns),
        info={"meaning": published.meaning},
    )


def on_days(source: FromClause, first_on: date, last_on: date) -> ColumnElement[bool]:
    """Return the condition "its local day `on_date` lies from first_on to last_on", in a form that uses the indexes.

    For views with `on_date` and one of `starts_at` and `service_at`. A day begins at another instant in every time
    zone: the instants narrow the search by index, `on_date` decides.
    """
    columns = source.c
    instant = columns.starts_at if "starts_at" in columns else columns.service_at
    earliest = datetime.combine(first_on, time.min, UTC) - _WIDEST_OFFSET
    latest = datetime.combine(last_on, time.max, UTC) + _WIDEST_OFFSET
    return and_(instant >= earliest, instant <= latest, columns.on_date >= first_on, columns.on_date <= last_on)
