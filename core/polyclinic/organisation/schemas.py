"""Marshmallow schemas of the organisation feature: limits and formats here, meaning in services."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from polyclinic.kit.schema import Instant, Schema
from polyclinic.organisation.commands import CreateClinic, CreateRoom
from polyclinic.web.extended import extensions_field

NAME = validate.And(
    validate.Length(min=1, max=120, error="Give a name of 1 to 120 characters."),
    validate.Regexp(r".*\S", error="Give a name, not only spaces."),
)
SHORT = validate.Length(max=200, error="At most 200 characters.")
COUNTRY = validate.Regexp(r"^([A-Z]{2})?$", error="Give the two-letter country code, for example GB.")


class ClinicSchema(Schema):
    """A clinic as the API shows it."""

    id = fields.UUID()
    name = fields.String()
    time_zone = fields.String()
    street = fields.String()
    postal_code = fields.String()
    city = fields.String()
    country = fields.String()
    phone = fields.String()
    email = fields.String()
    archived_at = Instant(allow_none=True)
    row_version = fields.Integer()


class ClinicDetailSchema(ClinicSchema):
    """One clinic with the fields that plugins add."""

    extensions = extensions_field()


class CreateClinicSchema(Schema):
    """Input for opening a clinic."""

    id = fields.UUID()
    name = fields.String(required=True, validate=NAME)
    time_zone = fields.String(required=True, validate=SHORT)
    street = fields.String(validate=SHORT)
    postal_code = fields.String(validate=SHORT)
    city = fields.String(validate=SHORT)
    country = fields.String(validate=COUNTRY)
    phone = fields.String(validate=SHORT)
    email = fields.String(validate=SHORT)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateClinic:
        """Return the command."""
        return CreateClinic(**data)


class ClinicChangesSchema(Schema):
    """JSON Merge Patch of a clinic."""

    name = fields.String(validate=NAME)
    time_zone = fields.String(validate=SHORT)
    street = fields.String(validate=SHORT)
    postal_code = fields.String(validate=SHORT)
    city = fields.String(validate=SHORT)
    country = fields.String(validate=COUNTRY)
    phone = fields.String(validate=SHORT)
    email = fields.String(validate=SHORT)


class RoomSchema(Schema):
    """A room as the API shows it."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    name = fields.String()
    archived_at = Instant(allow_none=True)
    row_version = fields.Integer()


class CreateRoomSchema(Schema):
    """Input for adding a room."""

    id = fields.UUID()
    clinic_id = fields.UUID(required=True)
    name = fields.String(required=True, validate=NAME)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateRoom:
        """Return the command."""
        return CreateRoom(**data)


class RoomChangesSchema(Schema):
    """JSON Merge Patch of a room."""

    name = fields.String(validate=NAME)


class RoomQuerySchema(Schema):
    """Filters of the room list."""

    clinic_id = fields.UUID()


class OrganisationSchema(Schema):
    """The organisation as the API shows it."""

    id = fields.UUID()
    name = fields.String()
    slug = fields.String()
    row_version = fields.Integer()


class ClinicFormSchema(ClinicChangesSchema):
    """The clinic form of the pages: all fields and the version they are based on."""

    row_version = fields.Integer(required=True)
