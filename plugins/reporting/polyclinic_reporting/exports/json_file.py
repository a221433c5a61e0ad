"""JSON: the question, the columns and the rows; money as decimal strings."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from polyclinic.sdk.money import format_amount
from polyclinic.sdk.reports import Column, ColumnType
from polyclinic_reporting.exports.report_table import Cell, ReportTable, cell_of


def as_plain(table: ReportTable) -> dict[str, Any]:
    """Return the report as JSON-ready values; REST answers the same."""
    return {
        "report": table.definition.key,
        "first_on": table.first_on.isoformat(),
        "last_on": table.last_on.isoformat(),
        "clinics": list(table.clinics),
        "columns": [
            {"name": column.name, "title": column.title, "type": column.type.value, "unit": column.unit}
            for column in table.columns
        ],
        "rows": [{column.name: _plain(cell_of(column, row)) for column in table.columns} for row in table.rows],
        "totals": {column.name: _total(column, table) for column in table.columns if column.name in table.totals},
    }


def write_json(table: ReportTable) -> bytes:
    """Return the report as a JSON file."""
    return json.dumps(as_plain(table), ensure_ascii=False).encode()


def _plain(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, Decimal) else cell


def _total(column: Column, table: ReportTable) -> Any:
    total = table.totals[column.name]
    if column.type is ColumnType.MONEY:
        return [{"amount": format_amount(minor, currency), "currency": currency} for currency, minor in total.items()]
    return _plain(total)
