"""Marshmallow schemas of the pages' forms about clients, and the health history form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from marshmallow import ValidationError, fields, post_load

from polyclinic.clients.commands import CreateClient, HealthAnswer, RaiseFlag
from polyclinic.clients.health_schemas import CODE, HealthAnswerSchema
from polyclinic.clients.regions import regions_of
from polyclinic.clients.rows import AnswerRow, HealthQuestion
from polyclinic.clients.schemas import ContactSchema
from polyclinic.kit.schema import Schema
from polyclinic.kit.text_limits import line, name, paragraph
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.web.forms import FormState


class NewClientFormSchema(ContactSchema):
    """A new client."""

    clinic_id = fields.UUID(required=True, error_messages={"required": "Choose a clinic."})
    given_name = fields.String(required=True, validate=name(120))

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> CreateClient:
        """Return the command."""
        return CreateClient(**data)


class ClientFormSchema(ContactSchema):
    """An existing client: an empty birth date removes it."""

    given_name = fields.String(required=True, validate=name(120))
    birth_on = fields.Date(allow_none=True, load_default=None)
    row_version = fields.Integer(required=True)


class VersionFormSchema(Schema):
    """A button that changes a client or a flag."""

    row_version = fields.Integer(required=True)


class FlagFormSchema(Schema):
    """A new flag; `kind` is the code of a known flag, or "other" with a label and a severity."""

    kind = fields.String(required=True, validate=CODE)
    label = fields.String(validate=line(200))
    note = fields.String(validate=paragraph(2000))
    severity = fields.Enum(SafetySeverity, by_value=True)
    regions = fields.String(validate=line(2000))
    since_on = fields.Date()
    until_on = fields.Date()
    client_id = fields.UUID(required=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> RaiseFlag:
        """Return the command."""
        values = {key: data[key] for key in ("label", "note", "severity", "since_on", "until_on") if key in data}
        regions = regions_of(data.get("regions", ""))
        return RaiseFlag(client_id=data["client_id"], code=data["kind"], region_ids=regions, **values)


def read_answers(
    questions: Sequence[HealthQuestion], current: Mapping[str, AnswerRow]
) -> tuple[tuple[HealthAnswer, ...] | None, FormState]:
    """Return the answers of the sent form that differ from the current ones; None when one needs a correction."""
    schema = HealthAnswerSchema()
    changed: list[HealthAnswer] = []
    errors: dict[str, str] = {}
    typed: dict[str, str] = {}
    for question in questions:
        answer = request.form.get(f"answer-{question.code}", "")
        note = request.form.get(f"note-{question.code}", "").replace("\r\n", "\n").strip()
        typed |= {f"answer-{question.code}": answer, f"note-{question.code}": note}
        known = current.get(question.code)
        if (answer, note) == ((known.answer.value, known.note) if known else ("", "")):
            continue
        try:
            changed.append(schema.load({"question_code": question.code, "answer": answer, "note": note}))
        except ValidationError as error:
            errors |= _messages(question, error, answer=answer)
    return (None if errors else tuple(changed)), FormState(typed, errors)


def _messages(question: HealthQuestion, error: ValidationError, *, answer: str) -> dict[str, str]:
    if not answer:
        return {f"answer-{question.code}": f"{question.question} Choose yes, no or not sure as well."}
    field_name, messages = next(iter(error.messages_dict.items()))
    return {f"{field_name}-{question.code}": f"{question.question} {messages[0]}"}
