"""Where the plugins of one organisation are switched on: pure answers over its switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from polyclinic.plugins.vocabulary import EnablementState


@dataclass(frozen=True)
class Switch:
    """One plugin at one clinic, or (clinic_id None) wherever a clinic has no switch of its own."""

    plugin_id: str
    clinic_id: UUID | None
    state: EnablementState
    granted_scopes: frozenset[str] = frozenset()
    role_permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Which of the plugin's permissions each role was given when it was switched on."""

    @property
    def scope_list(self) -> list[str]:
        """The granted scopes in a stable order."""
        return sorted(self.granted_scopes)

    @property
    def role_lists(self) -> dict[str, list[str]]:
        """The permissions of each role in a stable order."""
        return {role: sorted(held) for role, held in sorted(self.role_permissions.items())}

    @property
    def is_on(self) -> bool:
        """Whether the plugin is on at this place."""
        return self.state is EnablementState.ENABLED


@dataclass(frozen=True)
class Enablement:
    """All switches of one organisation."""

    switches: tuple[Switch, ...] = ()

    def is_enabled(self, plugin_id: str, clinic_id: UUID | None) -> bool:
        """Tell whether the plugin is on at the clinic; without a clinic, whether it is on anywhere."""
        if clinic_id is None:
            return any(switch.is_on for switch in self._by_place.get(plugin_id, {}).values())
        switch = self.effective(plugin_id, clinic_id)
        return switch is not None and switch.is_on

    def effective(self, plugin_id: str, clinic_id: UUID | None) -> Switch | None:
        """Return the switch that decides at the clinic: its own, else the organisation's."""
        places = self._by_place.get(plugin_id, {})
        return places.get(clinic_id) or places.get(None)

    def permissions_of(self, role: str, clinic_id: UUID) -> frozenset[str]:
        """Return the plugin permissions that a role has at the clinic: those of the plugins that are on there."""
        deciding = (self.effective(plugin_id, clinic_id) for plugin_id in self._by_place)
        held = (switch.role_permissions.get(role, frozenset()) for switch in deciding if switch and switch.is_on)
        return frozenset[str]().union(*held)

    def of(self, plugin_id: str) -> Iterable[Switch]:
        """Return the plugin's switches."""
        return self._by_place.get(plugin_id, {}).values()

    def enabled_plugins(self, clinic_id: UUID | None) -> frozenset[str]:
        """Return the ids of all plugins that are on at the clinic (anywhere when it is None)."""
        return frozenset(plugin_id for plugin_id in self._by_place if self.is_enabled(plugin_id, clinic_id))

    @cached_property
    def _by_place(self) -> Mapping[str, Mapping[UUID | None, Switch]]:
        places: dict[str, dict[UUID | None, Switch]] = {}
        for switch in self.switches:
            places.setdefault(switch.plugin_id, {})[switch.clinic_id] = switch
        return places
