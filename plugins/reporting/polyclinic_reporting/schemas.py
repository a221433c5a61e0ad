"""Marshmallow schemas of schedules: formats here, meaning in services."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from polyclinic.sdk.api import Schema
from polyclinic_reporting.commands import ScheduleWishes

SHORT = validate.Length(max=100, error="At most 100 characters.")
LINES = validate.Length(max=3_000, error="At most 3,000 characters.")


class ScheduleWishesSchema(Schema):
    """What is to be sent, when and to whom."""

    report_key = fields.String(required=True, validate=SHORT)
    preset = fields.String(required=True, validate=SHORT)
    format = fields.String(load_default="xlsx", validate=SHORT)
    rhythm = fields.String(required=True, validate=SHORT)
    day = fields.Integer(load_default=0)
    hour = fields.Integer(required=True)
    clinic_ids = fields.List(fields.UUID(), load_default=list)
    params = fields.Dict(keys=fields.String(), load_default=dict)
    recipients = fields.List(fields.String(validate=validate.Length(max=254)), required=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> ScheduleWishes:
        """Return the command."""
        data["clinic_ids"], data["recipients"] = tuple(data["clinic_ids"]), tuple(data["recipients"])
        return ScheduleWishes(**data)


class ScheduleFormSchema(Schema):
    """The form of a schedule; addresses stand one a line, `day` comes from the field of the chosen rhythm."""

    report_key = fields.String(required=True, validate=SHORT)
    preset = fields.String(required=True, validate=SHORT)
    format = fields.String(required=True, validate=SHORT)
    rhythm = fields.String(required=True, validate=SHORT)
    weekday = fields.Integer(load_default=0)
    monthday = fields.Integer(load_default=1)
    hour = fields.Integer(required=True)
    clinic_ids = fields.List(fields.UUID(), load_default=list)
    params = fields.String(load_default="{}", validate=LINES)
    recipients = fields.String(required=True, validate=LINES)
    row_version = fields.Integer(load_default=0)


class ScheduleSchema(Schema):
    """A schedule as the API shows it."""

    id = fields.UUID()
    owner_id = fields.UUID(allow_none=True)
    report_key = fields.String()
    preset = fields.String()
    format = fields.String()
    rhythm = fields.String()
    day = fields.Integer()
    hour = fields.Integer()
    zone = fields.String()
    clinic_ids = fields.List(fields.UUID())
    params = fields.Dict()
    recipients = fields.List(fields.String())
    state = fields.String()
    remark = fields.String()
    next_run_at = fields.DateTime()
    last_run_at = fields.DateTime(allow_none=True)
    row_version = fields.Integer()


class VersionFormSchema(Schema):
    """A button that acts on the version that was shown."""

    row_version = fields.Integer(required=True)


class RunReportSchema(Schema):
    """What a report is asked."""

    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    clinic_ids = fields.List(fields.UUID(), load_default=list)
    params = fields.Dict(keys=fields.String(), load_default=dict)


class ColumnSchema(Schema):
    """A column of a report."""

    name = fields.String()
    title = fields.String()
    type = fields.String()
    unit = fields.String()


class ReportSchema(Schema):
    """A report that this key may run."""

    key = fields.String()
    title = fields.String()
    group = fields.String()
    description = fields.String()
    permission = fields.String()
    period = fields.String()
    columns = fields.List(fields.Nested(ColumnSchema))
    max_rows = fields.Integer()
