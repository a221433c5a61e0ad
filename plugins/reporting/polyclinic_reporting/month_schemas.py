"""REST forms of the month report."""

from __future__ import annotations

from marshmallow import fields, validate

from polyclinic.sdk.api import Schema


class MonthQuerySchema(Schema):
    """Which month, and which figures."""

    month = fields.String(
        required=True,
        validate=validate.Regexp(r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z", error="Give a month, for example 2026-11."),
        metadata={"description": "The month, for example 2026-11."},
    )
    figures = fields.String(
        validate=validate.Length(max=2_000),
        metadata={"description": "Keys of figures with commas between them; without it all that you may see."},
    )


class FigureSumSchema(Schema):
    """One figure, added up; money in minor units of its currency."""

    key = fields.String()
    currency = fields.String(metadata={"description": "ISO code; empty for what is not money."})
    value = fields.Integer()


class ClinicMonthSchema(Schema):
    """One clinic's month."""

    clinic_id = fields.UUID()
    clinic_name = fields.String()
    figures = fields.List(fields.Nested(FigureSumSchema))
