"""Writes a report in the format that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from polyclinic.sdk.documents import Document
from polyclinic_reporting.exports.csv_file import write_csv
from polyclinic_reporting.exports.json_file import write_json
from polyclinic_reporting.exports.report_table import MEDIA_TYPES, Format, ReportTable


def _write_xlsx(table: ReportTable) -> bytes:
    from polyclinic_reporting.exports.xlsx_file import write_xlsx  # noqa: PLC0415 -- slow import

    return write_xlsx(table)


WRITERS: Mapping[Format, Callable[[ReportTable], bytes]] = {
    Format.CSV: write_csv,
    Format.XLSX: _write_xlsx,
    Format.JSON: write_json,
}


def write_report(table: ReportTable, kind: Format) -> Document:
    """Return a report as a file to download or to send."""
    return Document(table.filename(kind), WRITERS[kind](table), MEDIA_TYPES[kind])
