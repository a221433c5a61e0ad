"""Reads of plugins' fields on core's things: what is on, what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, or_, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics, require
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.plugins.entity_fields import Entity, EntityFields
from polyclinic.plugins.extension_fields import declared_on, fields_of, lift
from polyclinic.plugins.models import EntityExtension
from polyclinic.plugins.queries import is_enabled, is_enabled_for

_X = EntityExtension
_ROWS = select(_X.plugin_id, _X.entity_id, _X.version, _X.data, _X.row_version).where(
    _X.organisation_id == bindparam("organisation_id", type_=Uuid()),
    or_(_X.clinic_id.is_(None), in_scope_clinics(_X.clinic_id)),
    _X.entity == bindparam("entity", type_=Text()),
    _X.entity_id == any_(bindparam("entity_ids", type_=ARRAY(Uuid()))),
    _X.plugin_id == any_(bindparam("plugin_ids", type_=ARRAY(Text()))),
)


@dataclass(frozen=True)
class Thing:
    """A thing of core's that the actor was found to see; `clinic_id` for what belongs to one clinic."""

    entity: Entity
    id: UUID
    clinic_id: UUID | None = None


@dataclass(frozen=True)
class Extension:
    """A plugin's values on one thing, in JSON form of the current version.

    `is_readable` is False where they were stored by a newer version of the plugin, or its upcaster failed.
    """

    plugin_id: str
    title: str
    values: Mapping[str, Any]
    row_version: int
    can_write: bool
    is_readable: bool = True


def list_extensions(actor: Actor, thing: Thing) -> Sequence[Extension]:
    """Return the fields of every plugin that is on for a thing and whose values the actor may see; one statement."""
    shown = [
        (plugin_id, fields)
        for plugin_id, fields in declared_on(thing.entity)
        if actor.can(fields.read, thing.clinic_id) and is_on_for(actor, thing, plugin_id)
    ]
    if not shown:
        return []
    stored = _stored(actor, thing.entity, [thing.id], [plugin_id for plugin_id, _ in shown])
    return [_extension(actor, thing, plugin_id, fields, stored) for plugin_id, fields in shown]


def plain_extensions(actor: Actor, thing: Thing) -> dict[str, Mapping[str, Any]]:
    """Return plugin id -> values, for REST; plugins without values on the thing are left out."""
    found = list_extensions(actor, thing)
    return {extension.plugin_id: extension.values for extension in found if extension.row_version}


def get_extension(actor: Actor, thing: Thing, plugin_id: str) -> Extension:
    """Return one plugin's fields on a thing; raises `NotFound` where the plugin is off, `NotAllowed`."""
    fields = fields_of(plugin_id, thing.entity)
    if not is_on_for(actor, thing, plugin_id):
        raise NotFound("extension")
    require(actor, fields.read, thing.clinic_id)
    return _extension(actor, thing, plugin_id, fields, _stored(actor, thing.entity, [thing.id], [plugin_id]))


def values_of(actor: Actor, plugin_id: str, entity: Entity, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Return one plugin's readable values of many things that the actor was found to see; one statement."""
    fields = fields_of(plugin_id, entity)
    require(actor, fields.read)
    lifted = {
        entity_id: lift(plugin_id, fields, data, version)
        for (_, entity_id), (version, data, _) in _stored(actor, entity, ids, [plugin_id]).items()
    }
    return {entity_id: values for entity_id, values in lifted.items() if values is not None}


def is_on_for(actor: Actor, thing: Thing, plugin_id: str) -> bool:
    """Tell whether a plugin is on where a thing belongs: at its clinic, else at one of the actor's clinics."""
    if thing.clinic_id is not None:
        return is_enabled(actor.organisation_id, thing.clinic_id, plugin_id)
    return is_enabled_for(actor, plugin_id)


def _stored(
    actor: Actor, entity: Entity, entity_ids: Sequence[UUID], plugin_ids: Sequence[str]
) -> dict[tuple[str, UUID], tuple[int, Mapping[str, Any], int]]:
    parameters = {
        "organisation_id": actor.organisation_id,
        "clinic_ids": list(actor.clinic_ids),
        "entity": entity.value,
        "entity_ids": list(entity_ids),
        "plugin_ids": list(plugin_ids),
    }
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in session().execute(_ROWS, parameters)}


def _extension(
    actor: Actor,
    thing: Thing,
    plugin_id: str,
    fields: EntityFields,
    stored: Mapping[tuple[str, UUID], tuple[int, Mapping[str, Any], int]],
) -> Extension:
    version, data, row_version = stored.get((plugin_id, thing.id), (fields.version, {}, 0))
    values = lift(plugin_id, fields, data, version)
    can_write = values is not None and actor.can(fields.write, thing.clinic_id)
    return Extension(plugin_id, fields.title, values or {}, row_version, can_write, is_readable=values is not None)
