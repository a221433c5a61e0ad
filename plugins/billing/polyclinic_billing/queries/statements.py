"""How statements are built and turned into rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.paging import Page, PageRequest, page_of

Row = TypeVar("Row")


def columns_of(model: Any, row_class: type[Any], *, without: frozenset[str] = frozenset()) -> list[Any]:
    """Return the model's columns that a row class names."""
    return [getattr(model, field.name) for field in fields(row_class) if field.name not in without]


def fetch(ctx: Ctx, statement: Select[*tuple[Any, ...]], row_class: type[Row], values: dict[str, Any]) -> list[Row]:
    """Return the rows of a statement; every statement names the organisation itself."""
    found = ctx.db.execute(statement, {"organisation_id": ctx.organisation_id, **values})
    return [row_class(**row) for row in found.mappings()]


def fetch_one(
    ctx: Ctx, statement: Select[*tuple[Any, ...]], row_class: type[Row], values: dict[str, Any]
) -> Row | None:
    """Return the first row, if there is one."""
    return next(iter(fetch(ctx, statement, row_class, values)), None)


def newest_first(
    ctx: Ctx, statement: Select[Any], row_class: type[Row], id_column: ColumnElement[UUID] | Any, page: PageRequest
) -> Page[Row]:
    """Return a page of rows, newest first: ids rise with the time of creation."""
    if page.after is not None:
        statement = statement.where(id_column < page.after[0])
    rows = fetch(ctx, statement.order_by(id_column.desc()).limit(page.limit + 1), row_class, {})
    return page_of(rows, page, lambda row: (row.id,))


def after(columns: Sequence[Any], key: Sequence[Any] | None) -> Iterable[ColumnElement[bool]]:
    """Return the condition of the next page of an ascending list, if there was one before."""
    return () if key is None else (tuple_(*columns) > tuple_(*key),)
