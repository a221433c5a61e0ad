"""Money, numbers and dates as people write them: integer minor units in, words out; never a float in between."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from polyclinic.kit.zones import to_local

DEFAULT_LOCALE = "en_GB"
LONGEST_AMOUNT = 15
"""Digits of an amount that is read: more are a typing error, and 10**15 minor units still fit a bigint."""

_SPACES = re.compile(r"[\s'\u2019]+")
_PLAIN = re.compile(r"(?P<whole>[0-9]*)(?:[.,](?P<rest>[0-9]*))?")
_BY_COMMA = re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<rest>[0-9]*))?")
_BY_POINT = re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+)(?:,(?P<rest>[0-9]*))")


class AmountError(ValueError):
    """A text that is no amount of money; the message says how to write one."""


@lru_cache(maxsize=1)
def currency_codes() -> frozenset[str]:
    """Return every ISO 4217 code that is known."""
    return frozenset(code for code in get_global("all_currencies") if len(code) == 3)


def is_currency(code: str) -> bool:
    """Tell whether `code` is an ISO 4217 code in capitals."""
    return code in currency_codes()


@lru_cache(maxsize=256)
def currency_digits(currency: str) -> int:
    """Return how many digits the currency's minor unit has: 2 for GBP, 0 for JPY."""
    return int(get_currency_precision(currency))


def major_units(minor: int, currency: str) -> Decimal:
    """Return an amount in the currency's major unit, exactly."""
    return Decimal(minor).scaleb(-currency_digits(currency))


def minor_units(amount: Decimal, currency: str) -> int:
    """Return an amount of major units in minor units, rounded half up."""
    return int(amount.scaleb(currency_digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def format_money(minor: int, currency: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return an amount with its currency: £1,234.50."""
    return format_currency(major_units(minor, currency), currency, locale=babel_locale(locale))


def format_amount(minor: int, currency: str) -> str:
    """Return an amount as a form field holds it, without currency and grouping: 1234.50."""
    return f"{major_units(minor, currency):.{currency_digits(currency)}f}"


def parse_amount(text: str, currency: str) -> int:
    """Return the minor units of what somebody typed: `1,234.50`, `1.234,50`, `1 234.5` and `1234,5` are the same.

    Raises `AmountError` for anything else, and for more digits than the currency has: nothing is rounded or guessed.
    """
    digits = currency_digits(currency)
    cleaned = _SPACES.sub("", text).replace("\u2212", "-")
    is_negative, unsigned = cleaned.startswith("-"), cleaned.removeprefix("-")
    whole, rest = _parts(unsigned, currency)
    if len(rest) > digits:
        raise AmountError(f"{currency} has {digits} digits after the decimal sign.")
    if len(whole) + digits > LONGEST_AMOUNT:
        raise AmountError("This amount is too large.")
    minor = int((whole or "0") + rest.ljust(digits, "0"))
    return -minor if is_negative else minor


def _parts(text: str, currency: str) -> tuple[str, str]:
    """Return the digits before and after the decimal sign."""
    patterns = (_PLAIN, _BY_COMMA, _BY_POINT) if currency_digits(currency) > 2 else (_BY_COMMA, _BY_POINT, _PLAIN)
    for pattern in patterns:
        found = pattern.fullmatch(text)
        if found and (found["whole"] or found["rest"]):
            return re.sub(r"[.,]", "", found["whole"]), found["rest"] or ""
    example = format_amount(52 * 10 ** currency_digits(currency), currency)
    raise AmountError(f"Give an amount such as {example}.")


def format_number(value: Decimal | int, locale: str = DEFAULT_LOCALE, *, digits: int | None = None) -> str:
    """Return a number with the locale's grouping; `digits` fixes how many stand after the decimal sign."""
    if digits is None:
        return format_decimal(value, locale=babel_locale(locale))
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=babel_locale(locale))


def format_rate(rate: Decimal, locale: str = DEFAULT_LOCALE) -> str:
    """Return a rate, given as a fraction, in per cent: 0.2 is 20%, 0.055 is 5.5%."""
    return format_percent(rate, locale=babel_locale(locale), decimal_quantization=False)


def format_day(day: date, locale: str = DEFAULT_LOCALE) -> str:
    """Return a day: 29 Nov 2026."""
    return babel_date(day, format="medium", locale=babel_locale(locale))


def format_moment(instant: datetime, zone: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return an instant in a zone's wall time: 29 Nov 2026, 17:05."""
    return babel_datetime(to_local(instant, zone), format="d MMM y, HH:mm", locale=babel_locale(locale))


@lru_cache(maxsize=64)
def babel_locale(name: str) -> Locale:
    """Return Babel's locale; plain English is British, and an unknown one falls back to it."""
    try:
        parsed = Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse(DEFAULT_LOCALE)
    return Locale.parse(DEFAULT_LOCALE) if str(parsed) == "en" else parsed


def as_decimal(text: str) -> Decimal | None:
    """Return a finite number, or None for a text that is none."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
