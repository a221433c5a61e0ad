"""XLSX: one sheet with headings for people, typed cells, and a sheet that says what was asked."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from polyclinic.sdk.reports import Column, ColumnType
from polyclinic_reporting.exports.report_table import Cell, ReportTable, cell_of

WIDTHS = {ColumnType.TEXT: 28, ColumnType.ID: 38, ColumnType.INSTANT: 20}
FORMATS = {
    ColumnType.DATE: "yyyy-mm-dd",
    ColumnType.INSTANT: "yyyy-mm-dd hh:mm",
    ColumnType.MONEY: "#,##0.00",
    ColumnType.PERCENT: "0.0",
}


def write_xlsx(table: ReportTable) -> bytes:
    """Return the report as a workbook; instants are written in UTC, because a cell knows no zone."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Report")
    for number, column in enumerate(table.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(column.type, 14)
    sheet.freeze_panes = "A2"
    sheet.append([_heading(sheet, column) for column in table.columns])
    for row in table.rows:
        sheet.append([_cell(sheet, column, cell_of(column, row)) for column in table.columns])
    _describe(book, table)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _describe(book: Workbook, table: ReportTable) -> None:
    sheet = book.create_sheet("About")
    sheet.column_dimensions["A"].width = 14
    sheet.column_dimensions["B"].width = 80
    lines = [
        ("Report", table.definition.title),
        ("About", table.definition.description),
        ("From", table.first_on.isoformat()),
        ("Until", table.last_on.isoformat()),
        ("Clinics", ", ".join(table.clinics)),
    ]
    for name, words in lines:
        sheet.append([_text(sheet, name), _text(sheet, words)])


def _heading(sheet: Any, column: Column) -> SheetCell:
    unit = f" ({column.unit})" if column.unit else " (UTC)" if column.type is ColumnType.INSTANT else ""
    cell = _text(sheet, f"{column.title}{unit}")
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, column: Column, value: Cell) -> Any:
    if isinstance(value, str):
        return _text(sheet, value)
    if isinstance(value, datetime):
        value = value.astimezone(UTC).replace(tzinfo=None)
    if isinstance(value, date | Decimal) and column.type in FORMATS:
        cell = WriteOnlyCell(sheet)
        cell.value = value
        cell.number_format = FORMATS[column.type]
        return cell
    return value


def _text(sheet: Any, text: str) -> SheetCell:
    """Return a cell that is text whatever it begins with; a formula is never written."""
    cell: SheetCell = WriteOnlyCell(sheet)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    return cell
