"""Marshmallow schemas of the records feature: limits and formats here, meaning in services and section types."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from polyclinic.kit.schema import Instant, Schema
from polyclinic.records.commands import OpenRecord
from polyclinic.records.vocabulary import MAX_SECTIONS, Privacy

KEY = validate.Length(min=1, max=80, error="At most 80 characters.")
REASON = validate.Length(max=2_000, error="At most 2000 characters.")
PRIVACY = validate.OneOf([privacy.value for privacy in Privacy], error="Use author, clinic, organisation or named.")


def _sections(**options: Any) -> fields.Dict:
    """Section data by key; what a section holds is its own schema's business."""
    return fields.Dict(
        keys=fields.String(validate=KEY),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=MAX_SECTIONS, error=f"At most {MAX_SECTIONS} parts."),
        **options,
    )


class RemarkSchema(Schema):
    """One thing that signing would refuse."""

    pointer = fields.String()
    code = fields.String()
    detail = fields.String()


class DraftSchema(Schema):
    """The open draft of a record."""

    record_id = fields.UUID()
    row_version = fields.Integer()
    sections = fields.Dict()
    based_on_version = fields.Integer(allow_none=True)
    carried_from_record_id = fields.UUID(allow_none=True)
    is_chronic = fields.Boolean(allow_none=True)
    updated_at = Instant()
    warnings = fields.List(fields.Nested(RemarkSchema))


class VersionSchema(Schema):
    """One signed version."""

    record_id = fields.UUID()
    version = fields.Integer()
    kind = fields.String()
    reason = fields.String()
    outcome = fields.String()
    is_chronic = fields.Boolean(allow_none=True)
    carried_from_record_id = fields.UUID(allow_none=True)
    service_at = Instant()
    service_ends_at = Instant()
    time_zone = fields.String()
    service_name = fields.String()
    recorded_at = Instant()
    is_late = fields.Boolean()
    late_reason = fields.String()
    signed_by = fields.UUID()
    author_name = fields.String()
    author_registration = fields.String()
    findings = fields.List(fields.Dict())
    override_reason = fields.String()
    summary = fields.String()
    content_sha256 = fields.String()
    sections = fields.List(fields.Dict())


class RecordSchema(Schema):
    """A treatment record with its open draft and newest signed version."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    client_id = fields.UUID()
    therapist_id = fields.UUID()
    appointment_id = fields.UUID()
    service_name = fields.String()
    modality = fields.String(allow_none=True)
    privacy = fields.String()
    state = fields.String()
    service_at = Instant()
    service_ends_at = Instant()
    time_zone = fields.String()
    is_chronic = fields.Boolean(allow_none=True)
    row_version = fields.Integer()
    draft = fields.Nested(DraftSchema, allow_none=True)
    newest_version = fields.Nested(VersionSchema, allow_none=True)


class RecordListSchema(Schema):
    """A record in a list, with the text of its newest version."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    client_id = fields.UUID()
    therapist_id = fields.UUID()
    appointment_id = fields.UUID()
    service_name = fields.String()
    privacy = fields.String()
    state = fields.String()
    has_draft = fields.Boolean()
    service_at = Instant()
    time_zone = fields.String()
    version = fields.Integer(allow_none=True)
    recorded_at = Instant(allow_none=True)
    is_late = fields.Boolean(allow_none=True)
    is_chronic = fields.Boolean(allow_none=True)
    outcome = fields.String(allow_none=True)
    author_name = fields.String(allow_none=True)
    summary = fields.String(allow_none=True)
    content_sha256 = fields.String(allow_none=True)
    row_version = fields.Integer()


class RecordQuerySchema(Schema):
    """Filters of the record list."""

    client_id = fields.UUID()
    clinic_id = fields.UUID()


class OpenRecordSchema(Schema):
    """Input for opening the record of an appointment."""

    id = fields.UUID()
    appointment_id = fields.UUID(required=True)
    privacy = fields.String(validate=PRIVACY)
    sections = _sections()

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> OpenRecord:
        """Return the command."""
        privacy = data.pop("privacy", None)
        return OpenRecord(**data, privacy=Privacy(privacy) if privacy else None)


class DraftChangesSchema(Schema):
    """JSON Merge Patch of a draft: data per section key, null removes a section."""

    sections = _sections(required=True)


class ActionSchema(Schema):
    """One of a section's own edits."""

    section = fields.String(required=True, validate=KEY)
    action = fields.String(required=True, validate=KEY)
    arguments = fields.Dict(
        keys=fields.String(validate=KEY),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=50, error="At most 50 arguments."),
    )


class SignSchema(Schema):
    """What a signature needs beside the draft: ticks for findings, reasons where they are asked for."""

    acknowledged = fields.List(
        fields.String(validate=validate.Length(max=300, error="At most 300 characters.")),
        validate=validate.Length(max=200, error="At most 200 findings."),
    )
    override_reason = fields.String(validate=REASON)
    late_reason = fields.String(validate=REASON)
    amendment_reason = fields.String(validate=REASON)


class FindingSchema(Schema):
    """One finding of the checks."""

    id = fields.String()
    source = fields.String()
    code = fields.String()
    message = fields.String()
    severity = fields.String()
    path = fields.String()
    can_override = fields.Boolean()


class ChecksSchema(Schema):
    """Everything that stands between a draft and its signature."""

    record_id = fields.UUID()
    row_version = fields.Integer()
    pressure_cap = fields.Integer(allow_none=True)
    can_be_signed = fields.Boolean()
    errors = fields.List(fields.Nested(RemarkSchema))
    findings = fields.List(fields.Nested(FindingSchema))


class OfferedSectionSchema(Schema):
    """One part that a record may hold, with its fields as they are described and its own edits."""

    key = fields.String()
    version = fields.Integer()
    title = fields.String()
    plugin_id = fields.String()
    is_required = fields.Boolean()
    actions = fields.List(fields.String())
    fields_ = fields.List(fields.Dict(), data_key="fields", attribute="fields")


class PrivacySchema(Schema):
    """JSON Merge Patch of a record: its privacy alone can change."""

    privacy = fields.String(required=True, validate=PRIVACY)


class GrantSchema(Schema):
    """Input for letting one member read a record."""

    member_id = fields.UUID(required=True)
    reason = fields.String(validate=REASON)


class GrantedSchema(Schema):
    """A grant that was made."""

    id = fields.UUID()


class MeasurementQuerySchema(Schema):
    """Filters of the measurements."""

    client_id = fields.UUID(required=True)
    code = fields.String(validate=KEY)


class MeasurementSchema(Schema):
    """One scored value of the newest version of a record."""

    id = fields.UUID()
    record_id = fields.UUID()
    section_key = fields.String()
    code = fields.String()
    value = fields.Decimal(as_string=True)
    unit = fields.String()
    moment = fields.String()
    subject_id = fields.String(allow_none=True)
    region_id = fields.String(allow_none=True)
    side = fields.String(allow_none=True)
    service_at = Instant()
