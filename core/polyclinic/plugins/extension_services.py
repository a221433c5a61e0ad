"""Setting plugins' fields on core's things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text, Uuid, bindparam, delete, func
from sqlalchemy.dialects.postgresql import insert

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, NotFound, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.entity_fields import EntityFields
from polyclinic.plugins.extension_fields import fields_of, load_strict
from polyclinic.plugins.extension_queries import Extension, Thing, get_extension, is_on_for
from polyclinic.plugins.models import EntityExtension

_TABLE = EntityExtension.__table__
_ROW = insert(_TABLE)  # type: ignore[arg-type]
_REPLACED = {
    "version": _ROW.excluded.version,
    "data": _ROW.excluded.data,
    "row_version": _TABLE.c.row_version + 1,
    "updated_at": func.now(),
}
_EXPECTED = _TABLE.c.row_version == bindparam("expected")
_PUT = _ROW.on_conflict_do_update(constraint="uq_entity_extension_thing", set_=_REPLACED)
_PUT_EXPECTED = _ROW.on_conflict_do_update(
    constraint="uq_entity_extension_thing", set_=_REPLACED, where=_EXPECTED
).returning(_TABLE.c.row_version)
_REMOVE = (
    delete(EntityExtension)
    .where(
        EntityExtension.organisation_id == bindparam("organisation", type_=Uuid()),
        EntityExtension.entity == bindparam("kind", type_=Text()),
        EntityExtension.entity_id == bindparam("thing", type_=Uuid()),
    )
    .returning(EntityExtension.id)
)


def put_extension(
    actor: Actor, thing: Thing, plugin_id: str, *, row_version: int, values: Mapping[str, Any]
) -> Extension:
    """Replace a plugin's values on a thing that the actor was found to see; `row_version` 0 = there are none yet.

    Raises `NotFound` where the plugin is off, `Invalid` for values that its schema refuses, `Stale`, and `Conflict` for
    values that a newer version of the plugin stored.
    """
    fields = fields_of(plugin_id, thing.entity)
    if not is_on_for(actor, thing, plugin_id):
        raise NotFound("extension")
    require(actor, fields.write, thing.clinic_id)
    data = load_strict(fields, values)
    current = get_extension(actor, thing, plugin_id)
    _require_readable(current)
    done = None
    if row_version == current.row_version:
        done = session().execute(
            _PUT_EXPECTED, _values(actor, thing, plugin_id, fields, data) | {"expected": row_version}
        )
    if done is None or done.scalar_one_or_none() is None:
        raise Stale(
            "Somebody else changed these values. Look at them as they are now and repeat your change.",
            row_version=current.row_version,
            current=current,
        )
    _write_trail(actor, thing, plugin_id, changed=_changed(current.values, data))
    return get_extension(actor, thing, plugin_id)


def store_values(actor: Actor, thing: Thing, plugin_id: str, values: Mapping[str, Any]) -> None:
    """Replace a plugin's own values on a thing on the plugin's wish; raises `Invalid`, `NotAllowed`, `NotFound`."""
    fields = fields_of(plugin_id, thing.entity)
    require(actor, fields.write, thing.clinic_id)
    data = load_strict(fields, values)
    session().execute(_PUT, _values(actor, thing, plugin_id, fields, data))
    _write_trail(actor, thing, plugin_id, changed=sorted(data))


def _require_readable(current: Extension) -> None:
    if not current.is_readable:
        raise Conflict(
            f"These values were stored by a newer version of {current.plugin_id}. Install that version to change them.",
            code="newer_values",
        )


def _values(
    actor: Actor, thing: Thing, plugin_id: str, fields: EntityFields, data: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "organisation_id": actor.organisation_id,
        "id": new_id(),
        "clinic_id": thing.clinic_id,
        "entity": thing.entity.value,
        "entity_id": thing.id,
        "plugin_id": plugin_id,
        "version": fields.version,
        "data": dict(data),
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _write_trail(actor: Actor, thing: Thing, plugin_id: str, *, changed: list[str]) -> None:
    subject = trail.Subject(thing.entity.value, thing.id, thing.clinic_id)
    detail = {"plugin": plugin_id, "fields": changed}
    trail.write(actor, f"{thing.entity.value}.extension_changed", subject, detail=detail)
