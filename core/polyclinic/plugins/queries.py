"""Reads of the plugin machinery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.kit.db import session
from polyclinic.plugins.enablement import Enablement, Switch
from polyclinic.plugins.models import PluginEnablement, PluginInstallation
from polyclinic.plugins.problems import Problem
from polyclinic.plugins.registry import Installation, PluginRegistry, PluginState
from polyclinic.plugins.vocabulary import EnablementState, InstallationState

_MEMO = "plugin_enablement"
_SWITCHES = (
    select(
        PluginEnablement.plugin_id,
        PluginEnablement.clinic_id,
        PluginEnablement.state,
        PluginEnablement.granted_scopes,
        PluginEnablement.role_permissions,
    )
    .where(PluginEnablement.organisation_id == bindparam("organisation_id"))
    .order_by(PluginEnablement.plugin_id, PluginEnablement.clinic_id)
)
_INSTALLED = select(PluginInstallation.plugin_id, PluginInstallation.version, PluginInstallation.state)


@dataclass(frozen=True)
class PluginStatus:
    """One plugin as administrators see it."""

    id: str
    version: str
    state: PluginState
    level: str
    scopes: tuple[str, ...]
    outbound_hosts: tuple[str, ...]
    problems: tuple[Problem, ...]
    switches: tuple[Switch, ...]


def get_enablement(organisation_id: UUID) -> Enablement:
    """Return the organisation's switches; read once per transaction."""
    memo: dict[UUID, Enablement] = session().info.setdefault(_MEMO, {})
    if organisation_id not in memo:
        rows = session().execute(_SWITCHES, {"organisation_id": organisation_id})
        memo[organisation_id] = Enablement(tuple(_switch(row) for row in rows))
    return memo[organisation_id]


def _switch(row: Any) -> Switch:
    role_permissions = {role: frozenset(held) for role, held in row.role_permissions.items()}
    return Switch(
        row.plugin_id, row.clinic_id, EnablementState(row.state), frozenset(row.granted_scopes), role_permissions
    )


def forget_enablement() -> None:
    """Make the next question of this transaction read the switches again."""
    session().info.pop(_MEMO, None)


def is_enabled(organisation_id: UUID, clinic_id: UUID | None, plugin_id: str) -> bool:
    """Tell whether a plugin is on at the clinic (anywhere in the organisation when it is None); for the dispatcher."""
    return get_enablement(organisation_id).is_enabled(plugin_id, clinic_id)


def is_enabled_for(actor: Actor, plugin_id: str) -> bool:
    """Tell whether a plugin is on at one of the actor's clinics, or for an organisation that has none yet."""
    enablement = get_enablement(actor.organisation_id)
    return any(enablement.is_enabled(plugin_id, clinic_id) for clinic_id in actor.clinic_ids or (None,))


def role_permissions(organisation_id: UUID) -> Mapping[str, frozenset[str]]:
    """Return role -> permissions of all plugins that are on somewhere; what they may do where, enablement decides."""
    held: dict[str, set[str]] = {}
    for switch in get_enablement(organisation_id).switches:
        for role, permissions in switch.role_permissions.items() if switch.is_on else ():
            held.setdefault(role, set()).update(permissions)
    return {role: frozenset(permissions) for role, permissions in held.items()}


def list_installations(current: Session) -> tuple[Installation, ...]:
    """Return what this server's database knows of every plugin; needs no tenant."""
    return tuple(Installation(row[0], row[1], InstallationState(row[2])) for row in current.execute(_INSTALLED))


def list_plugins(actor: Actor, registry: PluginRegistry) -> tuple[PluginStatus, ...]:
    """Return every plugin of this server with its switches at the actor's clinics; needs `plugins:read`."""
    require(actor, "plugins:read")
    enablement = get_enablement(actor.organisation_id)
    visible = {None, *actor.clinic_ids}
    return tuple(
        PluginStatus(
            id=plugin.id,
            version=plugin.version,
            state=plugin.state,
            level=plugin.manifest.level if plugin.manifest else "",
            scopes=tuple(sorted(plugin.manifest.scopes)) if plugin.manifest else (),
            outbound_hosts=plugin.manifest.outbound_hosts if plugin.manifest else (),
            problems=plugin.problems,
            switches=tuple(switch for switch in enablement.of(plugin.id) if switch.clinic_id in visible),
        )
        for plugin in registry.plugins
    )
