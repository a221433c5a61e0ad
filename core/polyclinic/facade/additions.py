"""A plugin's own fields on core's things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polyclinic.extensions.things import find_thing, find_things
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_fields import fields_of
from polyclinic.plugins.extension_queries import values_of
from polyclinic.plugins.extension_services import store_values


@dataclass(frozen=True)
class ExtensionsFacade:
    """The fields that the plugin declares with `register_entity_fields`; its permissions hold, no scope is needed."""

    ctx: Ctx

    def get_many(self, entity: Entity, entity_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
        """Return the plugin's stored values, lifted to the current version; things without values are left out."""
        actor, plugin_id = self.ctx.actor, self.ctx.plugin_id
        with as_core():
            read = fields_of(plugin_id, entity).read
            things = {
                asked: thing.id
                for asked, thing in find_things(actor, entity, entity_ids).items()
                if actor.can(read, thing.clinic_id)
            }
            found = values_of(actor, plugin_id, entity, list(things.values()))
        return {asked: found[thing_id] for asked, thing_id in things.items() if thing_id in found}

    def put(self, entity: Entity, entity_id: UUID, values: Mapping[str, Any]) -> None:
        """Store the plugin's values of one thing, checked by the schema; raises `Invalid`, `NotFound`."""
        actor = self.ctx.actor
        with as_core():
            store_values(actor, find_thing(actor, entity, entity_id), self.ctx.plugin_id, values)
