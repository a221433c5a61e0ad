"""Switching plugins on and off."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.enablement import Switch
from polyclinic.plugins.manifest import Level, Manifest
from polyclinic.plugins.models import PluginEnablement, PluginInstallation
from polyclinic.plugins.queries import forget_enablement, get_enablement
from polyclinic.plugins.registry import LoadedPlugin, PluginRegistry
from polyclinic.plugins.vocabulary import EnablementState, InstallationState


def enable_plugin(actor: Actor, command: EnablePlugin, *, registry: PluginRegistry) -> Switch:
    """Switch a plugin on at a clinic, or for the organisation.

    Raises `NotFound` for an unknown plugin, `Conflict` when it is not installed or needs a plugin that is off here,
    and `Invalid` for a clinic where only the organisation decides, or for scopes that the manifest does not ask for.
    """
    require(actor, "plugins:write", command.clinic_id)
    plugin = registry.get(command.plugin_id)
    manifest = _installed_manifest(plugin)
    _check_place(manifest, command.clinic_id)
    scopes = manifest.scopes if command.granted_scopes is None else command.granted_scopes
    foreign = scopes - manifest.scopes
    if foreign:
        raise Invalid({"granted_scopes": f"{plugin.id} does not ask for {', '.join(sorted(foreign))}. Leave it out."})
    _check_needs(actor, manifest, command.clinic_id)
    given = _role_permissions(plugin, command)
    return _switch(actor, Switch(plugin.id, command.clinic_id, EnablementState.ENABLED, scopes, given))


def disable_plugin(actor: Actor, command: DisablePlugin, *, registry: PluginRegistry) -> Switch:
    """Switch a plugin off at a clinic, or for the organisation; also one that is broken or whose code is gone.

    Raises `NotFound` for an unknown plugin and `Conflict` while a plugin that needs it is on here.
    """
    require(actor, "plugins:write", command.clinic_id)
    plugin = registry.get(command.plugin_id)
    _require_known(plugin)
    enablement = get_enablement(actor.organisation_id)
    for other in registry.active:
        needs_it = other.manifest is not None and plugin.id in other.manifest.requires_plugins
        if needs_it and enablement.is_enabled(other.id, command.clinic_id):
            raise Conflict(f"The plugin {other.id} needs {plugin.id}. Disable {other.id} first.", code="plugin_needed")
    return _switch(actor, Switch(plugin.id, command.clinic_id, EnablementState.DISABLED))


_KNOWN_STATE = select(PluginInstallation.state).where(PluginInstallation.plugin_id == bindparam("plugin_id"))


def _require_known(plugin: LoadedPlugin) -> str:
    state = session().execute(_KNOWN_STATE, {"plugin_id": plugin.id}).scalar_one_or_none()
    if state is None:
        raise Conflict(
            f"The plugin {plugin.id} is not installed. Run `polyclinic db upgrade` first.", code="not_installed"
        )
    return state


def _installed_manifest(plugin: LoadedPlugin) -> Manifest:
    if not plugin.is_active or plugin.manifest is None:
        raise Conflict(
            f"The plugin {plugin.id} is {plugin.state}. See what is wrong with `polyclinic plugin status`.",
            code="plugin_not_loaded",
        )
    if _require_known(plugin) != InstallationState.INSTALLED:
        raise Conflict(
            f"The tables of {plugin.id} are not up to date. Run `polyclinic db upgrade`.", code="not_installed"
        )
    return plugin.manifest


def _check_place(manifest: Manifest, clinic_id: UUID | None) -> None:
    if manifest.level is Level.ORGANISATION and clinic_id is not None:
        raise Invalid({"clinic_id": f"{manifest.id} is switched on for the whole organisation. Name no clinic."})


def _role_permissions(plugin: LoadedPlugin, command: EnablePlugin) -> Mapping[str, frozenset[str]]:
    """Return what each role gets: as asked, or as the plugin suggests; the answer and the audit row show it."""
    declared = plugin.declarations.permissions
    if command.role_permissions is None:
        roles = {role for permission in declared for role in permission.suggested_roles}
        return {
            role: frozenset(item.key for item in declared if role in item.suggested_roles) for role in sorted(roles)
        }
    asked = frozenset[str]().union(*command.role_permissions.values())
    foreign = asked - {permission.key for permission in declared}
    if foreign:
        what = f"{plugin.id} does not declare {', '.join(sorted(foreign))}. Leave it out."
        raise Invalid({"role_permissions": what})
    return command.role_permissions


def _check_needs(actor: Actor, manifest: Manifest, clinic_id: UUID | None) -> None:
    enablement = get_enablement(actor.organisation_id)
    for needed in sorted(manifest.requires_plugins):
        if not enablement.is_enabled(needed, clinic_id):
            raise Conflict(
                f"{manifest.id} needs the plugin {needed}. Enable {needed} here first.", code="plugin_missing"
            )


def _switch(actor: Actor, switch: Switch) -> Switch:
    values = {
        "state": switch.state.value,
        "granted_scopes": sorted(switch.granted_scopes),
        "role_permissions": _plain(switch.role_permissions),
        "changed_by": actor.member_id,
        "changed_at": clock.now(),
    }
    statement = (
        insert(PluginEnablement)
        .values(
            organisation_id=actor.organisation_id,
            id=new_id(),
            plugin_id=switch.plugin_id,
            clinic_id=switch.clinic_id,
            **values,
        )
        .on_conflict_do_update(
            constraint="uq_plugin_enablement_place",
            set_={**values, "row_version": PluginEnablement.row_version + 1},
        )
        .returning(PluginEnablement.id)
    )
    enablement_id = session().execute(statement).scalar_one()
    subject = trail.Subject("plugin", enablement_id, switch.clinic_id)
    detail = {
        "plugin": switch.plugin_id,
        "scopes": sorted(switch.granted_scopes),
        "role_permissions": _plain(switch.role_permissions),
    }
    trail.write(actor, f"plugin.{switch.state}", subject, detail=detail)
    forget_enablement()
    announce(actor, f"plugin.{switch.state}", subject, payload={"plugin": switch.plugin_id})
    return switch


def _plain(role_permissions: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {role: sorted(held) for role, held in sorted(role_permissions.items())}
