"""The door between a plugin and core: the scope that the organisation granted, then core's own role and checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import NotAllowed
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core, calling_core
from polyclinic.plugins.queries import get_enablement
from polyclinic.plugins.sections import CORE


@dataclass(frozen=True)
class Door:
    """Lets one plugin's call into core."""

    ctx: Ctx

    @contextmanager
    def open(self, scope: str) -> Iterator[Actor]:
        """Run core's code with the actor as far as the plugin was granted `scope`, a permission of core.

        Raises `NotAllowed` naming the scope where no clinic of the actor has granted it.
        """
        # What a service wrote before it refused must not stay, should the plugin catch the refusal and go on.
        crossing = as_core if scope.endswith(":read") else calling_core
        with crossing():
            yield self._within(scope)

    def _within(self, scope: str) -> Actor:
        actor, plugin_id = self.ctx.actor, self.ctx.plugin_id
        if plugin_id == CORE:
            return actor
        enablement = get_enablement(actor.organisation_id)
        granted = {
            clinic_id
            for clinic_id in actor.clinic_ids or (None,)
            if (switch := enablement.effective(plugin_id, clinic_id))
            and switch.is_on
            and scope in switch.granted_scopes
        }
        if not granted:
            raise NotAllowed(
                f"The plugin {plugin_id} was not granted the scope {scope} here. "
                "An administrator can grant it where the plugin is enabled.",
                permission=scope,
            )
        held = actor.grants.get(scope, frozenset())
        return replace(actor, grants={**actor.grants, scope: held & granted})
