"""REST forms of the catalogue."""

from __future__ import annotations

from marshmallow import fields, validate

from polyclinic.sdk.api import Schema


class NamedSchema(Schema):
    """An id with its name."""

    id = fields.String()
    name = fields.String()


class CodeSchema(Schema):
    """A candidate diagnosis code."""

    code = fields.String()
    text = fields.String()


class RedFlagSchema(Schema):
    """A question whose yes stops the treatment."""

    code = fields.String()
    title = fields.String()
    severity = fields.String()
    question = fields.String()
    action = fields.String()


class ConditionSchema(Schema):
    """One condition with everything a protocol starts from."""

    id = fields.String()
    name = fields.String()
    regions = fields.List(fields.Nested(NamedSchema))
    muscles = fields.List(fields.Nested(NamedSchema))
    also_check = fields.List(fields.Nested(NamedSchema))
    red_flags = fields.List(fields.Nested(RedFlagSchema))
    ask = fields.List(fields.Nested(NamedSchema))
    measures = fields.List(fields.String())
    optional_measures = fields.List(fields.String())
    techniques = fields.List(fields.Nested(NamedSchema))
    assessment = fields.List(fields.String())
    screening_prompts = fields.List(fields.String())
    evidence_note = fields.String()
    codes_note = fields.String()
    codes = fields.List(fields.Nested(CodeSchema))


class MuscleSchema(Schema):
    """One muscle; where it is taught to refer is a hint, not a limit."""

    id = fields.String()
    name = fields.String()
    latin = fields.String()
    group = fields.String()
    tier = fields.String()
    aliases = fields.List(fields.String())
    location = fields.List(fields.Nested(NamedSchema))
    refers_to = fields.List(fields.Nested(NamedSchema))
    may_refer_to = fields.List(fields.Nested(NamedSchema))
    conditions = fields.List(fields.String())
    safety_note = fields.String(allow_none=True)


class MuscleQuerySchema(Schema):
    """What to look for among the muscles."""

    q = fields.String(
        validate=validate.Length(max=100),
        metadata={"description": "Part of a name, Latin name, alias or region; all muscles without it."},
    )


class TechniqueSchema(Schema):
    """One technique with its limits: holds in seconds, pressure 0 to 5."""

    id = fields.String()
    name = fields.String()
    kind = fields.String()
    hold_min = fields.Integer()
    hold_default = fields.Integer()
    hold_max = fields.Integer()
    repeats_min = fields.Integer()
    repeats_max = fields.Integer()
    max_applied = fields.Integer(allow_none=True)
    tools = fields.List(fields.String())
    release_criterion = fields.String()
    evidence_note = fields.String(allow_none=True)
    scope_note = fields.String(allow_none=True)
    sources = fields.List(fields.String())
