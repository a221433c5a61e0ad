"""Charts draw money by currency in whole units, time in hours, and tell bars of the same name apart."""

import json
from datetime import date
from decimal import Decimal

from polyclinic.sdk.reports import Chart, ChartKind, Column, ColumnType, ReportDefinition
from polyclinic_reporting.charts import POINTS_DRAWN, chart_of, chart_of_days
from polyclinic_reporting.exports.report_table import ReportTable

COLUMNS = (
    Column("who", "Therapist"),
    Column("kind", "What for"),
    Column("net_minor", "Net", ColumnType.MONEY, currency="currency"),
    Column("currency", "Currency"),
    Column("booked", "Booked", ColumnType.MINUTES),
    Column("share", "Share", ColumnType.PERCENT),
)


def row(who, net, currency, booked=90, share="12.5", kind="visit"):
    return {
        "who": who,
        "kind": kind,
        "net_minor": net,
        "currency": currency,
        "booked": booked,
        "share": Decimal(share),
    }


def drawn(chart, *rows):
    definition = ReportDefinition("a.b", "Title", "Group", "", COLUMNS, lambda *_: (), "appointments:read", chart=chart)
    table = ReportTable(definition, date(2026, 11, 1), date(2026, 11, 30), ["North"], rows, {})
    text = chart_of(table)
    return json.loads(text) if text else None


def test_money_of_two_currencies_is_two_series_in_whole_units():
    chart = Chart(ChartKind.BAR, "who", ("net_minor",), within="kind")

    found = drawn(chart, row("Ana", 12345, "GBP"), row("Emily", 700, "JPY"), row(None, 100, "GBP", kind="package"))

    assert found == {
        "kind": "bar",
        "x": "Therapist",
        "labels": ["Ana\nvisit", "Emily\nvisit", "\N{EN DASH}\npackage"],
        "series": [
            {"title": "Net", "unit": "GBP", "values": ["123.45", None, "1.00"]},
            {"title": "Net", "unit": "JPY", "values": [None, "700", None]},
        ],
    }


def test_time_is_drawn_in_hours_and_shares_in_per_cent():
    found = drawn(Chart(ChartKind.BAR, "who", ("booked", "share")), row("Ana", 1, "GBP"), row("Ben", 1, "GBP", 20, "0"))

    assert found["series"] == [
        {"title": "Booked", "unit": "h", "values": ["1.50", "0.33"]},
        {"title": "Share", "unit": "%", "values": ["12.5", "0"]},
    ]


def test_one_row_and_too_many_rows_are_not_drawn():
    chart = Chart(ChartKind.BAR, "who", ("booked",))
    many = [row("Ana", 1, "GBP")] * (POINTS_DRAWN + 1)

    assert [drawn(chart, *many[:1]), drawn(chart, *many), drawn(None, *many[:2])] == [None, None, None]


def test_days_are_drawn_from_the_first_on():
    found = json.loads(chart_of_days("Completed visits", date(2026, 2, 28), [3, 0]))

    assert (found["labels"], found["series"]) == (
        ["28 Feb 2026", "1 Mar 2026"],
        [{"title": "Completed visits", "unit": "", "values": [3, 0]}],
    )
