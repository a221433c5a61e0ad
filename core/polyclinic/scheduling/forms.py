"""Schemas of scheduling's HTML forms: the REST schemas, told in the words of a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, post_load, pre_load, validate

from polyclinic.kit.schema import Schema
from polyclinic.scheduling import schemas
from polyclinic.scheduling.vocabulary import AppointmentStatus

SHOWN = "local_start_shown"


def without_blanks(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the data without the named texts where nothing was typed."""
    return {name: value for name, value in data.items() if name not in names or str(value).strip()}


class BookFormSchema(schemas.BookAppointmentSchema):
    """The booking form."""

    local_start_shown = fields.String()

    clinic_id = fields.UUID(required=True, error_messages={"required": "Choose a clinic."})
    client_id = fields.UUID(required=True, error_messages={"required": "Choose a client."})
    therapist_id = fields.UUID(required=True, error_messages={"required": "Choose a therapist."})
    service_id = fields.UUID(required=True, error_messages={"required": "Choose a service."})

    @pre_load
    def read_form(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Settle on one start and leave out what is blank."""
        return one_start(without_blanks(data, "overbook_reason"))


class MoveFormSchema(schemas.RescheduleSchema):
    """The form for moving an appointment."""

    local_start_shown = fields.String()

    row_version = fields.Integer(required=True)

    @pre_load
    def read_form(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Settle on one start and leave out what is blank."""
        return one_start(without_blanks(data, "overbook_reason"))


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


def one_start(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with one start: a typed wall time counts when it was typed since the page was shown.

    Without scripts nothing unticks a chosen time when another is typed, so the form carries what it showed.
    """
    kept = dict(data)
    shown = kept.pop(SHOWN, "")
    if kept.get("starts_at") and kept.get("local_start"):
        kept.pop("local_start" if kept["local_start"] == shown else "starts_at")
    return kept
