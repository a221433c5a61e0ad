"""Amounts at the edges: a currency must be named, and nothing is rounded on the way in."""

from __future__ import annotations

from polyclinic.sdk.errors import Invalid
from polyclinic.sdk.money import AmountError, format_amount, is_currency, parse_amount


def checked_currency(currency: str | None, field: str = "currency") -> str:
    """Return the code in capitals; raises `Invalid` for a missing or unknown one."""
    code = (currency or "").strip().upper()
    if not code:
        raise Invalid({field: "Name the currency, for example GBP: an amount without one means nothing."})
    if not is_currency(code):
        raise Invalid({field: f'"{code[:8]}" is no currency. Give the ISO 4217 code, for example GBP.'})
    return code


def minor_of(amount: str, currency: str, field: str = "amount") -> int:
    """Return an amount in minor units; raises `Invalid` for what is none, or has more digits than the currency."""
    try:
        return parse_amount(amount, currency)
    except AmountError as error:
        raise Invalid({field: str(error)}) from error


def money_text(minor: int, currency: str) -> str:
    """Return an amount as an error says it: `55.00 GBP`."""
    return f"{format_amount(minor, currency)} {currency}"
