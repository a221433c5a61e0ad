"""Named periods: what "last month" means on a given day."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class Preset(StrEnum):
    """A period that moves along with the calendar; weeks begin on Monday."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_QUARTER = "this_quarter"
    LAST_QUARTER = "last_quarter"
    THIS_YEAR = "this_year"
    LAST_YEAR = "last_year"


PRESET_TITLES = {
    Preset.TODAY: "Today",
    Preset.YESTERDAY: "Yesterday",
    Preset.THIS_WEEK: "This week",
    Preset.LAST_WEEK: "Last week",
    Preset.THIS_MONTH: "This month",
    Preset.LAST_MONTH: "Last month",
    Preset.THIS_QUARTER: "This quarter",
    Preset.LAST_QUARTER: "Last quarter",
    Preset.THIS_YEAR: "This year",
    Preset.LAST_YEAR: "Last year",
}


def span_of(preset: Preset, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period, both included; a period that runs is whole, not cut at today."""
    match preset:
        case Preset.TODAY:
            return today, today
        case Preset.YESTERDAY:
            return today - timedelta(days=1), today - timedelta(days=1)
        case Preset.THIS_WEEK | Preset.LAST_WEEK:
            monday = today - timedelta(days=today.weekday() + 7 * (preset is Preset.LAST_WEEK))
            return monday, monday + timedelta(days=6)
        case Preset.THIS_MONTH | Preset.LAST_MONTH:
            return _months(today, months=1, back=preset is Preset.LAST_MONTH)
        case Preset.THIS_QUARTER | Preset.LAST_QUARTER:
            return _months(today, months=3, back=preset is Preset.LAST_QUARTER)
        case Preset.THIS_YEAR | Preset.LAST_YEAR:
            return _months(today, months=12, back=preset is Preset.LAST_YEAR)


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of a day."""
    return _months(day, months=1, back=False)


def _months(today: date, *, months: int, back: bool) -> tuple[date, date]:
    """Return the block of `months` months (a divisor of 12) that holds today, or the one before it."""
    index = today.year * 12 + (today.month - 1) // months * months - (months if back else 0)
    return _first_of(index), _first_of(index + months) - timedelta(days=1)


def _first_of(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)
