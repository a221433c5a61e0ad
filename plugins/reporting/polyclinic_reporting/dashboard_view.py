"""What the dashboards show: every clinic of the chain in a line, and one clinic's figures as tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from polyclinic.sdk.money import format_money, format_number
from polyclinic.sdk.reports import ColumnType, DailyFigure
from polyclinic_reporting.asking import Question
from polyclinic_reporting.periods import PRESET_TITLES, Preset
from polyclinic_reporting.queries.month import ClinicMonth
from polyclinic_reporting.value_text import UNKNOWN, minutes_text

BOOKED, BOOKABLE = "core.minutes_booked", "core.minutes_bookable"
TREND = "core.completed"
PRESETS = (
    *(Preset.TODAY, Preset.THIS_WEEK, Preset.LAST_WEEK, Preset.THIS_MONTH, Preset.LAST_MONTH),
    *(Preset.THIS_QUARTER, Preset.THIS_YEAR),
)
BEFORE: Mapping[Preset, Preset] = {
    Preset.TODAY: Preset.YESTERDAY,
    Preset.THIS_WEEK: Preset.LAST_WEEK,
    Preset.THIS_MONTH: Preset.LAST_MONTH,
    Preset.THIS_QUARTER: Preset.LAST_QUARTER,
    Preset.THIS_YEAR: Preset.LAST_YEAR,
}
"""The period that a running one is held against."""

Sums: TypeAlias = Mapping[str, Mapping[str, int]]
"""Figure -> currency ("" for numbers) -> value."""


@dataclass(frozen=True)
class Period:
    """The period of a dashboard."""

    preset: Preset
    first_on: date
    last_on: date

    @property
    def title(self) -> str:
        """Return the period in words."""
        return PRESET_TITLES[self.preset]


@dataclass(frozen=True)
class PeriodLink:
    """A period to choose."""

    label: str
    url: str
    is_current: bool


DashboardColumn: TypeAlias = Mapping[str, Any]
"""A column as the macro `table` takes it."""


@dataclass(frozen=True)
class DashboardRow:
    """One clinic, or the whole chain; `trend` are the completed visits of the last days, oldest first."""

    name: str
    url: str
    cells: Mapping[str, str]
    trend: Sequence[int] = ()
    trend_label: str = ""


@dataclass(frozen=True)
class FigureTile:
    """One figure of a clinic; `url` leads to the rows behind it."""

    label: str
    value: str
    note: str
    url: str


def sums_of(month: ClinicMonth) -> dict[str, dict[str, int]]:
    """Return a clinic's figures by key and currency."""
    found: dict[str, dict[str, int]] = {}
    for figure in month.figures:
        found.setdefault(figure.key, {})[figure.currency] = figure.value
    return found


def added(all_sums: Sequence[Sums]) -> dict[str, dict[str, int]]:
    """Return the figures of several clinics added up."""
    total: dict[str, dict[str, int]] = {}
    for sums in all_sums:
        for key, by_currency in sums.items():
            for currency, value in by_currency.items():
                known = total.setdefault(key, {})
                known[currency] = known.get(currency, 0) + value
    return total


def figure_text(figure: DailyFigure, sums: Sums) -> str:
    """Return a figure as people read it; zero where nothing happened, nothing for money in no currency."""
    by_currency = sums.get(figure.key, {})
    if figure.type is ColumnType.MONEY:
        return " · ".join(format_money(minor, currency) for currency, minor in sorted(by_currency.items())) or UNKNOWN
    value = by_currency.get("", 0)
    return minutes_text(value) if figure.type is ColumnType.MINUTES else format_number(value)


def utilisation_text(sums: Sums) -> str:
    """Return booked of bookable time in per cent."""
    bookable = sums.get(BOOKABLE, {}).get("", 0)
    if not bookable:
        return UNKNOWN
    share = Decimal(100 * sums.get(BOOKED, {}).get("", 0)) / Decimal(bookable)
    return f"{format_number(share, digits=0)} %"


def columns_of(figures: Sequence[DailyFigure]) -> list[DashboardColumn]:
    """Return the columns of the chain's table: the clinic, its use, every figure but the two that make the use."""
    shown = [(figure.key, figure.title) for figure in figures if figure.key not in {BOOKED, BOOKABLE}]
    use = [("use", "Utilisation")] if {BOOKED, BOOKABLE} <= {figure.key for figure in figures} else []
    numbers = [{"key": key, "label": label, "number": True} for key, label in [*use, *shown]]
    return [{"key": "name", "label": "Clinic"}, *numbers]


def row_of(name: str, url: str, figures: Sequence[DailyFigure], sums: Sums) -> DashboardRow:
    """Return one line of the chain's table."""
    cells = {figure.key: figure_text(figure, sums) for figure in figures}
    return DashboardRow(name, url, cells | {"use": utilisation_text(sums)})


def with_trend(row: DashboardRow, values: Sequence[int]) -> DashboardRow:
    """Return a line with the completed visits of the last days."""
    label = f"{row.name}: completed visits of the last {len(values)} days, {min(values)} to {max(values)} a day"
    return replace(row, trend=values, trend_label=label)


def tiles_of(
    figures: Sequence[DailyFigure], sums: Sums, before: Sums | None, question: Question, clinic_id: UUID
) -> list[FigureTile]:
    """Return a clinic's figures as tiles; with `before` each says what it was in the period before."""
    tiles = [
        FigureTile(
            figure.title,
            figure_text(figure, sums),
            f"before: {figure_text(figure, before)}" if before is not None else "",
            behind(figure, question, clinic_id),
        )
        for figure in figures
        if figure.key not in {BOOKED, BOOKABLE}
    ]
    use = next((figure for figure in figures if figure.key == BOOKABLE), None)
    if use is not None:
        note = f"before: {utilisation_text(before)}" if before is not None else ""
        tiles.insert(0, FigureTile("Utilisation", utilisation_text(sums), note, behind(use, question, clinic_id)))
    return tiles


def behind(figure: DailyFigure, question: Question, clinic_id: UUID) -> str:
    """Return the address of the rows behind a figure at a clinic; empty where there are none to show."""
    if not figure.report:
        return ""
    return replace(question, report=figure.report, clinic_ids=(clinic_id,), params=figure.params).url()
