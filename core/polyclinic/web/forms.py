"""HTML forms through the same marshmallow schemas as the REST API; what was typed is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from marshmallow import ValidationError
from marshmallow import fields as mf

from polyclinic.kit.errors import FieldError, Invalid, PolyclinicError
from polyclinic.kit.schema import Schema

IGNORED = frozenset({"csrf_token", "next", "row_version"})


@dataclass(frozen=True)
class FormState:
    """What a form shows: the values as typed and one message per field; `_form` holds the message of the whole form."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, default: Any = "") -> Any:
        """Return what was typed, or the stored value."""
        return self.values.get(name, default)

    def with_error(self, error: PolyclinicError) -> FormState:
        """Return the form with an error that a service raised."""
        if isinstance(error, Invalid):
            found = {e.pointer.strip("/").replace("/", "."): e.detail for e in error.errors}
            return FormState(self.values, {**self.errors, **found})
        return FormState(self.values, {**self.errors, "_form": error.detail})


def load_form(schema_class: type[Schema], *, defaults: Mapping[str, Any] | None = None) -> tuple[Any, FormState]:
    """Return `(command or data, state)`; the first is None when a field needs a correction.

    Empty text counts as not given for fields that do not take text; list fields take all values of their name.
    """
    schema = schema_class()
    typed: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for name, form_field in schema.load_fields.items():
        if name not in request.form:
            continue
        text = request.form[name].replace("\r\n", "\n")
        typed[name] = request.form.getlist(name) if isinstance(form_field, mf.List) else text
        if isinstance(form_field, mf.List):
            raw[name] = [value for value in request.form.getlist(name) if value]
        elif isinstance(form_field, mf.String) and type(form_field) is mf.String:
            raw[name] = text
        elif text.strip():
            raw[name] = text.strip()
    state = FormState(typed)
    try:
        refuse_nul(typed)
        # What the address says wins: a form must not act on another thing than its page shows.
        return schema.load({**raw, **(defaults or {})}), state
    except ValidationError as error:
        return None, FormState(typed, {name: _first(messages) for name, messages in error.messages_dict.items()})
    except Invalid as error:
        return None, state.with_error(error)


def refuse_nul(values: Mapping[str, Any]) -> None:
    """Raise `Invalid` for a NUL character, which PostgreSQL cannot store."""
    bad = [
        name for name, value in values.items() if "\x00" in ("".join(value) if isinstance(value, list) else str(value))
    ]
    if bad:
        raise Invalid([FieldError("/" + name, "This text holds a NUL character. Remove it.") for name in bad])


def _first(messages: Any) -> str:
    if isinstance(messages, dict):
        return _first(next(iter(messages.values())))
    if isinstance(messages, list):
        return _first(messages[0])
    return str(messages)
