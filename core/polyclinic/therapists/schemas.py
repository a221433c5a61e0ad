"""Marshmallow schemas of the therapists feature: limits and formats here, meaning in rules and services."""

from __future__ import annotations

from datetime import time
from typing import Any

from marshmallow import fields, post_load, validate

from polyclinic.kit.archiving import Archived
from polyclinic.kit.schema import Instant, Schema
from polyclinic.kit.text_limits import name
from polyclinic.therapists.commands import (
    CreateRegistration,
    CreateTherapist,
    HoursAtClinic,
)
from polyclinic.therapists.rows import HoursSpan
from polyclinic.therapists.vocabulary import MAX_HOURS_PER_CLINIC
from polyclinic.web.extended import extensions_field

NAME = name(120)
MODALITY = validate.And(
    validate.Length(max=60, error="At most 60 characters."),
    validate.Regexp(
        r"[a-z][a-z0-9_-]*\Z",
        error="Give a modality as a plain word of small letters, digits, hyphens and underscores.",
    ),
)
LIST_OF_CLINICS = validate.Length(min=1, max=200, error="Give 1 to 200 clinics.")
LIST_OF_MODALITIES = validate.Length(max=50, error="At most 50 modalities.")
WEEKDAY = validate.Range(min=0, max=6, error="Give a weekday from 0 (Monday) to 6 (Sunday).")


class WallTime(fields.Time):
    """A time of day without date and zone, shown as HH:MM."""

    def _serialize(self, value: time | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002
        return None if value is None else f"{value:%H:%M}"


class TherapistSchema(Schema):
    """A therapist as the API shows it; `clinic_ids` are those of your clinics at which the therapist works."""

    id = fields.UUID()
    member_id = fields.UUID(allow_none=True)
    display_name = fields.String()
    modalities = fields.List(fields.String())
    clinic_ids = fields.List(fields.UUID())
    archived_at = Instant(allow_none=True)
    row_version = fields.Integer()


class TherapistDetailSchema(TherapistSchema):
    """One therapist with the fields that plugins add."""

    extensions = extensions_field()


class CreateTherapistSchema(Schema):
    """Input for a new therapist."""

    id = fields.UUID()
    display_name = fields.String(required=True, validate=NAME)
    clinic_ids = fields.List(fields.UUID(), required=True, validate=LIST_OF_CLINICS)
    modalities = fields.List(fields.String(validate=MODALITY), validate=LIST_OF_MODALITIES)
    member_id = fields.UUID(allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateTherapist:
        """Return the command."""
        return CreateTherapist(
            display_name=data["display_name"],
            clinic_ids=tuple(data["clinic_ids"]),
            modalities=tuple(data.get("modalities", ())),
            member_id=data.get("member_id"),
            id=data.get("id"),
        )


class TherapistChangesSchema(Schema):
    """JSON Merge Patch of a therapist."""

    display_name = fields.String(validate=NAME)
    modalities = fields.List(fields.String(validate=MODALITY), validate=LIST_OF_MODALITIES)
    member_id = fields.UUID(allow_none=True)


class TherapistClinicSchema(Schema):
    """One clinic of a therapist."""

    clinic_id = fields.UUID(required=True)


class TherapistQuerySchema(Schema):
    """Filters of the therapist list."""

    clinic_id = fields.UUID()
    modality = fields.String(validate=MODALITY)
    archived = fields.Enum(Archived, by_value=True)


class RegistrationSchema(Schema):
    """A registration as the API shows it; `expires_on` is its last day."""

    id = fields.UUID()
    therapist_id = fields.UUID()
    authority = fields.String()
    number = fields.String()
    modality = fields.String()
    valid_from = fields.Date()
    expires_on = fields.Date(allow_none=True)
    row_version = fields.Integer()


class CreateRegistrationSchema(Schema):
    """Input for a new registration."""

    id = fields.UUID()
    therapist_id = fields.UUID(required=True)
    authority = fields.String(required=True, validate=NAME)
    number = fields.String(required=True, validate=NAME)
    modality = fields.String(required=True, validate=MODALITY)
    valid_from = fields.Date(required=True)
    expires_on = fields.Date(allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateRegistration:
        """Return the command."""
        return CreateRegistration(**data)


class RegistrationChangesSchema(Schema):
    """JSON Merge Patch of a registration."""

    authority = fields.String(validate=NAME)
    number = fields.String(validate=NAME)
    modality = fields.String(validate=MODALITY)
    valid_from = fields.Date()
    expires_on = fields.Date(allow_none=True)


class RegistrationQuerySchema(Schema):
    """Filters of the registration list."""

    therapist_id = fields.UUID()
    clinic_id = fields.UUID()


class HoursSchema(Schema):
    """Stored weekly hours: weekday 0 = Monday, wall times of the clinic, both days included."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    weekday = fields.Integer()
    starts_at = WallTime()
    ends_at = WallTime()
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)


class WeeklyHoursSchema(Schema):
    """All weekly hours of a therapist; `row_version` is the therapist's."""

    therapist_id = fields.UUID()
    hours = fields.List(fields.Nested(HoursSchema))
    row_version = fields.Integer()


class HoursSpanSchema(Schema):
    """Weekly hours as they are sent."""

    weekday = fields.Integer(required=True, strict=True, validate=WEEKDAY)
    starts_at = WallTime(required=True)
    ends_at = WallTime(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> HoursSpan:
        """Return the hours."""
        return HoursSpan(**data)


class SetHoursSchema(Schema):
    """All weekly hours of a therapist at one clinic; what is not listed is removed."""

    clinic_id = fields.UUID(required=True)
    hours = fields.List(
        fields.Nested(HoursSpanSchema), required=True, validate=validate.Length(max=MAX_HOURS_PER_CLINIC)
    )

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> HoursAtClinic:
        """Return the hours."""
        return HoursAtClinic(data["clinic_id"], tuple(data["hours"]))


class HoursQuerySchema(Schema):
    """Filters of a therapist's hours."""

    clinic_id = fields.UUID()
