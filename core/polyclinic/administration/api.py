"""JSON REST about plugins: what is installed, and switching it on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.administration import schemas
from polyclinic.kit.errors import NotFound
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.plugins import deliveries, replaying, services
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin, PutSettings
from polyclinic.plugins.deliveries import DeliveryRow
from polyclinic.plugins.enablement import Switch
from polyclinic.plugins.queries import PluginStatus, list_plugins
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.setting_queries import PlaceSettings, get_settings
from polyclinic.plugins.setting_services import put_settings
from polyclinic.plugins.vocabulary import DeliveryState
from polyclinic.web.api_blueprint import ApiBlueprint

plugins = ApiBlueprint("plugins_api", "/api/v1/plugins", tag="Plugins", description="Plugins and where they are on.")


@plugins.get("", permission="plugins:read", response=schemas.PluginSchema)
def list_all_plugins(actor: Actor) -> Sequence[PluginStatus]:
    """List the plugins of this server with their switches at the clinics of this key."""
    return list_plugins(actor, runtime().registry)


@plugins.get("/<plugin_id>", permission="plugins:read", response=schemas.PluginSchema)
def show_plugin(actor: Actor, plugin_id: str) -> PluginStatus:
    """Show one plugin."""
    found = next((status for status in list_plugins(actor, runtime().registry) if status.id == plugin_id), None)
    if found is None:
        raise NotFound("plugin")
    return found


@plugins.post(
    "/<plugin_id>/enable", permission="plugins:write", body=schemas.EnableSchema, response=schemas.SwitchSchema
)
def enable_plugin(actor: Actor, plugin_id: str, body: dict[str, Any]) -> Switch:
    """Switch a plugin on at a clinic, or for the organisation."""
    granted, roles = body.get("granted_scopes"), body.get("role_permissions")
    command = EnablePlugin(
        plugin_id,
        body.get("clinic_id"),
        None if granted is None else frozenset(granted),
        None if roles is None else {role: frozenset(held) for role, held in roles.items()},
    )
    return services.enable_plugin(actor, command, registry=runtime().registry)


@plugins.post(
    "/<plugin_id>/disable", permission="plugins:write", body=schemas.DisableSchema, response=schemas.SwitchSchema
)
def disable_plugin(actor: Actor, plugin_id: str, body: dict[str, Any]) -> Switch:
    """Switch a plugin off; its data and signed content stay."""
    return services.disable_plugin(actor, DisablePlugin(plugin_id, body.get("clinic_id")), registry=runtime().registry)


@plugins.get(
    "/<plugin_id>/settings",
    permission="plugins:read",
    query=schemas.SettingsQuerySchema,
    response=schemas.PlaceSettingsSchema,
)
def show_settings(actor: Actor, plugin_id: str, query: dict[str, UUID]) -> PlaceSettings:
    """Show a plugin's settings at a clinic, or of the organisation: what counts and where it comes from."""
    return get_settings(actor, plugin_id, query.get("clinic_id"))


@plugins.put(
    "/<plugin_id>/settings",
    permission="plugins:write",
    query=schemas.SettingsQuerySchema,
    body=schemas.PutSettingsSchema,
    response=schemas.PlaceSettingsSchema,
)
def replace_settings(
    actor: Actor, plugin_id: str, query: dict[str, UUID], body: dict[str, Any], row_version: int
) -> PlaceSettings:
    """Replace what is set at a clinic, or for the organisation."""
    return put_settings(actor, PutSettings(plugin_id, query.get("clinic_id"), row_version, body["values"]))


@plugins.get(
    "/<plugin_id>/deliveries",
    permission="plugins:read",
    query=schemas.DeliveryQuerySchema,
    response=schemas.DeliverySchema,
    paged=True,
)
def list_deliveries(actor: Actor, plugin_id: str, query: dict[str, Any], page: PageRequest) -> Page[DeliveryRow]:
    """List the events on their way to a plugin, newest first; dead ones failed for good."""
    state = DeliveryState(query["state"]) if "state" in query else None
    return deliveries.list_deliveries(actor, plugin_id, page, state=state)


@plugins.post(
    "/<plugin_id>/deliveries/<uuid:delivery_id>/replay", permission="plugins:write", response=schemas.DeliverySchema
)
def replay_delivery(actor: Actor, plugin_id: str, delivery_id: UUID) -> DeliveryRow:
    """Have an event delivered to a plugin again."""
    return replaying.replay_delivery(actor, plugin_id, delivery_id)
