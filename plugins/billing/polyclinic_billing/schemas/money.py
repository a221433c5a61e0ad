"""Money as JSON has it: digits as text beside the currency."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as mf
from marshmallow import validate

from polyclinic.sdk.api import Schema
from polyclinic.sdk.errors import Invalid
from polyclinic.sdk.money import format_amount
from polyclinic_billing.rules.currencies import checked_currency, minor_of

NO_CURRENCY = "Name the currency, for example GBP: an amount without one means nothing."
NO_AMOUNT = "Give the amount as digits in a text, for example 55.00."


class MoneySchema(Schema):
    """An amount of money."""

    amount = mf.String(
        required=True,
        validate=validate.Length(1, 24),
        error_messages={"required": NO_AMOUNT, "null": NO_AMOUNT},
        metadata={"description": "Decimal digits.", "example": "55.00"},
    )
    currency = mf.String(
        required=True,
        error_messages={"required": NO_CURRENCY, "null": NO_CURRENCY},
        metadata={"description": "ISO 4217 code.", "example": "GBP"},
    )


class Money(mf.Nested):
    """Shows the minor units of an attribute in the row's currency; null where either is unknown."""

    def __init__(self, attribute: str, **options: Any) -> None:
        super().__init__(MoneySchema, attribute=attribute, dump_only=True, **options)

    # Two of marshmallow's own classes call the first argument differently.
    def _serialize(  # type: ignore[override]
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> dict[str, str] | None:
        del attr, kwargs
        if value is None or obj.currency is None:
            return None
        return {"amount": format_amount(value, obj.currency), "currency": obj.currency}


def money_of(value: dict[str, str], field: str = "amount") -> tuple[int, str]:
    """Return minor units and currency of a loaded `MoneySchema`; raises `Invalid` at its place."""
    currency = checked_currency(value["currency"], f"{field}.currency")
    return minor_of(value["amount"], currency, f"{field}.amount"), currency


def amount_in(body: dict[str, Any], field: str = "amount") -> dict[str, Any]:
    """Return a body whose money is replaced by `amount_minor` and `currency`."""
    minor, currency = money_of(body.pop(field), field)
    return body | {"amount_minor": minor, "currency": currency}


def money_in(value: dict[str, str], currency: str | None, field: str) -> int:
    """Return minor units of a loaded `MoneySchema` that must be in a currency; raises `Invalid` at its place."""
    minor, named = money_of(value, field)
    if currency is not None and named != currency:
        raise Invalid({f"{field}.currency": f"The invoice is in {currency}. Give the amount in that."})
    return minor
