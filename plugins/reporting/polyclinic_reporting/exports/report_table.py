"""One finished report: what was asked, and the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from polyclinic.sdk.money import major_units
from polyclinic.sdk.reports import Column, ColumnType, ReportDefinition

Cell: TypeAlias = str | int | Decimal | date | datetime | None


class Format(StrEnum):
    """The kind of file that a report is exported as."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
}


@dataclass(frozen=True)
class ReportTable:
    """A report's rows with the question they answer; `clinics` are the names of the clinics that were asked for."""

    definition: ReportDefinition
    first_on: date
    last_on: date
    clinics: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    totals: Mapping[str, Any]

    @property
    def columns(self) -> Sequence[Column]:
        """Return the report's columns."""
        return self.definition.columns

    def filename(self, kind: Format) -> str:
        """Return the name of the file: report and period."""
        name = self.definition.key.replace(".", "-").replace("_", "-")
        return f"{name}-{self.first_on.isoformat()}-{self.last_on.isoformat()}.{kind.value}"


def cell_of(column: Column, row: Mapping[str, Any]) -> Cell:
    """Return a row's value in a column as files hold it: money in major units, ids and texts as text."""
    value = row[column.name]
    if value is None:
        return None
    match column.type:
        case ColumnType.MONEY:
            return major_units(value, row[column.currency])
        case ColumnType.TEXT | ColumnType.ID:
            return str(value)
        case _:
            return value  # type: ignore[no-any-return]


def without_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
