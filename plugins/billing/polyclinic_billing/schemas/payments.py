"""Payments, refunds, packages, tills and closed days."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as mf
from marshmallow import post_load, validate

from polyclinic.sdk.api import Instant, Schema
from polyclinic.sdk.errors import Invalid
from polyclinic_billing.commands import AllocationPart, CloseDay, RecordPayment, RedeemPackage, SellPackage
from polyclinic_billing.schemas.money import Money, MoneySchema, amount_in, money_of
from polyclinic_billing.vocabulary import TILL_METHODS, Method


class PaymentQuerySchema(Schema):
    """Which payments; the days are those on which they were booked."""

    clinic_id = mf.UUID()
    client_id = mf.UUID()
    method = mf.Enum(Method, by_value=True)
    first_on = mf.Date()
    last_on = mf.Date()


class AllocationPartSchema(Schema):
    """An invoice to settle; without an amount as much as is open and left."""

    invoice_id = mf.UUID(required=True)
    amount = mf.Nested(MoneySchema, load_default=None, allow_none=True)


class RecordPaymentSchema(Schema):
    """A payment; without `received_on` it is booked today, or on the next day whose till is open."""

    clinic_id = mf.UUID(required=True)
    method = mf.Enum(Method, by_value=True, required=True)
    amount = mf.Nested(MoneySchema, required=True)
    allocations = mf.List(mf.Nested(AllocationPartSchema), required=True, validate=validate.Length(1, 50))
    received_on = mf.Date(load_default=None, allow_none=True)
    reference = mf.String(load_default="", validate=validate.Length(max=200))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> RecordPayment:
        known = amount_in(data)
        parts = [_part(one, known["currency"], index) for index, one in enumerate(known["allocations"])]
        return RecordPayment(**(known | {"allocations": parts}))


class RefundSchema(Schema):
    """A refund; without a method as the money came."""

    amount = mf.Nested(MoneySchema, required=True)
    reason = mf.String(required=True, validate=validate.Length(1, 500))
    method = mf.Enum(Method, by_value=True, load_default=None, allow_none=True)
    refunded_on = mf.Date(load_default=None, allow_none=True)


class AllocationSchema(Schema):
    """What a payment settles, in minor units of its currency."""

    invoice_id = mf.UUID()
    refund_id = mf.UUID(allow_none=True)
    amount_minor = mf.Integer()


class RefundedSchema(Schema):
    """Money given back."""

    id = mf.UUID()
    payment_id = mf.UUID()
    clinic_id = mf.UUID()
    method = mf.String()
    amount = Money("amount_minor")
    refunded_on = mf.Date()
    refunded_at = Instant()
    reason = mf.String()


class PaymentSummarySchema(Schema):
    """A payment in a list."""

    id = mf.UUID()
    clinic_id = mf.UUID()
    client_id = mf.UUID(allow_none=True)
    legal_entity_id = mf.UUID()
    method = mf.String()
    amount = Money("amount_minor")
    refunded = Money("refunded_minor")
    received_on = mf.Date()
    received_at = Instant()
    reference = mf.String()


class PaymentSchema(PaymentSummarySchema):
    """A payment with what it settles and what was given back."""

    allocations = mf.List(mf.Nested(AllocationSchema))
    refunds = mf.List(mf.Nested(RefundedSchema))


class PackageQuerySchema(Schema):
    """Whose packages."""

    client_id = mf.UUID()


class BalanceQuerySchema(Schema):
    """Whose balances."""

    client_id = mf.UUID(required=True)


class SellPackageSchema(Schema):
    """A package to sell."""

    package_type_id = mf.UUID(required=True)
    client_id = mf.UUID(required=True)
    clinic_id = mf.UUID(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> SellPackage:
        return SellPackage(**data)


class RedeemPackageSchema(Schema):
    """A visit to pay for; without a package the one that expires first."""

    appointment_id = mf.UUID(required=True)
    package_id = mf.UUID(load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> RedeemPackage:
        return RedeemPackage(**data)


class PackageSchema(Schema):
    """A sold package."""

    id = mf.UUID()
    package_type_id = mf.UUID()
    client_id = mf.UUID(allow_none=True)
    sold_at_clinic_id = mf.UUID()
    invoice_id = mf.UUID()
    service_id = mf.UUID(allow_none=True)
    name = mf.String()
    visits_total = mf.Integer()
    visits_used = mf.Integer()
    visits_left = mf.Integer()
    value = Money("value_minor")
    value_left = Money("value_left_minor")
    tax_point = mf.String()
    sold_on = mf.Date()
    expires_on = mf.Date(allow_none=True)
    closed_at = Instant(allow_none=True)
    row_version = mf.Integer()


class TillQuerySchema(Schema):
    """Which till, on which day."""

    clinic_id = mf.UUID(required=True)
    day = mf.Date(required=True)


class CountSchema(Schema):
    """One method of a day, in minor units of its currency."""

    method = mf.String()
    expected_minor = mf.Integer()
    counted_minor = mf.Integer(allow_none=True)
    difference_minor = mf.Integer(allow_none=True)


class TillSchema(Schema):
    """What a till should hold."""

    clinic_id = mf.UUID()
    day = mf.Date()
    currency = mf.String()
    till_name = mf.String()
    float_amount = Money("float_minor", data_key="float")
    counts = mf.List(mf.Nested(CountSchema))


class DayCloseQuerySchema(Schema):
    """Which closed days."""

    clinic_id = mf.UUID()


class CloseDaySchema(Schema):
    """A day to close; cash must be counted, its float included."""

    clinic_id = mf.UUID(required=True)
    day = mf.Date(required=True)
    counted = mf.Dict(
        keys=mf.String(validate=validate.OneOf([method.value for method in TILL_METHODS])),
        values=mf.Nested(MoneySchema),
        required=True,
    )
    note = mf.String(load_default="", validate=validate.Length(max=1000))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> CloseDay:
        money = {method: money_of(value, f"counted.{method}") for method, value in data["counted"].items()}
        counted = {Method(method): minor for method, (minor, _) in money.items()}
        return CloseDay(
            data["clinic_id"], data["day"], counted, data["note"], frozenset(currency for _, currency in money.values())
        )


class DayCloseSchema(Schema):
    """A closed day."""

    id = mf.UUID()
    clinic_id = mf.UUID()
    day = mf.Date()
    currency = mf.String()
    till_name = mf.String()
    float_amount = Money("float_minor", data_key="float")
    note = mf.String()
    closed_at = Instant()
    closed_by = mf.UUID(allow_none=True)
    counts = mf.List(mf.Nested(CountSchema))


def _part(value: dict[str, Any], currency: str, index: int) -> AllocationPart:
    if value["amount"] is None:
        return AllocationPart(value["invoice_id"])
    minor, named = money_of(value["amount"], f"allocations.{index}.amount")
    if named != currency:
        raise Invalid({f"allocations.{index}.amount.currency": f"The payment is in {currency}. Give the part in that."})
    return AllocationPart(value["invoice_id"], minor)
