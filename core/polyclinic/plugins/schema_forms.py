"""Forms made from a schema, for pages outside of treatment records: settings, added fields, questions of reports."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import Schema

from polyclinic.plugins.describing import describe
from polyclinic.plugins.form_names import Pairs
from polyclinic.plugins.forms import FormField, build_form, read_form


def schema_form(
    schema: type[Schema], prefix: str, values: Mapping[str, Any], errors: Mapping[str, str] | None = None
) -> tuple[FormField, ...]:
    """Return the fields of a `SectionSchema` with their values; the template `web/_schema_fields.html` shows them.

    Names in the form are `<prefix>:<field>`; `errors` maps JSON pointers (`/name`) to messages.
    """
    return build_form(_described(schema), prefix, values, errors)


def read_schema_form(schema: type[Schema], prefix: str, pairs: Pairs) -> dict[str, Any]:
    """Return the data of a submitted form, typed but not yet checked: load them with the schema.

    `pairs` are the names and values as they came. Raises `Invalid` for names that are malformed.
    """
    return read_form(_described(schema), prefix, pairs)


@cache
def _described(schema: type[Schema]) -> dict[str, Any]:
    return {"fields": describe(schema)}
