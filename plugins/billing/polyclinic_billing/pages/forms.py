"""What the forms of billing's pages send; amounts are texts until their currency is known."""

from __future__ import annotations

from typing import Any, TypeAlias

from marshmallow import ValidationError, fields, validate

from polyclinic.sdk.api import Schema
from polyclinic_billing.vocabulary import TILL_METHODS, Basis, TaxCategory

VERSION = 2**31 - 1
Messages: TypeAlias = dict[str, str | list[Any] | dict[Any, Any]]


def words(maximum: int, *, required: bool = True) -> fields.String:
    """Return a field of one text."""
    if not required:
        return fields.String(
            load_default="", validate=validate.Length(max=maximum, error=f"At most {maximum} characters.")
        )
    missing = "Fill this in."
    return fields.String(
        required=True,
        validate=[validate.Length(max=maximum, error=f"At most {maximum} characters."), _not_blank],
        error_messages={"required": missing, "null": missing},
    )


def version() -> fields.Integer:
    """Return the field of the version that a form was made from; without one the form is stale."""
    return fields.Integer(load_default=0, validate=validate.Range(0, VERSION))


def day(*, required: bool = False) -> fields.Date:
    """Return a field of a day."""
    messages: Messages = {"invalid": "Give a day, for example 2026-11-29.", "required": "Give a day."}
    return (
        fields.Date(required=True, error_messages=messages)
        if required
        else fields.Date(load_default=None, allow_none=True, error_messages=messages)
    )


def chosen(*, required: bool = False) -> fields.UUID:
    """Return a field of an id that was chosen from a list."""
    messages: Messages = {"invalid_uuid": "Choose from the list.", "required": "Choose from the list."}
    return (
        fields.UUID(required=True, error_messages=messages)
        if required
        else fields.UUID(load_default=None, allow_none=True, error_messages=messages)
    )


def _not_blank(value: str) -> None:
    if not value.strip():
        raise ValidationError("Fill this in.")


def _till_methods(*further: str) -> validate.OneOf:
    return validate.OneOf([*(method.value for method in TILL_METHODS), *further], error="Choose a method.")


class PayForm(Schema):
    """A payment."""

    amount = words(20)
    reference = words(100, required=False)
    method = fields.String(required=True, validate=_till_methods(), error_messages={"required": "Choose a method."})
    id = chosen()


class CheckoutForm(Schema):
    """Issue and pay in one act; `later` issues alone, `package` spends a visit of a package."""

    amount = words(20, required=False)
    reference = words(100, required=False)
    method = fields.String(
        required=True, validate=_till_methods("later", "package"), error_messages={"required": "Choose a method."}
    )
    id = chosen()
    package_id = chosen()
    row_version = version()


class PriceOfVisitForm(Schema):
    """The price of a line that has none."""

    amount = words(20)
    line_id = chosen(required=True)
    row_version = version()


class LineForm(Schema):
    """A line of a draft."""

    description = words(200)
    unit = words(20)
    quantity = fields.Integer(
        required=True,
        validate=validate.Range(1, 1000, error="Give 1 to 1000."),
        error_messages={"invalid": "Give a whole number.", "required": "Give a whole number."},
    )
    discount = words(20, required=False)
    row_version = version()


class ReasonForm(Schema):
    """A reason, for what cannot be undone."""

    reason = words(200)
    row_version = version()


class CreditForm(ReasonForm):
    """What a credit note takes back."""

    amount = words(20)


class SendForm(Schema):
    """Where a document goes."""

    to = fields.Email(
        required=True,
        error_messages={
            "invalid": "Give an e-mail address, for example noor@example.org.",
            "required": "Give an address.",
        },
    )


class RefundForm(Schema):
    """Money that goes back."""

    amount = words(20)
    reason = words(200)
    method = fields.String(required=True, validate=_till_methods(), error_messages={"required": "Choose a method."})
    id = chosen()


class SellForm(Schema):
    """A package that is sold."""

    package_type_id = chosen(required=True)
    clinic_id = chosen(required=True)


class ClientPayForm(PayForm):
    """A payment for several invoices."""

    invoice_id = fields.List(fields.UUID(), load_default=list)


class PriceForm(Schema):
    """A price from a day on."""

    amount = words(20)
    currency = words(3)
    basis = fields.Enum(Basis, by_value=True, required=True)
    clinic_id = chosen()
    valid_from = day(required=True)
    valid_until = day()
    replaces = fields.Boolean(load_default=False)


class EndForm(Schema):
    """The first day on which a price no longer holds."""

    valid_until = day(required=True)
    row_version = version()


class PackageForm(Schema):
    """A package that is put on offer."""

    name = words(120)
    service_id = chosen()
    visits_total = fields.Integer(
        required=True,
        validate=validate.Range(1, 500, error="Give 1 to 500 visits."),
        error_messages={"invalid": "Give a whole number.", "required": "Give a whole number."},
    )
    amount = words(20)
    currency = words(3)
    valid_months = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 240, error="Give 1 to 240 months, or leave it empty."),
        error_messages={"invalid": "Give a whole number."},
    )
    tax_category = fields.Enum(TaxCategory, by_value=True, load_default=TaxCategory.OTHER)


class SellerForm(Schema):
    """A seller's details."""

    name = words(200)
    street = words(200, required=False)
    postal_code = words(20, required=False)
    city = words(120, required=False)
    country = words(2)
    region = words(3, required=False)
    phone = words(40, required=False)
    email = words(200, required=False)
    tax_number = words(40, required=False)
    payment_details = words(1000, required=False)
    tax_registered_on = day()
    is_default = fields.Boolean(load_default=False)
    row_version = version()


class NewSellerForm(SellerForm):
    """A seller who is added."""

    currency = words(3)
    number_prefix = words(12)


class CloseForm(Schema):
    """The count of a day; the amounts of the methods are read beside it."""

    clinic_id = chosen(required=True)
    day = day(required=True)
    note = words(1000, required=False)
    is_counted = fields.Boolean(load_default=False)
