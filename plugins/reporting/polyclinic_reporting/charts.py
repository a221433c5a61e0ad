"""Charts as data: labels, and series of numbers that the script on the page draws. The exact ones are in the table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from polyclinic.sdk.money import format_day, major_units
from polyclinic.sdk.reports import ChartKind, Column, ColumnType
from polyclinic_reporting.exports.report_table import ReportTable
from polyclinic_reporting.value_text import cell_text

POINTS_DRAWN = 60
MINUTES_IN_AN_HOUR = 60

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Series:
    """One row of bars, or one line; a number is text where it is no whole one, None where nothing is known."""

    title: str
    unit: str
    values: Sequence[int | str | None]


def chart_of(table: ReportTable) -> str:
    """Return a report's chart as JSON; empty without one, with a single row or with too many."""
    chart = table.definition.chart
    if chart is None or not 1 < len(table.rows) <= POINTS_DRAWN:
        return ""
    columns = {column.name: column for column in table.columns}
    points = [row for row in table.rows if any(row[name] is not None for name in chart.series)]
    series = [one for name in chart.series for one in _series_of(columns[name], points)]
    places = [columns[name] for name in (chart.x, chart.within) if name]
    labels = ["\n".join(text for place in places if (text := cell_text(place, row))) for row in points]
    return _drawn(chart.kind, columns[chart.x].title, labels, series)


def chart_of_days(title: str, first_on: date, values: Sequence[int]) -> str:
    """Return a figure's days as JSON of a chart; empty where there are fewer than two days."""
    if len(values) < 2:
        return ""
    labels = [format_day(first_on + timedelta(days=number)) for number in range(len(values))]
    return _drawn(ChartKind.BAR, "Day", labels, [Series(title, "", values)])


def _drawn(kind: ChartKind, x: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    shown = [{"title": one.title, "unit": one.unit, "values": list(one.values)} for one in series]
    return json.dumps({"kind": kind.value, "x": x, "labels": list(labels), "series": shown})


def _series_of(column: Column, points: Sequence[Row]) -> Iterator[Series]:
    """Yield a column's series: one for each currency, because amounts of two never share a scale of bars."""
    if column.type is not ColumnType.MONEY:
        yield Series(column.title, _unit(column), [_number(column, row[column.name]) for row in points])
        return
    for currency in sorted({row[column.currency] for row in points if row[column.name] is not None}):
        values = [_amount(column, row) if row[column.currency] == currency else None for row in points]
        yield Series(column.title, currency, values)


def _unit(column: Column) -> str:
    known = {ColumnType.PERCENT: "%", ColumnType.MINUTES: "h"}
    return column.unit or known.get(column.type, "")


def _number(column: Column, value: Any) -> int | str | None:
    if value is None:
        return None
    if column.type is ColumnType.MINUTES:
        return str(round(Decimal(value) / MINUTES_IN_AN_HOUR, 2))
    return str(value) if isinstance(value, Decimal) else int(value)


def _amount(column: Column, row: Row) -> str | None:
    value = row[column.name]
    return None if value is None else str(major_units(value, row[column.currency]))
