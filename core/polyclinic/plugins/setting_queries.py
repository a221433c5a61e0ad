"""Effective settings of plugins: the clinic's value, else the organisation's, else the default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, or_, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.models import Setting
from polyclinic.plugins.setting_fields import SettingField, settings_of
from polyclinic.plugins.settings_types import SettingsScope

READ = "plugins:read"
_MEMO = "plugin_settings"
_CLINIC = bindparam("clinic_id", type_=Uuid())
_VALUES = select(Setting.key, Setting.clinic_id, Setting.value, Setting.row_version).where(
    Setting.organisation_id == bindparam("organisation_id", type_=Uuid()),
    Setting.key == any_(bindparam("keys", type_=ARRAY(Text()))),
    or_(Setting.clinic_id.is_(None), Setting.clinic_id == _CLINIC),
)


class SettingSource(StrEnum):
    """Where an effective value comes from."""

    CLINIC = "clinic"
    ORGANISATION = "organisation"
    DEFAULT = "default"


@dataclass(frozen=True)
class SettingRow:
    """One setting at a place, in JSON form; `own` is what was set here itself, `inherited` what counts otherwise."""

    name: str
    label: str
    scope: str
    value: Any
    source: str
    own: Any
    inherited: Any
    inherited_from: str


@dataclass(frozen=True)
class PlaceSettings:
    """All settings of a plugin at a clinic, or (clinic_id None) of the organisation; the version grows with both."""

    plugin_id: str
    clinic_id: UUID | None
    settings: Sequence[SettingRow]
    row_version: int


@dataclass(frozen=True)
class _Stored:
    """The values of a plugin at one place: by name, of the clinic and of the organisation."""

    of_clinic: Mapping[str, Any]
    of_organisation: Mapping[str, Any]
    row_version: int


def get_settings(actor: Actor, plugin_id: str, clinic_id: UUID | None) -> PlaceSettings:
    """Return a plugin's settings at a place; needs `plugins:read`, raises `NotFound` without settings."""
    require(actor, READ, clinic_id)
    fields = settings_of(plugin_id)
    stored = _stored(actor.organisation_id, plugin_id, clinic_id, fields)
    rows = [_row(field, stored, clinic_id) for field in fields.values()]
    return PlaceSettings(plugin_id, clinic_id, rows, stored.row_version)


def effective_settings(ctx: Ctx) -> Mapping[str, Any]:
    """Return the settings that a plugin reads in a context, by name; read once for each place and transaction."""
    try:
        fields = settings_of(ctx.plugin_id)
    except NotFound:
        return MappingProxyType({})
    memo: dict[Any, Mapping[str, Any]] = session().info.setdefault(_MEMO, {})
    place = (ctx.organisation_id, ctx.plugin_id, ctx.clinic_id)
    if place not in memo:
        with as_core():
            stored = _stored(ctx.organisation_id, ctx.plugin_id, ctx.clinic_id, fields)
            memo[place] = MappingProxyType({name: _effective(field, stored)[0] for name, field in fields.items()})
    return memo[place]


def forget_settings() -> None:
    """Make the next question of this transaction read the settings again."""
    session().info.pop(_MEMO, None)


def own_values(organisation_id: UUID, plugin_id: str, clinic_id: UUID | None) -> tuple[Mapping[str, Any], int]:
    """Return what is set at a place itself, and the place's version."""
    stored = _stored(organisation_id, plugin_id, clinic_id, settings_of(plugin_id))
    return (stored.of_clinic if clinic_id else stored.of_organisation), stored.row_version


def key_of(plugin_id: str, name: str) -> str:
    """Return the key under which a plugin's setting is stored."""
    return f"{plugin_id}.{name}"


def _stored(
    organisation_id: UUID, plugin_id: str, clinic_id: UUID | None, fields: Mapping[str, SettingField]
) -> _Stored:
    names = {key_of(plugin_id, name): name for name in fields}
    parameters = {"organisation_id": organisation_id, "keys": list(names), "clinic_id": clinic_id}
    clinic: dict[str, Any] = {}
    organisation: dict[str, Any] = {}
    version = 0
    for key, at, value, row_version in session().execute(_VALUES, parameters):
        version += row_version
        if value is not None:
            (organisation if at is None else clinic)[names[key]] = value
    return _Stored(clinic, organisation, version)


def _row(field: SettingField, stored: _Stored, clinic_id: UUID | None) -> SettingRow:
    value, source = _effective(field, stored)
    above = _Stored({}, stored.of_organisation if clinic_id else {}, 0)
    inherited, inherited_from = _effective(field, above)
    own = stored.of_clinic if clinic_id else stored.of_organisation
    return SettingRow(
        field.name,
        field.description["label"],
        field.scope.value,
        field.plain(value),
        source.value,
        own.get(field.name),
        field.plain(inherited),
        inherited_from.value,
    )


def _effective(field: SettingField, stored: _Stored) -> tuple[Any, SettingSource]:
    """A stored value that the schema no longer takes counts as not set: a newer version of the plugin decides."""
    places = [(stored.of_organisation, SettingSource.ORGANISATION)]
    if field.scope is SettingsScope.CLINIC:
        places.insert(0, (stored.of_clinic, SettingSource.CLINIC))
    for values, source in places:
        if field.name in values:
            try:
                return field.read(values[field.name]), source
            except ValidationError:
                continue
    return field.default, SettingSource.DEFAULT
