"""Totals add up what can be added, and recompute shares."""

from decimal import Decimal

from polyclinic.sdk.reports import Column, ColumnType, Total
from polyclinic_reporting.totals import totals_of

COLUMNS = (
    Column("name", "Name"),
    Column("visits", "Visits", ColumnType.INTEGER, total=Total.SUM),
    Column("missed", "Missed", ColumnType.INTEGER, total=Total.SUM),
    Column("share", "Share", ColumnType.PERCENT, total=Total.RATIO, numerator="missed", denominator="visits"),
    Column("taken_minor", "Taken", ColumnType.MONEY, total=Total.SUM, currency="currency"),
    Column("currency", "Currency"),
)


def row(visits, missed, taken, currency="GBP"):
    share = None if not visits else Decimal(100 * missed) / visits
    values = {"name": "x", "visits": visits, "missed": missed, "share": share}
    return values | {"taken_minor": taken, "currency": currency}


def test_money_is_totalled_for_each_currency_and_shares_are_ratios_of_sums():
    rows = [row(1, 1, 1000), row(99, 0, 50, "EUR"), row(0, 0, None), row(100, 9, 200)]

    assert totals_of(COLUMNS, rows) == {
        "visits": 200,
        "missed": 10,
        "share": Decimal("5.0"),
        "taken_minor": {"EUR": 50, "GBP": 1200},
    }


def test_no_rows_have_no_totals():
    assert totals_of(COLUMNS, []) == {}


def test_share_of_nothing_is_unknown():
    assert "share" not in totals_of(COLUMNS, [row(0, 0, 5)])
