"""Money as people write it."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.kit.money import (
    AmountError,
    as_decimal,
    currency_digits,
    format_amount,
    format_day,
    format_moment,
    format_money,
    format_number,
    format_rate,
    is_currency,
    minor_units,
    parse_amount,
)

CURRENCIES = ("GBP", "EUR", "JPY", "KWD", "CHF")


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "words"),
    [
        (123450, "GBP", "en_GB", "£1,234.50"),
        (123450, "GBP", "en", "£1,234.50"),
        (-5, "GBP", "en_GB", "-£0.05"),
        (1500, "JPY", "en_GB", "JP¥1,500"),
        (1500, "KWD", "en_GB", "KWD1.500"),
        (123450, "EUR", "de_DE", "1.234,50\u00a0€"),
        (123450, "EUR", "de-DE", "1.234,50\u00a0€"),
        (2**62, "GBP", "en_GB", "£46,116,860,184,273,879.04"),
        (100, "GBP", "no such locale", "£1.00"),
    ],
)
def test_money_is_written_with_the_digits_of_its_currency(minor, currency, locale, words):
    assert format_money(minor, currency, locale) == words


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("52.50", "GBP", 5250),
        ("52,5", "GBP", 5250),
        ("52.", "GBP", 5200),
        (".5", "GBP", 50),
        ("1,234.50", "GBP", 123450),
        ("1.234,50", "EUR", 123450),
        ("1 234,50", "EUR", 123450),
        ("1\u2019234.50", "CHF", 123450),
        ("1,234", "GBP", 123400),
        ("1,234,567", "GBP", 123456700),
        ("-3", "GBP", -300),
        ("\u22123", "GBP", -300),
        ("1500", "JPY", 1500),
        ("1,500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        (" 7 ", "GBP", 700),
    ],
)
def test_amounts_are_read_as_people_type_them(text, currency, minor):
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["", "-", ".", "abc", "1.234", "1.2.3", "1,23,456", "12,34.5", "1e3", "NaN", "1" * 16, "١٢"]
)
def test_a_text_that_is_no_amount_is_refused(text):
    with pytest.raises(AmountError):
        parse_amount(text, "GBP")


@given(st.integers(-(10**12), 10**12), st.sampled_from(CURRENCIES))
def test_what_a_field_holds_is_read_back(minor, currency):
    assert parse_amount(format_amount(minor, currency), currency) == minor


@given(st.text())
def test_reading_an_amount_raises_nothing_but_its_own_error(text):
    with contextlib.suppress(AmountError):
        assert isinstance(parse_amount(text, "GBP"), int)


def test_rounding_is_half_up():
    assert [minor_units(Decimal(value), "GBP") for value in ("0.004", "0.005", "-0.005", "1.115")] == [0, 1, -1, 112]


def test_currencies_are_known_by_their_codes():
    assert [is_currency(code) for code in ("GBP", "gbp", "XYZ", "")] == [True, False, False, False]
    assert [currency_digits(code) for code in CURRENCIES] == [2, 2, 0, 3, 2]


def test_numbers_rates_and_days_follow_the_locale():
    instant = datetime(2026, 7, 1, 16, 5, tzinfo=UTC)

    assert [
        format_number(1234567),
        format_number(Decimal("1234.5"), "de_DE"),
        format_number(Decimal("1.5"), digits=2),
        format_rate(Decimal("0.055")),
        format_rate(Decimal("0.2"), "de_DE"),
        format_day(date(2026, 11, 29)),
        format_moment(instant, "Europe/London"),
    ] == ["1,234,567", "1.234,5", "1.50", "5.5%", "20\u00a0%", "29 Nov 2026", "1 Jul 2026, 17:05"]


def test_a_number_that_is_not_finite_is_none():
    assert [as_decimal(text) for text in ("0.20", "5,5", "NaN", "Infinity", "x")] == [
        Decimal("0.20"), Decimal("5.5"), None, None, None,
    ]  # fmt: skip
