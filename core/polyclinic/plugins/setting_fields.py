"""The settings that a plugin declares: their schemas by scope, and values between JSON and what the plugin reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import orjson
from marshmallow import ValidationError, missing
from marshmallow.fields import Field

from polyclinic.kit.errors import FieldError, Invalid, NotFound
from polyclinic.plugins.describing import describe
from polyclinic.plugins.registry import LoadedPlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.settings_types import SettingsSchema, SettingsScope


@dataclass(frozen=True)
class SettingField:
    """One setting of a plugin; `description` is what the form generator needs."""

    name: str
    scope: SettingsScope
    field: Field[Any]
    description: Mapping[str, Any]

    @cached_property
    def default(self) -> Any:
        """What the plugin reads while nobody has set a value."""
        default = self.field.load_default
        if default is missing:
            return None
        return default() if callable(default) else default

    def read(self, stored: Any) -> Any:
        """Return a stored value as the plugin reads it; raises `ValidationError` for one that no longer fits."""
        return self.field.deserialize(stored)

    def plain(self, value: Any) -> Any:
        """Return a value as JSON has it."""
        return None if value is None else self.field.serialize(self.name, {self.name: value})


def settings_of(plugin_id: str) -> Mapping[str, SettingField]:
    """Return the settings of a loaded plugin by name; raises `NotFound` for a plugin that has none."""
    plugin = runtime().registry.find(plugin_id)
    if plugin is None or not plugin.is_active or not plugin.declarations.settings:
        raise NotFound("plugin with settings")
    return MappingProxyType({found.name: found for found in _fields(plugin)})


def load_values(plugin_id: str, values: Mapping[str, Any], *, at_clinic: bool) -> dict[str, Any]:
    """Return checked values in their JSON form; null stands for "no value of its own".

    Raises `Invalid` for names that cannot be set at this place and for values that the schema refuses.
    """
    known = settings_of(plugin_id)
    errors = dict(_misplaced(known, values, at_clinic=at_clinic))
    given = {name: value for name, value in values.items() if value is not None and name not in errors}
    errors |= {name: "This text holds a NUL character. Remove it." for name in given if "\\u0000" in _json(given[name])}
    loaded: dict[str, Any] = {}
    for settings in _schemas(plugin_id):
        own = {name: value for name, value in given.items() if known[name].scope is settings.scope}
        try:
            loaded |= settings.schema().load(own, partial=True)
        except ValidationError as error:
            errors |= {name: _first(messages) for name, messages in error.messages_dict.items()}
    if errors:
        raise Invalid([FieldError(f"/values/{name}", detail) for name, detail in errors.items()])
    return {name: known[name].plain(loaded[name]) if name in given else None for name in values}


def _fields(plugin: LoadedPlugin) -> Iterator[SettingField]:
    for settings in plugin.declarations.settings:
        described = {item["name"]: item for item in describe(settings.schema)}
        for name, field in settings.schema().fields.items():
            yield SettingField(name, settings.scope, field, described[name])


def _schemas(plugin_id: str) -> tuple[SettingsSchema, ...]:
    return runtime().registry.get(plugin_id).declarations.settings


def _misplaced(
    known: Mapping[str, SettingField], values: Mapping[str, Any], *, at_clinic: bool
) -> Iterator[tuple[str, str]]:
    for name in values:
        if name not in known:
            yield name, "There is no such setting. Leave it out."
        elif at_clinic and known[name].scope is SettingsScope.ORGANISATION:
            yield name, "This is set for the whole organisation. Leave it out here."


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _first(messages: Any) -> str:
    if isinstance(messages, dict):
        return _first(next(iter(messages.values())))
    return _first(messages[0]) if isinstance(messages, list) else str(messages)
