"""Checks of the schemas that a plugin declares: core can store, show and read their values without the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema

from polyclinic.plugins.describing import NotDescribableError, describe
from polyclinic.plugins.problems import wrong
from polyclinic.plugins.registry import Declarations

PLAIN = frozenset({"rows", "group", "datetime", "time"})
"""Kinds of fields that a short form beside a thing does not show."""


def check_schemas(declared: Declarations) -> None:
    """Raise `PluginRefusedError` for the first schema that cannot be kept."""
    for section in declared.sections:
        _check_versions(f'section "{section.key}"', section.version, section.upcasters)
        _describe(f'schema of "{section.key}"', section.schema)
    for fields in declared.entity_fields:
        what = f'field set "{fields.key}"'
        _check_versions(what, fields.version, fields.upcasters)
        _check_plain(what, fields.schema)
    for report in declared.reports:
        if report.params is not None:
            _check_plain(f'question of the report "{report.key}"', report.params)
    _check_settings(declared)


def _check_settings(declared: Declarations) -> None:
    seen: set[str] = set()
    for settings in declared.settings:
        what = f"settings of the {settings.scope}"
        _check_plain(what, settings.schema)
        for name, field in settings.schema().fields.items():
            if name in seen:
                raise wrong(f'the setting "{name}" stands in both scopes; each name stands in one.')
            if field.required:
                raise wrong(f'the setting "{name}" is required; give it a load_default instead.')
            seen.add(name)


def _check_versions(what: str, version: int, upcasters: Mapping[int, Any]) -> None:
    if version < 1:
        raise wrong(f"the {what} has version {version}; versions start at 1.")
    missing = [earlier for earlier in range(1, version) if earlier not in upcasters]
    if missing:
        raise wrong(f"the {what} has no upcaster from version {missing[0]}.")


def _check_plain(what: str, schema: object) -> None:
    """A form beside a thing shows single values and choices; unknown names must be errors."""
    for item in _describe(f"schema of the {what}", schema):
        if item["type"] in PLAIN:
            raise wrong(f'the {what} has the field "{item["name"]}" of a kind that forms beside a thing do not show.')
    if isinstance(schema, type) and issubclass(schema, Schema) and schema().unknown != RAISE:
        raise wrong(f"the schema of the {what} takes unknown names in silence; derive it from SectionSchema.")


def _describe(what: str, schema: object) -> list[dict[str, Any]]:
    if not (isinstance(schema, type) and issubclass(schema, Schema)):
        raise wrong(f"the {what} is not a marshmallow schema class.")
    try:
        return describe(schema)
    except NotDescribableError as error:
        raise wrong(f"the {what} cannot be stored: {error}.") from error
