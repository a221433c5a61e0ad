"""What features ask of plugins: the sections, rules and hooks of the plugins that are on at one clinic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from polyclinic.plugins import queries
from polyclinic.plugins.contract import ChartLayer, Measure, SafetyRule, SectionType
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.registry import LoadedPlugin, PluginRegistry
from polyclinic.plugins.safety_engine import one_per_code
from polyclinic.plugins.sections import plugin_of


@dataclass(frozen=True)
class PluginRuntime:
    """One process's plugins; core's own sections and rules stand beside the plugins' and are always on."""

    registry: PluginRegistry
    dispatcher: Dispatcher
    core_sections: Mapping[str, SectionType] = field(default_factory=lambda: MappingProxyType({}))
    core_rules: tuple[SafetyRule, ...] = ()

    def enabled(self, organisation_id: UUID, clinic_id: UUID | None) -> tuple[LoadedPlugin, ...]:
        """Return the active plugins that are on at the clinic (anywhere in the organisation when it is None)."""
        return tuple(p for p in self.registry.active if queries.is_enabled(organisation_id, clinic_id, p.id))

    def sections_for(
        self, organisation_id: UUID, clinic_id: UUID | None, modality: str | None
    ) -> tuple[SectionType, ...]:
        """Return the plugin sections offered for a visit of this modality; an empty `applies_to` fits any."""
        return tuple(
            section
            for plugin in self.enabled(organisation_id, clinic_id)
            for section in plugin.declarations.sections
            if not section.applies_to or modality in section.applies_to
        )

    def section(self, key: str) -> SectionType | None:
        """Return a section type by key when its code is loaded, whether or not it is on anywhere."""
        return self.core_sections.get(key) or self.registry.sections.get(key)

    def is_live(self, organisation_id: UUID, clinic_id: UUID | None, key: str) -> bool:
        """Tell whether a section's own code may show it: core's always, a plugin's where it is on."""
        if key in self.core_sections:
            return True
        known = key in self.registry.sections
        return known and queries.is_enabled(organisation_id, clinic_id, plugin_of(key))

    def safety_rules(self, organisation_id: UUID, clinic_id: UUID | None) -> tuple[SafetyRule, ...]:
        """Return core's rules and those of the plugins that are on; rules with one code become one, never looser."""
        enabled = self.enabled(organisation_id, clinic_id)
        return one_per_code(
            (*self.core_rules, *(rule for plugin in enabled for rule in plugin.declarations.safety_rules))
        )

    def measures(self) -> Mapping[str, Measure]:
        """Return every known measure by code."""
        return {measure.code: measure for plugin in self.registry.active for measure in plugin.declarations.measures}

    def chart_layers(self, organisation_id: UUID, clinic_id: UUID | None) -> Sequence[ChartLayer]:
        """Return the layers that plugins lay over core's body chart."""
        return [
            layer for plugin in self.enabled(organisation_id, clinic_id) for layer in plugin.declarations.chart_layers
        ]

    def modalities(self) -> tuple[str, ...]:
        """Return the modalities that the loaded plugins can document, sorted."""
        return tuple(sorted({m for section in self.registry.sections.values() for m in section.applies_to}))


_EMPTY = PluginRuntime(PluginRegistry(), Dispatcher(PluginRegistry(), queries.is_enabled))
_held: dict[str, PluginRuntime] = {}


def use_runtime(made: PluginRuntime) -> None:
    """Hand the process its runtime; called by the composition root and by tests, never by features."""
    _held["runtime"] = made


@contextmanager
def runtime_of(registry: PluginRegistry) -> Iterator[None]:
    """Let the block work with these plugins: a command of the operator, so that what it does reaches them."""
    before = runtime()
    use_runtime(PluginRuntime(registry, Dispatcher(registry, queries.is_enabled)))
    try:
        yield
    finally:
        use_runtime(before)


def runtime() -> PluginRuntime:
    """Return the process's runtime; without one, only core itself is there."""
    return _held.get("runtime", _EMPTY)
