"""Marshmallow schemas of the pages' forms about a client's whole file."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import fields

from polyclinic.client_file.vocabulary import CONTACT_FIELDS
from polyclinic.kit.schema import Schema
from polyclinic.kit.text_limits import line, name
from polyclinic.web.forms import FormState, load_form

STAYS, GOES = "stays", "goes"


class MergeFormSchema(Schema):
    """The client that goes, why, and the versions of both files that were compared."""

    other_client_id = fields.UUID(required=True)
    reason = fields.String(required=True, validate=name(500), error_messages={"required": "Say why."})
    stays_version = fields.Integer(required=True)
    goes_version = fields.Integer(required=True)


class OtherClientFormSchema(Schema):
    """The other client of a pair."""

    other_client_id = fields.UUID(required=True)


class EraseFormSchema(Schema):
    """Why, and the client's name, typed."""

    reason = fields.String(required=True, validate=line(500))
    confirm = fields.String(required=True, validate=line(260))


def load_merge_form() -> tuple[dict[str, Any] | None, FormState]:
    """Return the sent form with `take`, the fields chosen from the client that goes; None when one needs a change."""
    data, state = load_form(MergeFormSchema)
    chosen = {field: request.form.get(f"keep-{field}", "") for field in CONTACT_FIELDS}
    state = FormState(
        {**state.values, **{f"keep-{field}": side for field, side in chosen.items() if side}}, state.errors
    )
    if data is None:
        return None, state
    return data | {"take": frozenset(field for field, side in chosen.items() if side == GOES)}, state
