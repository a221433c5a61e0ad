"""Marshmallow schemas of merging, telling apart and erasing."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from polyclinic.client_file.commands import MarkDifferent
from polyclinic.kit.schema import Instant, Schema
from polyclinic.kit.text_limits import line, name


class MergeSchema(Schema):
    """The client that survives, why, and optionally the contact fields whose value the merged client gives."""

    into_client_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=name(500))
    take = fields.List(fields.String(validate=line(40)))


class ReceiptSchema(Schema):
    """What one plugin did."""

    plugin = fields.String()
    lines = fields.List(fields.String())
    changed = fields.Integer()
    kept = fields.Integer()
    legal_basis = fields.String()


class ClientMergeSchema(Schema):
    """One merge; `fields` has the value before and after of each contact field that it changed."""

    id = fields.UUID()
    from_client_id = fields.UUID()
    into_client_id = fields.UUID()
    reason = fields.String()
    changes = fields.Dict(attribute="fields")
    moved = fields.Dict()
    receipts = fields.List(fields.Nested(ReceiptSchema))
    merged_at = Instant()
    merged_by_name = fields.String()
    undo_until = Instant()
    undone_at = Instant(allow_none=True)
    undone_by_name = fields.String()
    kept_fields = fields.List(fields.String())


class DifferenceSchema(Schema):
    """Two clients who are two people."""

    id = fields.UUID(dump_only=True)
    client_id = fields.UUID(required=True)
    other_client_id = fields.UUID(required=True)
    marked_at = Instant(dump_only=True)


class MarkDifferentSchema(Schema):
    """Input for two clients who are two people."""

    client_id = fields.UUID(required=True)
    other_client_id = fields.UUID(required=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> MarkDifferent:
        """Return the command."""
        return MarkDifferent(**data)


class MissingSchema(Schema):
    """A part that an export lacks, and why."""

    part = fields.String()
    reason = fields.String()


class ClientExportSchema(Schema):
    """Everything known of a client; `complete` is false when a part is missing, which `missing` names."""

    made_at = Instant()
    made_by = fields.String()
    complete = fields.Boolean()
    missing = fields.List(fields.Nested(MissingSchema))
    client = fields.Dict()
    merged_clients = fields.List(fields.Dict())
    appointments = fields.List(fields.Dict())
    treatment_records = fields.List(fields.Dict())
    flags = fields.List(fields.Dict())
    health_history = fields.List(fields.Dict())
    looks = fields.List(fields.Dict())
    plugins = fields.List(fields.Dict())


class EraseSchema(Schema):
    """Why, and the client's displayed name, typed."""

    reason = fields.String(required=True, validate=name(500))
    confirm = fields.String(required=True, validate=line(260))


class ErasurePlanSchema(Schema):
    """What an erasure would do; counts by kind. `refusal` says what stands in its way."""

    client_id = fields.UUID()
    can_be_erased = fields.Boolean()
    refusal = fields.String(attribute="refusal_text", allow_none=True)
    erased = fields.Dict()
    kept = fields.Dict()
    keep_until = fields.Date(allow_none=True)
    rules = fields.List(fields.String())


class ErasureSchema(Schema):
    """One erasure with what plugins did."""

    id = fields.UUID()
    client_id = fields.UUID()
    erased = fields.Dict()
    kept = fields.Dict()
    keep_until = fields.Date(allow_none=True)
    rules = fields.List(fields.String())
    receipts = fields.List(fields.Nested(ReceiptSchema))
    erased_at = Instant()
    erased_by_name = fields.String()
