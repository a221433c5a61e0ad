"""Marshmallow schemas of the pages' forms: as the REST schemas, with the version in a hidden field."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from polyclinic.kit.schema import Schema
from polyclinic.therapists.commands import AddWorkingHours, CreateTherapist
from polyclinic.therapists.schemas import LIST_OF_CLINICS, MODALITY, NAME, WEEKDAY, WallTime

_WORDS = re.compile(r"[,\s]+")
MODALITIES = validate.Length(max=600, error="At most 600 characters.")


def modality_words(text: str) -> tuple[str, ...]:
    """Return the modalities of a text with commas or spaces between; raises `ValidationError`."""
    words = tuple(word for word in _WORDS.split(text.lower()) if word)
    for word in words:
        try:
            MODALITY(word)
        except ValidationError as error:
            raise ValidationError({"modalities": error.messages}) from error
    return words


class NewTherapistFormSchema(Schema):
    """A new therapist."""

    display_name = fields.String(required=True, validate=NAME)
    modalities = fields.String(validate=MODALITIES)
    member_id = fields.UUID()
    clinic_ids = fields.List(
        fields.UUID(),
        required=True,
        validate=LIST_OF_CLINICS,
        error_messages={"required": "Choose at least one clinic."},
    )

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateTherapist:
        """Return the command."""
        words = modality_words(data.get("modalities", ""))
        return CreateTherapist(data["display_name"], tuple(data["clinic_ids"]), words, data.get("member_id"))


class TherapistFormSchema(Schema):
    """An existing therapist."""

    display_name = fields.String(required=True, validate=NAME)
    modalities = fields.String(validate=MODALITIES)
    member_id = fields.UUID()
    row_version = fields.Integer(required=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Return the changes, modalities as a list."""
        return data | ({"modalities": list(modality_words(data["modalities"]))} if "modalities" in data else {})


class VersionFormSchema(Schema):
    """A button that changes the therapist."""

    row_version = fields.Integer(required=True)


class ClinicFormSchema(VersionFormSchema):
    """A clinic to add or to withdraw."""

    clinic_id = fields.UUID(required=True, error_messages={"required": "Choose a clinic."})


class RemoveHoursFormSchema(ClinicFormSchema):
    """One entry of the weekly hours to remove."""

    hours_id = fields.UUID(required=True)


class AddHoursFormSchema(ClinicFormSchema):
    """The same hours on several weekdays."""

    weekdays = fields.List(
        fields.Integer(validate=WEEKDAY),
        required=True,
        validate=validate.Length(min=1, max=7, error="Choose at least one weekday."),
        error_messages={"required": "Choose at least one weekday."},
    )
    starts_at = WallTime(required=True)
    ends_at = WallTime(required=True)
    valid_from = fields.Date(required=True)
    valid_until = fields.Date()

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> tuple[int, AddWorkingHours]:
        """Return the therapist's version and the command."""
        version = data.pop("row_version")
        return version, AddWorkingHours(**(data | {"weekdays": tuple(data["weekdays"])}))


class RegistrationFormSchema(Schema):
    """New dates of a registration."""

    expires_on = fields.Date(allow_none=True, load_default=None)
    row_version = fields.Integer(required=True)
