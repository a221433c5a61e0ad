"""What the pages about plugins show: where each is on, what it asks for, how it is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.permissions import CORE_PERMISSIONS
from polyclinic.identity.vocabulary import ROLE_TITLES
from polyclinic.kit.errors import NotFound
from polyclinic.mail.queries import count_mail
from polyclinic.mail.vocabulary import MailState
from polyclinic.organisation.queries import list_clinics
from polyclinic.plugins import deliveries
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import Permission
from polyclinic.plugins.deliveries import DeliveryRow
from polyclinic.plugins.enablement import Enablement, Switch
from polyclinic.plugins.health import HealthReport
from polyclinic.plugins.manifest import Level
from polyclinic.plugins.queries import PluginStatus, get_enablement, list_plugins
from polyclinic.plugins.registry import LoadedPlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.tally import HookFigures
from polyclinic.plugins.vocabulary import DeliveryState

WRITE = "plugins:write"
FAILURES_SHOWN = 10


@dataclass(frozen=True)
class Place:
    """One row of "where it is on"; `clinic_id` None is the whole organisation, `is_own` a switch of its own."""

    clinic_id: UUID | None
    name: str
    is_on: bool
    is_own: bool
    can_switch: bool


@dataclass(frozen=True)
class ListedPlugin:
    """One line of the list."""

    id: str
    version: str
    state: str
    url: str
    on: int
    places: int
    problems: int


@dataclass(frozen=True)
class WantedScope:
    """One thing of core's that the plugin asks to read or do."""

    key: str
    title: str
    is_granted: bool


@dataclass(frozen=True)
class WantedPermission:
    """One permission of the plugin's own; `options` are (value, role title), `chosen` those who have it."""

    key: str
    title: str
    options: Sequence[tuple[str, str]]
    chosen: Sequence[str]


@dataclass(frozen=True)
class Approval:
    """What the plugin asks for at one place, with what it has been granted or, before that, what it suggests."""

    clinic_id: UUID | None
    place_name: str
    is_new: bool
    scopes: Sequence[WantedScope]
    permissions: Sequence[WantedPermission]
    outbound_hosts: Sequence[str]
    has_personal_data: bool

    @property
    def scope_options(self) -> Sequence[tuple[str, str, str]]:
        """Return value, label and help of each scope."""
        return [(scope.key, scope.title, scope.key) for scope in self.scopes]

    @property
    def chosen_scopes(self) -> Sequence[str]:
        """Return the scopes that are granted, or ticked at first."""
        return [scope.key for scope in self.scopes if scope.is_granted]

    @property
    def missing_scopes(self) -> Sequence[WantedScope]:
        """Return what a newer version asks for beyond what was granted."""
        return [] if self.is_new else [scope for scope in self.scopes if not scope.is_granted]


@dataclass(frozen=True)
class ShownFailure:
    """A failure of the plugin's code, as the log has it."""

    log_id: str
    hook: str
    error: str
    at: datetime


@dataclass(frozen=True)
class HealthView:
    """How a plugin is doing: its own remarks, its latest failures and what its code costs.

    Failures and figures are those of the process that answers, since `counted_from`.
    """

    remarks: Sequence[HealthReport]
    waiting: int
    dead: Sequence[DeliveryRow]
    held_mail: int
    failures: Sequence[ShownFailure]
    figures: Sequence[HookFigures]
    counted_from: datetime


@dataclass(frozen=True)
class PluginView:
    """One plugin's page."""

    status: PluginStatus
    capabilities: Sequence[str]
    places: Sequence[Place]
    slots: Sequence[str]
    requires: Mapping[str, str]
    has_settings: bool
    can_write: bool
    health: HealthView


def list_view(actor: Actor) -> Sequence[ListedPlugin]:
    """Return every plugin of this server; needs `plugins:read`."""
    registry = runtime().registry
    found = list_plugins(actor, registry)
    enablement, names = get_enablement(actor.organisation_id), _clinic_names(actor)
    return [
        ListedPlugin(
            status.id,
            status.version,
            status.state.value,
            f"/plugins/{status.id}",
            sum(enablement.is_enabled(status.id, clinic_id) for clinic_id in names),
            len(names),
            len(status.problems),
        )
        for status in found
    ]


def plugin_view(actor: Actor, plugin_id: str) -> PluginView:
    """Return one plugin's page; raises `NotFound`. Needs `plugins:read`."""
    status = _status(actor, plugin_id)
    plugin = runtime().registry.get(plugin_id)
    manifest = plugin.manifest
    return PluginView(
        status=status,
        capabilities=sorted(manifest.capabilities) if manifest else (),
        places=_places(actor, plugin),
        slots=sorted({panel.slot for panel in plugin.declarations.panels}),
        requires=manifest.requires_plugins if manifest else {},
        has_settings=bool(plugin.declarations.settings),
        can_write=actor.can(WRITE),
        health=health_view(actor, plugin),
    )


def health_view(actor: Actor, plugin: LoadedPlugin) -> HealthView:
    """Return how a plugin is doing; it is asked for remarks only where it is on."""
    dispatcher = runtime().dispatcher
    told = dispatcher.ask("health_checks", Ctx(actor)) if plugin.is_active else []
    return HealthView(
        waiting=deliveries.count_deliveries(actor, plugin.id)[DeliveryState.PENDING],
        dead=deliveries.list_dead(actor, plugin.id),
        held_mail=_held_mail(actor),
        remarks=[remark for said in told if said.plugin_id == plugin.id for remark in said.value],
        failures=[
            ShownFailure(failure.log_id, failure.hook, failure.error, failure.at)
            for failure in dispatcher.failures()
            if failure.plugin_id == plugin.id
        ][:FAILURES_SHOWN],
        figures=dispatcher.tally.of(plugin.id),
        counted_from=dispatcher.tally.since,
    )


def approval_view(actor: Actor, plugin_id: str, clinic_id: UUID | None) -> Approval:
    """Return what the plugin asks for at a place; raises `NotFound` outside the actor's clinics."""
    _status(actor, plugin_id)
    plugin, names = runtime().registry.get(plugin_id), _clinic_names(actor)
    if clinic_id is not None and clinic_id not in names:
        raise NotFound("clinic")
    switch = _deciding(get_enablement(actor.organisation_id), plugin_id, clinic_id)
    manifest = plugin.manifest
    return Approval(
        clinic_id=clinic_id,
        place_name=names[clinic_id] if clinic_id else "",
        is_new=switch is None,
        scopes=[
            WantedScope(key, CORE_PERMISSIONS.get(key, key), switch is None or key in switch.granted_scopes)
            for key in (sorted(manifest.scopes) if manifest else ())
        ],
        permissions=_wanted_permissions(plugin, switch),
        outbound_hosts=manifest.outbound_hosts if manifest else (),
        has_personal_data=bool(manifest and manifest.personal_data),
    )


def _held_mail(actor: Actor) -> int:
    """Return how many mails wait for a server; only who sees background work is told."""
    return count_mail(actor)[MailState.HELD] if actor.can("jobs:read") else 0


def _status(actor: Actor, plugin_id: str) -> PluginStatus:
    found = {status.id: status for status in list_plugins(actor, runtime().registry)}
    if plugin_id not in found:
        raise NotFound("plugin")
    return found[plugin_id]


def _clinic_names(actor: Actor) -> dict[UUID, str]:
    return {clinic.id: clinic.name for clinic in list_clinics(actor) if clinic.archived_at is None}


def _deciding(enablement: Enablement, plugin_id: str, clinic_id: UUID | None) -> Switch | None:
    switch = enablement.effective(plugin_id, clinic_id)
    return switch if switch and switch.is_on else None


def _places(actor: Actor, plugin: LoadedPlugin) -> list[Place]:
    enablement = get_enablement(actor.organisation_id)
    own = {switch.clinic_id for switch in enablement.of(plugin.id)}
    level = plugin.manifest.level if plugin.manifest else Level.ORGANISATION
    places = []
    if level is not Level.CLINIC or None in own:
        is_on = _deciding(enablement, plugin.id, None) is not None
        # The whole organisation is for those whose permission reaches every clinic.
        reaches_all = set(actor.clinics_with(WRITE)) == set(actor.clinic_ids) and actor.can("organisation:write")
        places.append(Place(None, "", is_on, None in own, reaches_all))
    if level is not Level.ORGANISATION:
        places += [
            Place(key, name, enablement.is_enabled(plugin.id, key), key in own, actor.can(WRITE, key))
            for key, name in _clinic_names(actor).items()
        ]
    return places


def _wanted_permissions(plugin: LoadedPlugin, switch: Switch | None) -> list[WantedPermission]:
    return [
        WantedPermission(
            declared.key,
            declared.title,
            [(f"{role.value}|{declared.key}", title) for role, title in ROLE_TITLES.items()],
            [f"{role}|{declared.key}" for role in _roles_with(declared, switch)],
        )
        for declared in plugin.declarations.permissions
    ]


def _roles_with(declared: Permission, switch: Switch | None) -> Sequence[str]:
    """Return the roles that were granted a permission or, before the plugin is on, those that it suggests."""
    if switch is None:
        return declared.suggested_roles
    return [role for role, held in switch.role_permissions.items() if declared.key in held]
