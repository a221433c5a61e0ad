"""CSV (RFC 4180), UTF-8; the headings are the names of the columns, so that programs can rely on them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

from polyclinic_reporting.exports.report_table import Cell, ReportTable, cell_of, without_formula


def write_csv(table: ReportTable) -> bytes:
    """Return the rows as CSV, without totals: programs add up for themselves."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([column.name for column in table.columns])
    columns = table.columns
    writer.writerows([_text(cell_of(column, row)) for column in columns] for row in table.rows)
    return file.getvalue().encode()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    return without_formula(cell) if isinstance(cell, str) else str(cell)
