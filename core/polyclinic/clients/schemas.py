"""Marshmallow schemas of clients' contact data: limits and formats here, meaning in services."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from polyclinic.clients.commands import CreateClient
from polyclinic.clients.rows import ClientIdentity
from polyclinic.clients.vocabulary import Channel, DuplicateReason
from polyclinic.kit.archiving import Archived
from polyclinic.kit.schema import Instant, Schema
from polyclinic.kit.text_limits import line, name
from polyclinic.web.extended import extensions_field

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
MAX_EMAIL = 254
COUNTRY = validate.Regexp(r"([A-Z]{2})?\Z", error="Give the two-letter country code, for example GB.")
LANGUAGE = validate.Regexp(
    r"([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?\Z", error="Give a language code such as en or de."
)
PHONE = validate.Regexp(
    r"[+0-9 ()/.,x\-]{0,40}\Z", error="Use at most 40 digits, spaces and the signs + ( ) / . - only."
)
CHANNELS = validate.OneOf([channel.value for channel in Channel], error="Choose email, sms, phone, post or none.")


def email_address(value: str) -> None:
    """Raise for a text that is neither empty nor of the form of a mail address."""
    if value and len(value) <= MAX_EMAIL and not _EMAIL.fullmatch(value):
        raise ValidationError("Give an e-mail address such as name@example.org.")


class ContactSchema(Schema):
    """Contact data as they are sent; null removes a value."""

    given_name = fields.String(validate=line(120))
    family_name = fields.String(validate=line(120))
    preferred_name = fields.String(allow_none=True, validate=line(120))
    pronouns = fields.String(allow_none=True, validate=line(40))
    gender_identity = fields.String(allow_none=True, validate=line(80))
    birth_on = fields.Date(allow_none=True)
    email = fields.String(allow_none=True, validate=[*line(MAX_EMAIL), email_address])
    phone = fields.String(allow_none=True, validate=PHONE)
    street = fields.String(allow_none=True, validate=line(200))
    postal_code = fields.String(allow_none=True, validate=line(20))
    city = fields.String(allow_none=True, validate=line(120))
    country = fields.String(allow_none=True, validate=COUNTRY)
    language = fields.String(allow_none=True, validate=LANGUAGE)
    time_zone = fields.String(allow_none=True, validate=line(60))
    reminder_channel = fields.String(allow_none=True, validate=CHANNELS)
    aftercare_channel = fields.String(allow_none=True, validate=CHANNELS)
    marketing_channel = fields.String(allow_none=True, validate=CHANNELS)


class ClientSchema(Schema):
    """A client as the API shows it; `clinic_ids` are those of your clinics where the client is known."""

    id = fields.UUID()
    given_name = fields.String()
    family_name = fields.String()
    preferred_name = fields.String()
    display_name = fields.String()
    pronouns = fields.String()
    gender_identity = fields.String()
    birth_on = fields.Date(allow_none=True)
    email = fields.String()
    phone = fields.String()
    street = fields.String()
    postal_code = fields.String()
    city = fields.String()
    country = fields.String()
    language = fields.String()
    time_zone = fields.String()
    reminder_channel = fields.String()
    aftercare_channel = fields.String()
    marketing_channel = fields.String()
    clinic_ids = fields.List(fields.UUID())
    archived_at = Instant(allow_none=True)
    erased_at = Instant(allow_none=True)
    row_version = fields.Integer()


class ClientDetailSchema(ClientSchema):
    """One client with the fields that plugins add."""

    extensions = extensions_field()


class ClientSummarySchema(Schema):
    """A client in a list."""

    id = fields.UUID()
    given_name = fields.String()
    family_name = fields.String()
    preferred_name = fields.String()
    display_name = fields.String()
    birth_on = fields.Date(allow_none=True)
    email = fields.String()
    phone = fields.String()
    clinic_ids = fields.List(fields.UUID())
    archived_at = Instant(allow_none=True)
    row_version = fields.Integer()


class CreateClientSchema(ContactSchema):
    """Input for a new client; with `refuse_duplicates` a likely duplicate answers 409."""

    id = fields.UUID()
    clinic_id = fields.UUID(required=True)
    given_name = fields.String(required=True, validate=name(120))
    refuse_duplicates = fields.Boolean(truthy={True}, falsy={False})

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateClient:
        """Return the command."""
        return CreateClient(**{key: value for key, value in data.items() if value is not None})


class ClientChangesSchema(ContactSchema):
    """JSON Merge Patch of a client."""


class ClientFormSchema(ContactSchema):
    """The form of an existing client: all fields and the version they are based on."""

    given_name = fields.String(required=True, validate=name(120))
    row_version = fields.Integer(required=True)


class ClientQuerySchema(Schema):
    """Filters of the client list; `q` is part of a name, mail address or phone number."""

    q = fields.String(validate=line(200))
    clinic_id = fields.UUID()
    archived = fields.Enum(Archived, by_value=True)


class ClientClinicSchema(Schema):
    """One clinic of a client."""

    clinic_id = fields.UUID(required=True)


class DuplicateQuerySchema(Schema):
    """What is known of a person; sent as a body, because addresses are logged."""

    given_name = fields.String(validate=line(120))
    family_name = fields.String(validate=line(120))
    email = fields.String(validate=line(MAX_EMAIL))
    phone = fields.String(validate=PHONE)
    birth_on = fields.Date(allow_none=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> ClientIdentity:
        """Return what is known."""
        return ClientIdentity(**data)


class DuplicateSchema(Schema):
    """A client who may be the same person."""

    id = fields.UUID()
    display_name = fields.String()
    birth_on = fields.Date(allow_none=True)
    email = fields.String()
    phone = fields.String()
    reasons = fields.List(fields.Enum(DuplicateReason, by_value=True))
