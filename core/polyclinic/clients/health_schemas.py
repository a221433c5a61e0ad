"""Marshmallow schemas of flags and health history."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from polyclinic.clients.commands import HealthAnswer, RaiseFlag
from polyclinic.clients.vocabulary import MAX_ANSWERS, MAX_REGIONS, Answer
from polyclinic.kit.schema import Instant, Schema
from polyclinic.kit.text_limits import line, name, paragraph
from polyclinic.plugins.contract import SafetySeverity

CODE = validate.Regexp(
    r"[a-z][a-z0-9_.-]{0,79}\Z", error="Give a code of at most 80 small letters, digits, dots, hyphens and underscores."
)
REGION = validate.Regexp(r"[a-z][a-z0-9_]{0,79}\Z", error="Give a region of the body chart by its id.")
REGIONS = validate.Length(max=MAX_REGIONS, error=f"At most {MAX_REGIONS} regions.")


class FlagSchema(Schema):
    """A flag as the API shows it; it counts from `since_on` up to but without `until_on`."""

    id = fields.UUID()
    client_id = fields.UUID()
    code = fields.String()
    label = fields.String()
    note = fields.String()
    severity = fields.Enum(SafetySeverity, by_value=True)
    region_ids = fields.List(fields.String())
    since_on = fields.Date(allow_none=True)
    until_on = fields.Date(allow_none=True)
    row_version = fields.Integer()


class FlagContentSchema(Schema):
    """What a flag says."""

    label = fields.String(validate=line(200))
    note = fields.String(validate=paragraph(2000))
    severity = fields.Enum(SafetySeverity, by_value=True)
    region_ids = fields.List(fields.String(validate=REGION), validate=REGIONS)
    since_on = fields.Date(allow_none=True)
    until_on = fields.Date(allow_none=True)


class RaiseFlagSchema(FlagContentSchema):
    """Input for a flag; label and severity may be left out for codes that safety rules know."""

    id = fields.UUID()
    client_id = fields.UUID(required=True)
    code = fields.String(required=True, validate=CODE)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> RaiseFlag:
        """Return the command."""
        return RaiseFlag(**(data | {"region_ids": tuple(data.get("region_ids", ()))}))


class FlagChangesSchema(FlagContentSchema):
    """JSON Merge Patch of a flag."""

    label = fields.String(validate=name(200))


class FlagQuerySchema(Schema):
    """Whose flags."""

    client_id = fields.UUID(required=True)


class FlagKindSchema(Schema):
    """A flag that safety rules know."""

    code = fields.String()
    title = fields.String()
    severity = fields.Enum(SafetySeverity, by_value=True)
    question = fields.String()
    action = fields.String()


class QuestionSchema(Schema):
    """A question of the health history; a "yes" raises the flag `flag_code`."""

    code = fields.String()
    question = fields.String()
    flag_code = fields.String(allow_none=True)


class AnswerSchema(Schema):
    """One answer of the health history."""

    id = fields.UUID()
    client_id = fields.UUID()
    question_code = fields.String()
    question = fields.String()
    answer = fields.Enum(Answer, by_value=True)
    note = fields.String()
    recorded_at = Instant()
    recorded_by = fields.UUID(allow_none=True)
    recorded_by_name = fields.String()


class HealthAnswerSchema(Schema):
    """One answer as it is sent."""

    question_code = fields.String(required=True, validate=CODE)
    answer = fields.Enum(Answer, by_value=True, required=True)
    note = fields.String(validate=paragraph(2000))
    question = fields.String(validate=line(300))

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> HealthAnswer:
        """Return the answer."""
        return HealthAnswer(**data)


class RecordAnswersSchema(Schema):
    """Answers to add."""

    answers = fields.List(
        fields.Nested(HealthAnswerSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_ANSWERS, error=f"Give 1 to {MAX_ANSWERS} answers."),
    )
