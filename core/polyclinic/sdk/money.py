"""Money, numbers and dates as people write them: integer minor units in, words out, no float in between.

Templates write an amount with `ui.money(minor, currency)` or the filter `money`.
"""

from polyclinic.kit.money import (
    AmountError,
    currency_codes,
    currency_digits,
    format_amount,
    format_day,
    format_moment,
    format_money,
    format_number,
    format_rate,
    is_currency,
    major_units,
    minor_units,
    parse_amount,
)

__all__ = [
    "AmountError",
    "currency_codes",
    "currency_digits",
    "format_amount",
    "format_day",
    "format_moment",
    "format_money",
    "format_number",
    "format_rate",
    "is_currency",
    "major_units",
    "minor_units",
    "parse_amount",
]
