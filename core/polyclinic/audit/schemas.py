"""Marshmallow schemas of the audit trail."""

from __future__ import annotations

from marshmallow import fields

from polyclinic.kit.schema import Instant, Schema


class AuditEventSchema(Schema):
    """One audit event as the API shows it."""

    id = fields.UUID()
    at = Instant()
    actor_kind = fields.String()
    actor_id = fields.UUID(allow_none=True)
    on_behalf_of = fields.UUID(allow_none=True)
    action = fields.String()
    object_type = fields.String()
    object_id = fields.UUID(allow_none=True)
    clinic_id = fields.UUID(allow_none=True)
    outcome = fields.String()
    request_id = fields.String(allow_none=True)
    detail = fields.Dict()


class AuditQuerySchema(Schema):
    """Filters of the audit trail."""

    object_id = fields.UUID()
