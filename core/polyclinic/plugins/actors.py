"""The actor of a plugin's own work: the scopes it was granted and its own permissions, where it is on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.plugins.enablement import Enablement
from polyclinic.plugins.registry import LoadedPlugin


def plugin_actor(
    plugin: LoadedPlugin, organisation_id: UUID, clinic_ids: Iterable[UUID], enablement: Enablement
) -> Actor:
    """Return the actor of the plugin among the clinics: what it was granted at each of those where it is on."""
    own = frozenset(permission.key for permission in plugin.declarations.permissions)
    grants: dict[str, set[UUID]] = {}
    on: list[UUID] = []
    for clinic_id in clinic_ids:
        switch = enablement.effective(plugin.id, clinic_id)
        if switch is None or not switch.is_on:
            continue
        on.append(clinic_id)
        for permission in own | switch.granted_scopes:
            grants.setdefault(permission, set()).add(clinic_id)
    held = {permission: frozenset(clinics) for permission, clinics in grants.items()}
    return Actor(ActorKind.PLUGIN, organisation_id, tuple(on), held, name=plugin.id)
