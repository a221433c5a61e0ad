"""Values of reports and figures as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from polyclinic.sdk.money import format_day, format_moment, format_money, format_number
from polyclinic.sdk.reports import Column, ColumnType, Period
from polyclinic_reporting.exports.report_table import ReportTable

UNKNOWN = "\N{EN DASH}"


def period_text(table: ReportTable) -> str:
    """Return the days that a report is about, in words."""
    if table.definition.period is Period.DAY or table.first_on == table.last_on:
        return format_day(table.last_on)
    return f"{format_day(table.first_on)} to {format_day(table.last_on)}"


def cell_text(column: Column, row: Mapping[str, Any], zone: str = "UTC") -> str:
    """Return a value as people read it."""
    value = row[column.name]
    if value is None:
        return UNKNOWN
    match column.type:
        case ColumnType.MONEY:
            return format_money(value, row[column.currency])
        case ColumnType.DATE:
            return format_day(value)
        case ColumnType.INSTANT:
            return format_moment(value, zone)
        case _:
            return _plain_text(column, value)


def total_text(column: Column, total: Any) -> str:
    """Return a total as people read it; nothing where there is none."""
    if total is None:
        return ""
    if column.type is ColumnType.MONEY:
        return " · ".join(format_money(minor, currency) for currency, minor in total.items())
    return _plain_text(column, total)


def _plain_text(column: Column, value: Any) -> str:
    match column.type:
        case ColumnType.PERCENT:
            return f"{format_number(value, digits=1)} %"
        case ColumnType.MINUTES:
            return minutes_text(int(value))
        case ColumnType.INTEGER:
            return format_number(value)
        case ColumnType.DECIMAL:
            return format_number(Decimal(value))
        case _:
            return str(value)


def minutes_text(minutes: int) -> str:
    """Return a length of time: 45 min, 2 h, 2 h 05 min."""
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else ""
    if not hours:
        return f"{sign}{rest} min"
    return f"{sign}{format_number(hours)} h" + (f" {rest:02d} min" if rest else "")
