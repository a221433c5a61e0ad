"""Totals of a report's columns: money for each currency on its own, shares as a ratio of sums, never as a mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from polyclinic.sdk.reports import Column, ColumnType, Total

Row: TypeAlias = Mapping[str, Any]
TENTH = Decimal("0.1")


def totals_of(columns: Sequence[Column], rows: Sequence[Row]) -> dict[str, Any]:
    """Return column name -> total; a money column's is a mapping of currency to minor units, in order of currency.

    Unknown values (null) are left out; a column of which nothing is known has no total.
    """
    found = {column.name: _total(column, rows) for column in columns if column.total is not Total.NONE}
    return {name: total for name, total in found.items() if total is not None}


def _total(column: Column, rows: Sequence[Row]) -> Any:
    if column.total is Total.RATIO:
        return _ratio(rows, column.numerator, column.denominator)
    if column.type is ColumnType.MONEY:
        return _by_currency(rows, column)
    return _sum(rows, column.name)


def _sum(rows: Sequence[Row], name: str) -> int | Decimal | None:
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def _ratio(rows: Sequence[Row], numerator: str, denominator: str) -> Decimal | None:
    known = [row for row in rows if row[numerator] is not None and row[denominator] is not None]
    whole = sum(row[denominator] for row in known)
    if not whole:
        return None
    part = sum(row[numerator] for row in known)
    return (Decimal(100 * part) / Decimal(whole)).quantize(TENTH, ROUND_HALF_UP)


def _by_currency(rows: Sequence[Row], column: Column) -> dict[str, int] | None:
    sums: dict[str, int] = {}
    for row in rows:
        if row[column.name] is not None:
            sums[row[column.currency]] = sums.get(row[column.currency], 0) + row[column.name]
    return dict(sorted(sums.items())) or None
