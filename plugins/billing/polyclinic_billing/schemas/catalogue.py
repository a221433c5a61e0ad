"""Legal entities, taxes, prices and packages on offer."""

from __future__ import annotations

from typing import Any

from marshmallow import fields as mf
from marshmallow import post_load, validate

from polyclinic.sdk.api import Instant, Schema
from polyclinic_billing.commands import CreateLegalEntity, CreatePackageType, SetPrice
from polyclinic_billing.schemas.money import Money, MoneySchema, amount_in
from polyclinic_billing.vocabulary import Basis, TaxCategory


def _text(maximum: int = 200, **options: Any) -> mf.String:
    return mf.String(validate=validate.Length(max=maximum), **options)


class LegalEntityFieldsSchema(Schema):
    """What may change of a seller."""

    name = _text()
    street = _text()
    postal_code = _text(20)
    city = _text()
    country = _text(2, metadata={"description": "ISO 3166 code.", "example": "GB"})
    region = _text(10, metadata={"description": "Province or state, where taxes differ by it.", "example": "ON"})
    phone = _text(40)
    email = _text()
    tax_number = _text(40)
    payment_details = _text(500)
    tax_registered_on = mf.Date(allow_none=True)
    is_default = mf.Boolean()


class CreateLegalEntitySchema(LegalEntityFieldsSchema):
    """A new seller."""

    name = _text(required=True)
    currency = _text(3, required=True)
    number_prefix = _text(12, required=True, metadata={"example": "INV-"})

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> CreateLegalEntity:
        return CreateLegalEntity(**data)


class LegalEntitySchema(LegalEntityFieldsSchema):
    """A seller; `clinic_ids` chose it over the default one."""

    id = mf.UUID()
    currency = mf.String()
    number_prefix = mf.String()
    archived_at = Instant(allow_none=True)
    clinic_ids = mf.List(mf.UUID())


class AssignClinicSchema(Schema):
    """A clinic that sells in a legal entity's name."""

    clinic_id = mf.UUID(required=True)


class RateSchema(Schema):
    """A rate in percent."""

    percent = mf.Decimal(as_string=True, metadata={"type": "string"})
    region = mf.String()
    valid_from = mf.Date()


class ExemptionSchema(Schema):
    """What is not taxed when the therapist is registered with one of the bodies (none = any)."""

    category = mf.String()
    authorities = mf.List(mf.String())
    note = mf.String()


class RegimeSchema(Schema):
    """How a country taxes."""

    country = mf.String()
    tax_name = mf.String()
    rates = mf.List(mf.Nested(RateSchema))
    exemptions = mf.List(mf.Nested(ExemptionSchema))
    set_by_clinic = mf.Boolean()
    note = mf.String()


class PriceQuerySchema(Schema):
    """Which prices."""

    service_id = mf.UUID()
    clinic_id = mf.UUID()
    on = mf.Date()


class SetPriceSchema(Schema):
    """A new price; without `clinic_id` it holds at all clinics."""

    service_id = mf.UUID(required=True)
    clinic_id = mf.UUID(load_default=None, allow_none=True)
    amount = mf.Nested(MoneySchema, required=True)
    valid_from = mf.Date(required=True)
    valid_until = mf.Date(load_default=None, allow_none=True)
    basis = mf.Enum(Basis, by_value=True, load_default=None, allow_none=True)
    replaces = mf.Boolean(load_default=False)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> SetPrice:
        return SetPrice(**amount_in(data))


class EndPriceSchema(Schema):
    """The first day on which the price no longer holds."""

    valid_until = mf.Date(required=True)


class PriceSchema(Schema):
    """A price."""

    id = mf.UUID()
    service_id = mf.UUID()
    clinic_id = mf.UUID(allow_none=True)
    amount = Money("amount_minor")
    basis = mf.String()
    valid_from = mf.Date()
    valid_until = mf.Date(allow_none=True)
    row_version = mf.Integer()


class CreatePackageTypeSchema(Schema):
    """A new package on offer."""

    name = _text(120, required=True)
    visits_total = mf.Integer(required=True, strict=True)
    amount = mf.Nested(MoneySchema, required=True)
    service_id = mf.UUID(load_default=None, allow_none=True)
    valid_months = mf.Integer(load_default=None, allow_none=True, strict=True)
    tax_category = mf.Enum(TaxCategory, by_value=True, load_default=TaxCategory.OTHER)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> CreatePackageType:
        return CreatePackageType(**amount_in(data))


class PackageTypeSchema(Schema):
    """A package on offer."""

    id = mf.UUID()
    name = mf.String()
    service_id = mf.UUID(allow_none=True)
    visits_total = mf.Integer()
    amount = Money("amount_minor")
    valid_months = mf.Integer(allow_none=True)
    tax_category = mf.String()
    archived_at = Instant(allow_none=True)
    row_version = mf.Integer()
