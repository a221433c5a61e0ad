"""Invoices, their lines, credit notes and receivables."""

from __future__ import annotations

from marshmallow import fields as mf
from marshmallow import validate

from polyclinic.sdk.api import Instant, Schema
from polyclinic_billing.schemas.money import Money, MoneySchema
from polyclinic_billing.vocabulary import InvoiceState, LineKind, TaxCategory


class InvoiceQuerySchema(Schema):
    """Which invoices; `first_on` and `last_on` are days of issue, of the service for drafts."""

    clinic_id = mf.UUID()
    client_id = mf.UUID()
    therapist_id = mf.UUID()
    status = mf.List(mf.Enum(InvoiceState, by_value=True))
    first_on = mf.Date()
    last_on = mf.Date()
    number = mf.String(validate=validate.Length(max=40))


class DraftVisitSchema(Schema):
    """The attended appointment to charge."""

    appointment_id = mf.UUID(required=True)


class ReasonSchema(Schema):
    """Why."""

    reason = mf.String(required=True, validate=validate.Length(1, 500))


class CreditSchema(ReasonSchema):
    """How much to credit, tax included; all that is left without an amount."""

    amount = mf.Nested(MoneySchema, load_default=None, allow_none=True)


class AddLineSchema(Schema):
    """A new line of a draft."""

    description = mf.String(required=True, validate=validate.Length(1, 200))
    unit_price = mf.Nested(MoneySchema, required=True)
    quantity = mf.Integer(load_default=1, strict=True)
    tax_category = mf.Enum(TaxCategory, by_value=True, load_default=TaxCategory.OTHER)
    kind = mf.Enum(LineKind, by_value=True, load_default=LineKind.EXTRA)


class ChangeLineSchema(Schema):
    """Changes of a line."""

    description = mf.String(validate=validate.Length(1, 200))
    unit_price = mf.Nested(MoneySchema)
    quantity = mf.Integer(strict=True)
    discount = mf.Nested(MoneySchema)
    tax_category = mf.Enum(TaxCategory, by_value=True)


class InvoiceSummarySchema(Schema):
    """An invoice in a list."""

    id = mf.UUID()
    number = mf.String(attribute="number_text", allow_none=True)
    kind = mf.String()
    status = mf.String(attribute="state")
    clinic_id = mf.UUID()
    client_id = mf.UUID(allow_none=True)
    appointment_id = mf.UUID(allow_none=True)
    therapist_id = mf.UUID(allow_none=True)
    legal_entity_id = mf.UUID(allow_none=True)
    service_on = mf.Date()
    issued_on = mf.Date(allow_none=True)
    due_on = mf.Date(allow_none=True)
    net = Money("net_minor")
    tax = Money("tax_minor")
    gross = Money("gross_minor")
    paid = Money("paid_minor")
    credited = Money("credited_minor")
    open = Money("open_minor")
    is_unpriced = mf.Boolean()
    remark = mf.String()
    row_version = mf.Integer()


class LineCurrencySchema(Schema):
    """A line of an invoice; amounts in minor units of the invoice's currency."""

    id = mf.UUID()
    position = mf.Integer()
    kind = mf.String()
    service_id = mf.UUID(allow_none=True)
    description = mf.String()
    basis = mf.String()
    quantity = mf.Integer()
    unit_minor = mf.Integer(allow_none=True)
    discount_minor = mf.Integer()
    price_tax = mf.String()
    tax_category = mf.String()
    tax_rate = mf.Decimal(as_string=True, metadata={"type": "string", "description": "Percent."})
    tax_reason = mf.String()
    tax_name = mf.String()
    tax_note = mf.String()
    net_minor = mf.Integer()
    tax_minor = mf.Integer()
    gross_minor = mf.Integer()
    procedure_code = mf.String()
    minutes = mf.Integer(allow_none=True)
    units = mf.Integer(allow_none=True)


class InvoicePaymentSchema(Schema):
    """Money that settled an invoice; below zero when it was given back."""

    payment_id = mf.UUID()
    refund_id = mf.UUID(allow_none=True)
    method = mf.String()
    amount = Money("amount_minor")
    on = mf.Date()
    reference = mf.String()


class CreditNoteSchema(Schema):
    """A credit note."""

    id = mf.UUID()
    invoice_id = mf.UUID()
    clinic_id = mf.UUID()
    client_id = mf.UUID(allow_none=True)
    number = mf.String(attribute="number_text")
    issued_on = mf.Date()
    issued_at = Instant()
    reason = mf.String()
    net = Money("net_minor")
    tax = Money("tax_minor")
    gross = Money("gross_minor")


class InvoiceSchema(InvoiceSummarySchema):
    """An invoice with its lines, payments and credit notes; the snapshots are empty until it is issued."""

    seller = mf.Dict()
    clinic = mf.Dict()
    client = mf.Dict()
    therapist = mf.Dict()
    visit = mf.Dict()
    issued_at = Instant(allow_none=True)
    voided_at = Instant(allow_none=True)
    void_reason = mf.String(allow_none=True)
    lines = mf.List(mf.Nested(LineCurrencySchema))
    payments = mf.List(mf.Nested(InvoicePaymentSchema))
    credit_notes = mf.List(mf.Nested(CreditNoteSchema))


class ReceivableQuerySchema(Schema):
    """Which receivables; `as_of` is today without a day."""

    as_of = mf.Date()
    clinic_id = mf.UUID()
    client_id = mf.UUID()


class ReceivableSchema(Schema):
    """An invoice with something open."""

    invoice_id = mf.UUID()
    number = mf.String(attribute="number_text")
    clinic_id = mf.UUID()
    client_id = mf.UUID(allow_none=True)
    client_name = mf.String()
    issued_on = mf.Date()
    due_on = mf.Date()
    gross = Money("gross_minor")
    open = Money("open_minor")
    days_late = mf.Integer()
    bucket = mf.String()
