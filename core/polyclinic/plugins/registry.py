"""The frozen view of all plugins that loader, router, worker and migrator read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from polyclinic.kit.errors import NotFound
from polyclinic.plugins.contract import (
    ApiBlueprint,
    ChartLayer,
    DemoSections,
    Measure,
    NavItem,
    PageRoutes,
    Panel,
    Permission,
    SafetyRule,
    SectionType,
)
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.plugins.demo_steps import DemoStep
from polyclinic.plugins.documents import DocumentTemplate
from polyclinic.plugins.entity_fields import EntityFields
from polyclinic.plugins.events import EventHandler, EventType
from polyclinic.plugins.manifest import Capability, Manifest
from polyclinic.plugins.policies import HookPolicy
from polyclinic.plugins.problems import Problem, ProblemCode
from polyclinic.plugins.report_types import DailyFigure, ReportDefinition
from polyclinic.plugins.settings_types import SettingsSchema
from polyclinic.plugins.vocabulary import InstallationState
from polyclinic.plugins.work import Job


class PluginState(StrEnum):
    """Installation state of a plugin."""

    DISCOVERED = "discovered"
    """Found, but the configuration keeps it from being loaded."""
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"
    AVAILABLE = "available"
    """Loaded; its tables are not yet installed."""
    INSTALLED = "installed"
    ARCHIVED = "archived"
    """Its code is gone, its data are kept."""


@dataclass(frozen=True)
class Declarations:
    """Everything one plugin declared at load."""

    sections: tuple[SectionType, ...] = ()
    measures: tuple[Measure, ...] = ()
    safety_rules: tuple[SafetyRule, ...] = ()
    permissions: tuple[Permission, ...] = ()
    navigation: tuple[NavItem, ...] = ()
    panels: tuple[Panel, ...] = ()
    api: tuple[ApiBlueprint, ...] = ()
    chart_layers: tuple[ChartLayer, ...] = ()
    demo: tuple[DemoSections, ...] = ()
    commands: tuple[click.Command, ...] = ()
    pages: tuple[PageRoutes, ...] = ()
    documents: tuple[DocumentTemplate, ...] = ()
    settings: tuple[SettingsSchema, ...] = ()
    entity_fields: tuple[EntityFields, ...] = ()
    event_types: tuple[EventType, ...] = ()
    event_handlers: tuple[EventHandler, ...] = ()
    jobs: tuple[Job, ...] = ()
    reports: tuple[ReportDefinition, ...] = ()
    daily_figures: tuple[DailyFigure, ...] = ()
    demo_steps: tuple[DemoStep, ...] = ()


@dataclass(frozen=True)
class Implementation:
    """One plugin's implementation of an asked hook."""

    plugin_id: str
    hook: str
    function: Any
    arguments: tuple[str, ...]
    """Names of the hook's arguments that it takes, without `ctx`; it may leave out what it does not need."""
    takes_ctx: bool

    @cached_property
    def key(self) -> tuple[str, str]:
        """Plugin id and hook, as the circuit breaker counts them."""
        return self.plugin_id, self.hook


@dataclass(frozen=True)
class Installation:
    """What the database knows of one plugin."""

    plugin_id: str
    version: str
    state: InstallationState


@dataclass(frozen=True)
class LoadedPlugin:
    """One plugin as it was found and, if nothing went wrong, loaded."""

    id: str
    version: str
    state: PluginState
    distribution: str = ""
    manifest: Manifest | None = None
    package_dir: Path | None = None
    problems: tuple[Problem, ...] = ()
    declarations: Declarations = Declarations()

    @property
    def is_active(self) -> bool:
        """Whether its code is loaded and may be called."""
        return self.state in {PluginState.AVAILABLE, PluginState.INSTALLED}

    @property
    def waits_for_tables(self) -> bool:
        """Whether its code is loaded but its tables are not there yet."""
        brings = self.manifest is not None and Capability.TABLES in self.manifest.capabilities
        return brings and self.state is PluginState.AVAILABLE


@dataclass(frozen=True)
class PluginRegistry:
    """All plugins, ordered by id, and the asked hooks of those that are active, in calling order."""

    plugins: tuple[LoadedPlugin, ...] = ()
    policies: Mapping[str, HookPolicy] = field(default_factory=lambda: MappingProxyType({}))
    implementations: Mapping[str, tuple[Implementation, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def active(self) -> tuple[LoadedPlugin, ...]:
        """The plugins whose code is loaded."""
        return tuple(plugin for plugin in self.plugins if plugin.is_active)

    @cached_property
    def without_tables(self) -> frozenset[str]:
        """The ids of the plugins that bring tables which `db upgrade` has not made yet."""
        return frozenset(plugin.id for plugin in self.plugins if plugin.waits_for_tables)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems of all plugins."""
        return tuple(problem for plugin in self.plugins for problem in plugin.problems)

    @cached_property
    def sections(self) -> Mapping[str, SectionType]:
        """Section types of the active plugins by key."""
        return MappingProxyType(
            {section.key: section for plugin in self.active for section in plugin.declarations.sections}
        )

    @cached_property
    def event_types(self) -> Mapping[str, EventType]:
        """Event types of core and of the active plugins by key."""
        own = {event_type.key: event_type for plugin in self.active for event_type in plugin.declarations.event_types}
        return MappingProxyType({**own, **CORE_EVENTS})

    @cached_property
    def event_handlers(self) -> Mapping[str, tuple[tuple[str, EventHandler], ...]]:
        """Plugin id and handler of everything that answers an event, by the event's key."""
        found: dict[str, tuple[tuple[str, EventHandler], ...]] = {}
        for plugin in self.active:
            for handler in plugin.declarations.event_handlers:
                found[handler.event] = (*found.get(handler.event, ()), (plugin.id, handler))
        return MappingProxyType(found)

    def find(self, plugin_id: str) -> LoadedPlugin | None:
        """Return the plugin, or None."""
        return next((plugin for plugin in self.plugins if plugin.id == plugin_id), None)

    def get(self, plugin_id: str) -> LoadedPlugin:
        """Return the plugin; raises `NotFound`."""
        plugin = self.find(plugin_id)
        if plugin is None:
            raise NotFound("plugin")
        return plugin

    def with_installations(self, installations: Iterable[Installation]) -> PluginRegistry:
        """Return the registry as the database knows it.

        A loaded plugin that is installed becomes `installed`, one whose migrations failed `broken`, and an installed
        one without code `archived`.
        """
        known = {installation.plugin_id: installation for installation in installations}
        found = {plugin.id for plugin in self.plugins}
        plugins = [_as_installed(plugin, known.get(plugin.id)) for plugin in self.plugins]
        plugins += [
            LoadedPlugin(id=plugin_id, version=installation.version, state=PluginState.ARCHIVED)
            for plugin_id, installation in known.items()
            if plugin_id not in found
        ]
        callable_ids = {plugin.id for plugin in plugins if plugin.is_active}
        implementations = {
            hook: tuple(implementation for implementation in implemented if implementation.plugin_id in callable_ids)
            for hook, implemented in self.implementations.items()
        }
        return replace(
            self,
            plugins=tuple(sorted(plugins, key=lambda plugin: plugin.id)),
            implementations=MappingProxyType(implementations),
        )


def _as_installed(plugin: LoadedPlugin, installation: Installation | None) -> LoadedPlugin:
    if installation is None or not plugin.is_active:
        return plugin
    if installation.state is not InstallationState.BROKEN:
        return replace(plugin, state=PluginState.INSTALLED)
    problem = Problem(
        ProblemCode.MIGRATION,
        plugin.id,
        plugin.version,
        f"its tables could not be upgraded and are still those of version {installation.version}.",
        next_step="run `polyclinic db upgrade` to see why, or reinstall the former version.",
    )
    return replace(plugin, state=PluginState.BROKEN, problems=(*plugin.problems, problem))
