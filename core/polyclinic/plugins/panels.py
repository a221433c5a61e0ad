"""Panels and links of the enabled plugins: who sees what, in which order, and what a failing panel leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import NavItem, Panel, PanelContent
from polyclinic.plugins.dispatch import Dispatcher, PluginFailed


@dataclass(frozen=True)
class OfferedPanel:
    """A panel that the actor may see here."""

    plugin_id: str
    panel: Panel


@dataclass(frozen=True)
class OfferedLink:
    """A side-bar link that the actor may follow; `path` is complete."""

    plugin_id: str
    label: str
    path: str
    icon: str
    group: str


@dataclass(frozen=True)
class FilledPanel:
    """One panel for one subject: its content, or the log number of a failure that the page shows as a small card."""

    plugin_id: str
    key: str
    title: str
    content: PanelContent | None = None
    log_id: str = ""


def offered_panels(dispatcher: Dispatcher, ctx: Ctx, slot: str) -> tuple[OfferedPanel, ...]:
    """Return the panels of `slot` that are enabled here and permitted to the actor, by order, plugin id and key."""
    found = [
        OfferedPanel(plugin_id, panel)
        for plugin_id, panel in _panels(dispatcher)
        if panel.slot == slot and ctx.can(panel.permission) and _is_enabled(dispatcher, ctx, plugin_id)
    ]
    return tuple(sorted(found, key=lambda offered: (offered.panel.order, offered.plugin_id, offered.panel.key)))


def find_panel(dispatcher: Dispatcher, ctx: Ctx, key: str) -> OfferedPanel | None:
    """Return one panel by key if it is offered here; a lazy panel is loaded by a request of its own."""
    slots = [panel.slot for _, panel in _panels(dispatcher) if panel.key == key]
    offered = (offered for slot in slots for offered in offered_panels(dispatcher, ctx, slot))
    return next((found for found in offered if found.panel.key == key), None)


def fill_panel(
    dispatcher: Dispatcher, ctx: Ctx, offered: OfferedPanel, subjects: Sequence[str]
) -> Mapping[str, FilledPanel]:
    """Return the panel of every subject it says something about; one call for the whole batch.

    A panel that raises or answers something else gives every subject a card with the log number.
    """
    panel = offered.panel
    empty = FilledPanel(offered.plugin_id, panel.key, panel.title)
    with dispatcher.guarded(ctx, offered.plugin_id) as own_ctx:
        try:
            contents = dispatcher.safe_call(offered.plugin_id, _filling(offered), own_ctx, tuple(subjects))
        except PluginFailed as failed:
            return {subject: replace(empty, log_id=failed.failure.log_id) for subject in subjects}
    return {subject: replace(empty, content=contents[subject]) for subject in subjects if subject in contents}


def offered_links(dispatcher: Dispatcher, ctx: Ctx) -> tuple[OfferedLink, ...]:
    """Return the side-bar links of the plugins enabled here that the actor may follow, by order, plugin, label."""
    found: list[tuple[int, str, NavItem]] = [
        (item.order, plugin.id, item)
        for plugin in dispatcher.registry.active
        for item in plugin.declarations.navigation
        if ctx.can(item.permission) and _is_enabled(dispatcher, ctx, plugin.id)
    ]
    return tuple(
        OfferedLink(plugin_id, item.label, f"/ext/{plugin_id}/{item.path.lstrip('/')}", item.icon, item.group)
        for _, plugin_id, item in sorted(found, key=lambda entry: (entry[0], entry[1], entry[2].label))
    )


def _panels(dispatcher: Dispatcher) -> Iterator[tuple[str, Panel]]:
    return ((plugin.id, panel) for plugin in dispatcher.registry.active for panel in plugin.declarations.panels)


def _is_enabled(dispatcher: Dispatcher, ctx: Ctx, plugin_id: str) -> bool:
    return dispatcher.is_enabled(ctx.organisation_id, ctx.clinic_id, plugin_id)


def _filling(offered: OfferedPanel) -> Callable[[Ctx, Sequence[str]], Mapping[str, PanelContent]]:
    def fill(ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
        return _checked(offered, ctx, subjects)

    fill.__name__ = f"panel {offered.panel.key}"
    return fill


def _checked(offered: OfferedPanel, ctx: Ctx, subjects: Sequence[str]) -> Mapping[str, PanelContent]:
    contents = offered.panel.render(ctx, subjects)
    for content in contents.values():
        if not isinstance(content, PanelContent):
            raise TypeError("a panel answers with PanelContent")
        if not content.template.startswith(f"{offered.plugin_id}/"):
            raise ValueError("a panel shows templates of its own plugin only")
    return contents
