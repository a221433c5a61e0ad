"""Marshmallow schemas of scheduling: limits and formats here, meaning in rules and services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from polyclinic.kit.archiving import Archived
from polyclinic.kit.schema import Instant, Schema
from polyclinic.scheduling.availability import TimesWanted
from polyclinic.scheduling.commands import BookAppointment, CreateService, Start
from polyclinic.scheduling.queries import EVERY_STATUS, AppointmentFilter
from polyclinic.scheduling.vocabulary import (
    MAX_BUFFER_MINUTES,
    MAX_DURATION_MINUTES,
    MIN_DURATION_MINUTES,
)
from polyclinic.web.extended import extensions_field

NAME = validate.And(
    validate.Length(min=1, max=120, error="Give a name of 1 to 120 characters."),
    validate.Regexp(r".*\S", error="Give a name, not only spaces."),
)
SYNONYM = validate.Length(min=1, max=120, error="Give synonyms of 1 to 120 characters.")
MODALITY = validate.Regexp(r"^[a-z][a-z0-9_-]{0,62}$", error="Give the modality's id in small letters, or none.")
DURATION = validate.Range(
    MIN_DURATION_MINUTES,
    MAX_DURATION_MINUTES,
    error=f"Give {MIN_DURATION_MINUTES} to {MAX_DURATION_MINUTES} minutes.",
)
BUFFER = validate.Range(0, MAX_BUFFER_MINUTES, error=f"Give 0 to {MAX_BUFFER_MINUTES} minutes.")
REASON = validate.And(
    validate.Length(max=200, error="Give a reason of 3 to 200 characters."),
    validate.Regexp(r"(?s).*\S.*\S.*\S", error="Give a reason of 3 to 200 characters."),
)
NOTE = validate.Length(max=1000, error="At most 1000 characters.")
YEARS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def check_years(value: datetime) -> None:
    """Refuse instants far from any calendar: 2000 to 2099."""
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not YEARS[0] <= at < YEARS[1]:
        raise ValidationError("Give a time between the years 2000 and 2099.")


class ServiceSchema(Schema):
    """A service as the API shows it."""

    id = fields.UUID()
    name = fields.String()
    synonyms = fields.List(fields.String())
    modality = fields.String(allow_none=True)
    duration_minutes = fields.Integer()
    buffer_before_minutes = fields.Integer()
    buffer_after_minutes = fields.Integer()
    needs_room = fields.Boolean()
    archived_at = Instant(allow_none=True)
    row_version = fields.Integer()


class ServiceDetailSchema(ServiceSchema):
    """One service with the fields that plugins add to it."""

    extensions = extensions_field()


class ServiceFieldsSchema(Schema):
    """What may be said about a service."""

    modality = fields.String(allow_none=True, validate=MODALITY)
    synonyms = fields.List(
        fields.String(validate=SYNONYM), validate=validate.Length(max=20, error="At most 20 synonyms.")
    )
    buffer_before_minutes = fields.Integer(strict=True, validate=BUFFER)
    buffer_after_minutes = fields.Integer(strict=True, validate=BUFFER)
    needs_room = fields.Boolean()


class CreateServiceSchema(ServiceFieldsSchema):
    """Input for offering a service."""

    id = fields.UUID()
    name = fields.String(required=True, validate=NAME)
    duration_minutes = fields.Integer(required=True, strict=True, validate=DURATION)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateService:
        """Return the command."""
        return CreateService(**data | {"synonyms": tuple(data.get("synonyms", ()))})


class ServiceChangesSchema(ServiceFieldsSchema):
    """JSON Merge Patch of a service."""

    name = fields.String(validate=NAME)
    duration_minutes = fields.Integer(strict=True, validate=DURATION)


class ServiceQuerySchema(Schema):
    """Filters of the service list."""

    q = fields.String(
        load_default="",
        validate=validate.Length(max=100, error="At most 100 characters."),
        metadata={"description": "Part of a name or synonym."},
    )
    archived = fields.Enum(Archived, by_value=True, load_default=Archived.NO)


class AppointmentSchema(Schema):
    """An appointment as the API shows it, with the names that a calendar shows."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    clinic_name = fields.String()
    client_id = fields.UUID()
    client_name = fields.String()
    therapist_id = fields.UUID()
    therapist_name = fields.String()
    service_id = fields.UUID()
    service_name = fields.String()
    service_modality = fields.String(allow_none=True)
    room_id = fields.UUID(allow_none=True)
    room_name = fields.String(allow_none=True)
    starts_at = Instant()
    ends_at = Instant()
    time_zone = fields.String()
    local_start = fields.String(
        attribute="local_start_text", metadata={"description": "Wall time of the clinic, without offset."}
    )
    status = fields.String(validate=validate.OneOf(EVERY_STATUS))
    is_overbooked = fields.Boolean()
    is_outside_hours = fields.Boolean()
    row_version = fields.Integer()


class AppointmentDetailSchema(AppointmentSchema):
    """One appointment with what was written about it."""

    extensions = extensions_field()
    note = fields.String()
    overbook_reason = fields.String(allow_none=True)
    cancel_reason = fields.String(allow_none=True)
    buffer_before_minutes = fields.Integer()
    buffer_after_minutes = fields.Integer()


class StartSchema(Schema):
    """When: exactly one of `starts_at` and `local_start`."""

    starts_at = Instant(validate=check_years, metadata={"description": "An instant with its offset."})
    local_start = fields.NaiveDateTime(
        validate=check_years, metadata={"description": "Wall time of the clinic, without offset."}
    )
    fold = fields.Integer(
        strict=True,
        validate=validate.OneOf((0, 1), error="Give 0 for the first or 1 for the second."),
        metadata={"description": "Which one, where clocks go back: 0 first, 1 second."},
    )
    overbook_reason = fields.String(validate=REASON)

    @validates_schema(skip_on_field_errors=True)
    def check_start(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse none or both."""
        if ("starts_at" in data) == ("local_start" in data):
            raise ValidationError("Give starts_at or local_start, one of the two.", "starts_at")


class BookAppointmentSchema(StartSchema):
    """Input for booking; the end follows from the service."""

    id = fields.UUID()
    clinic_id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    service_id = fields.UUID(required=True)
    room_id = fields.UUID(allow_none=True)
    ends_at = Instant(validate=check_years, metadata={"description": "Only checked: the end follows from the service."})
    note = fields.String(validate=NOTE)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> BookAppointment:
        """Return the command."""
        return BookAppointment(start=take_start(data), **data)


class RescheduleSchema(StartSchema):
    """Input for moving; what is left out stays."""

    therapist_id = fields.UUID()
    room_id = fields.UUID()

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Return the command's arguments besides the appointment's."""
        return {"start": take_start(data), **data}


class CancelSchema(Schema):
    """Why an appointment is cancelled."""

    reason = fields.String(load_default="", validate=validate.Length(max=200, error="At most 200 characters."))


class AppointmentQuerySchema(Schema):
    """Filters of the appointment list."""

    clinic_id = fields.UUID()
    therapist_id = fields.UUID()
    client_id = fields.UUID()
    starts_from = Instant(data_key="starts_at[gte]")
    starts_before = Instant(data_key="starts_at[lt]")
    status = fields.String(validate=validate.OneOf(EVERY_STATUS))

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> AppointmentFilter:
        """Return the filter."""
        status = data.pop("status", None)
        return AppointmentFilter(**data, statuses=(status,) if status else EVERY_STATUS)


class ClinicWeekSchema(Schema):
    """A clinic and the first of seven days."""

    clinic_id = fields.UUID(required=True)
    first_day = fields.Date(required=True)


class AvailableTimesQuerySchema(Schema):
    """What free time is asked for."""

    clinic_id = fields.UUID(required=True)
    service_id = fields.UUID(required=True)
    therapist_id = fields.UUID(required=True)
    client_id = fields.UUID()
    room_id = fields.UUID()
    first = fields.Date(required=True, data_key="from", metadata={"description": "First local day of the clinic."})
    end = fields.Date(required=True, data_key="to", metadata={"description": "Day after the last; at most 31 days."})
    is_explained = fields.Boolean(
        data_key="explain", load_default=False, metadata={"description": "Show the other times too, with reasons."}
    )

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> TimesWanted:
        """Return what is wanted."""
        return TimesWanted(**data)


class AvailableTimeSchema(Schema):
    """A time that can be booked, or (explained) why not."""

    therapist_id = fields.UUID()
    starts_at = Instant()
    ends_at = Instant()
    local_start = fields.String()
    time_zone = fields.String()
    is_available = fields.Boolean()
    reasons = fields.List(fields.String())


def take_start(data: dict[str, Any]) -> Start:
    """Take the three fields of a start out of `data`."""
    return Start(data.pop("starts_at", None), data.pop("local_start", None), data.pop("fold", None))
