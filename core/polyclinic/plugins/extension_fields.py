"""The fields that plugins declare on core's things, and their data between versions and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from marshmallow import ValidationError

from polyclinic.kit.errors import FieldError, Invalid, NotFound
from polyclinic.plugins.dispatch import PluginFailed
from polyclinic.plugins.entity_fields import Entity, EntityFields
from polyclinic.plugins.runtime import runtime


def fields_of(plugin_id: str, entity: Entity) -> EntityFields:
    """Return what a loaded plugin declares on a kind of thing; raises `NotFound`."""
    plugin = runtime().registry.find(plugin_id)
    declared = plugin.declarations.entity_fields if plugin is not None and plugin.is_active else ()
    found = next((fields for fields in declared if fields.entity is entity), None)
    if found is None:
        raise NotFound("extension")
    return found


def declared_on(entity: Entity) -> list[tuple[str, EntityFields]]:
    """Return the fields of all loaded plugins on a kind of thing, with the plugin's id, by id."""
    return [
        (plugin.id, fields)
        for plugin in runtime().registry.active
        for fields in plugin.declarations.entity_fields
        if fields.entity is entity
    ]


def lift(plugin_id: str, fields: EntityFields, data: Mapping[str, Any], version: int) -> dict[str, Any] | None:
    """Return stored data in the current version; None for those of a newer version or where an upcaster fails."""
    if version > fields.version:
        return None
    lifted = dict(data)
    for step in range(version, fields.version):
        try:
            lifted = runtime().dispatcher.safe_call(plugin_id, fields.upcasters[step], lifted)
        except PluginFailed:
            return None
    return lifted


def load_strict(fields: EntityFields, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked values in their JSON form; raises `Invalid` with a pointer `/values/<name>` for each field."""
    if "\\u0000" in orjson.dumps(dict(values), default=str).decode():
        raise Invalid([FieldError("/values", "A text holds a NUL character. Remove it.")])
    schema = fields.schema()
    try:
        loaded = schema.load(dict(values))
    except ValidationError as error:
        found = error.messages_dict
        raise Invalid([FieldError(f"/values/{name}", _first(found[name])) for name in found]) from error
    plain: dict[str, Any] = orjson.loads(orjson.dumps(schema.dump(loaded)))
    return plain


def _first(messages: Any) -> str:
    if isinstance(messages, dict):
        return _first(next(iter(messages.values())))
    return _first(messages[0]) if isinstance(messages, list) else str(messages)
