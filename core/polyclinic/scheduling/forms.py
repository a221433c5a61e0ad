"""Schemas of scheduling's HTML forms: the REST schemas, told in the words of a form."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import fields, post_load, pre_load, validate

from polyclinic.kit.schema import Schema
from polyclinic.scheduling import schemas
from polyclinic.scheduling.vocabulary import AppointmentStatus


def without_blanks(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the data without the named texts where nothing was typed."""
    return {name: value for name, value in data.items() if name not in names or str(value).strip()}


class BookFormSchema(schemas.BookAppointmentSchema):
    """The booking form; a time that was typed counts before one that was chosen."""

    clinic_id = fields.UUID(required=True, error_messages={"required": "Choose a clinic."})
    client_id = fields.UUID(required=True, error_messages={"required": "Choose a client."})
    therapist_id = fields.UUID(required=True, error_messages={"required": "Choose a therapist."})
    service_id = fields.UUID(required=True, error_messages={"required": "Choose a service."})

    @pre_load
    def read_form(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Take the typed time and leave out what is blank."""
        return typed_time_first(without_blanks(data, "overbook_reason"))


class MoveFormSchema(schemas.RescheduleSchema):
    """The form for moving an appointment."""

    row_version = fields.Integer(required=True)

    @pre_load
    def read_form(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Take the typed time and leave out what is blank."""
        return typed_time_first(without_blanks(data, "overbook_reason"))


class StepFormSchema(Schema):
    """A button that takes a visit to another state."""

    to = fields.Enum(AppointmentStatus, by_value=True, required=True)
    row_version = fields.Integer(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=200, error="At most 200 characters."))


class ServiceFormSchema(schemas.ServiceFieldsSchema):
    """The form of a service; synonyms stand on lines of their own or between commas."""

    name = fields.String(required=True, validate=schemas.NAME)
    duration_minutes = fields.Integer(
        required=True, validate=schemas.DURATION, error_messages={"required": "Give the length in minutes."}
    )
    buffer_before_minutes = fields.Integer(load_default=0, validate=schemas.BUFFER)
    buffer_after_minutes = fields.Integer(load_default=0, validate=schemas.BUFFER)
    needs_room = fields.Boolean(load_default=False)
    row_version = fields.Integer(load_default=1)

    @pre_load
    def read_form(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Split the synonyms and take an empty modality as none."""
        typed = "\n".join(data.get("synonyms", ()))
        synonyms = [part.strip() for part in re.split(r"[\n,]", typed) if part.strip()]
        return data | {"synonyms": synonyms, "modality": data.get("modality") or None}

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Return plain fields."""
        return data


def typed_time_first(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with one start: a typed wall time wins over a chosen instant."""
    if data.get("local_start"):
        return {name: value for name, value in data.items() if name != "starts_at"}
    return data
