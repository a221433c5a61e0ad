"""Files say what the report says, and hold no formula."""

import io
import json
from datetime import UTC, date, datetime

import openpyxl
import pytest

from polyclinic.sdk.reports import Column, ColumnType, ReportDefinition, Total
from polyclinic_reporting.exports.report_table import Format, ReportTable
from polyclinic_reporting.exports.writing import write_report
from polyclinic_reporting.totals import totals_of

COLUMNS = (
    Column("who", "Who"),
    Column("visits", "Visits", ColumnType.INTEGER, total=Total.SUM),
    Column("taken_minor", "Taken", ColumnType.MONEY, total=Total.SUM, currency="currency"),
    Column("currency", "Currency"),
    Column("on", "Day", ColumnType.DATE),
    Column("at", "At", ColumnType.INSTANT),
)
ROWS = (
    {
        "who": "Zoë Ångström",
        "visits": 3,
        "taken_minor": 12345,
        "currency": "GBP",
        "on": date(2026, 11, 2),
        "at": datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    },
    {"who": None, "visits": None, "taken_minor": 700, "currency": "JPY", "on": None, "at": None},
)
FORMULAS = ("=1+1", "+44 20", "-5", "@SUM(A1)", "\tx")


def table_of(rows=ROWS):
    definition = ReportDefinition(
        "core.example", "Example", "Visits", "An example.", COLUMNS, lambda *_: (), "appointments:read"
    )
    totals = totals_of(COLUMNS, rows)
    return ReportTable(definition, date(2026, 11, 1), date(2026, 11, 30), ["Harbour, North"], rows, totals)


def test_csv_has_names_plain_numbers_and_instants_in_utc():
    file = write_report(table_of(), Format.CSV)

    assert (file.filename, file.media_type) == ("core-example-2026-11-01-2026-11-30.csv", "text/csv; charset=utf-8")
    assert file.content.decode().splitlines() == [
        "who,visits,taken_minor,currency,on,at",
        "Zoë Ångström,3,123.45,GBP,2026-11-02,2026-11-02T09:30:00Z",
        ",,700,JPY,,",
    ]


def test_json_says_question_columns_rows_and_totals():
    answer = json.loads(write_report(table_of(), Format.JSON).content)

    assert (answer["report"], answer["first_on"], answer["clinics"]) == (
        "core.example",
        "2026-11-01",
        ["Harbour, North"],
    )
    assert answer["columns"][2] == {"name": "taken_minor", "title": "Taken", "type": "money", "unit": ""}
    assert answer["rows"][1] == {
        "who": None,
        "visits": None,
        "taken_minor": "700",
        "currency": "JPY",
        "on": None,
        "at": None,
    }
    assert answer["totals"] == {
        "visits": 3,
        "taken_minor": [{"amount": "123.45", "currency": "GBP"}, {"amount": "700", "currency": "JPY"}],
    }


def test_workbook_has_typed_cells_and_says_what_was_asked():
    book = openpyxl.load_workbook(io.BytesIO(write_report(table_of(), Format.XLSX).content))

    rows = list(book["Report"].iter_rows(values_only=True))
    assert rows[0] == ("Who", "Visits", "Taken", "Currency", "Day", "At (UTC)")
    assert rows[1][:4] == ("Zoë Ångström", 3, 123.45, "GBP")
    assert [rows[1][4].isoformat(), rows[1][5].isoformat()] == ["2026-11-02T00:00:00", "2026-11-02T09:30:00"]
    about = dict(book["About"].iter_rows(values_only=True))
    assert (about["Report"], about["Until"], about["Clinics"]) == ("Example", "2026-11-30", "Harbour, North")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text):
    table = table_of([ROWS[0] | {"who": text}])

    csv_line = write_report(table, Format.CSV).content.decode().splitlines()[1]
    sheet = openpyxl.load_workbook(io.BytesIO(write_report(table, Format.XLSX).content))["Report"]

    assert csv_line.lstrip('"').startswith(f"'{text[0]}")
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", text)


def test_characters_that_a_workbook_cannot_hold_are_left_out():
    table = table_of([ROWS[0] | {"who": "a\x07b"}])

    sheet = openpyxl.load_workbook(io.BytesIO(write_report(table, Format.XLSX).content))["Report"]

    assert sheet["A2"].value == "ab"


def test_hundred_thousand_rows_are_exported_whole():
    rows = [ROWS[0]] * 100_000

    file = write_report(table_of(rows), Format.CSV)

    assert file.content.count(b"\r\n") == 100_001
