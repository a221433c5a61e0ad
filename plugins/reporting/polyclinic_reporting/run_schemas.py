"""Marshmallow schemas of report runs."""

from __future__ import annotations

from marshmallow import fields

from polyclinic.sdk.api import Schema
from polyclinic_reporting.schemas import SHORT, RunReportSchema


class AskForFileSchema(RunReportSchema):
    """A report that is to be made into a file."""

    report_key = fields.String(required=True, validate=SHORT)
    format = fields.String(
        load_default="xlsx", validate=SHORT, metadata={"description": "What the file is: csv, xlsx or json."}
    )


class ReportRunSchema(Schema):
    """A report that is or was made into a file."""

    id = fields.UUID()
    report_key = fields.String()
    first_on = fields.Date()
    last_on = fields.Date()
    clinic_ids = fields.List(fields.UUID())
    params = fields.Dict()
    format = fields.String()
    state = fields.String(metadata={"description": "waiting, running, done or failed."})
    remark = fields.String(metadata={"description": "Why it failed."})
    row_count = fields.Integer(allow_none=True)
    byte_count = fields.Integer(allow_none=True)
    file_url = fields.String(allow_none=True, metadata={"description": "Where the file is, once the state is done."})
    asked_at = fields.DateTime()
    finished_at = fields.DateTime(allow_none=True)
