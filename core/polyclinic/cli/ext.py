"""`polyclinic ext <plugin id> ...`: the commands that plugins bring along."""

from __future__ import annotations

import os
from functools import cached_property

import click

from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.registry import LoadedPlugin


class PluginCommands(click.Group):
    """One group per plugin that declares commands; a broken plugin has none and breaks no other."""

    @cached_property
    def _plugins(self) -> dict[str, LoadedPlugin]:
        disabled = frozenset(filter(None, os.environ.get("POLYCLINIC_DISABLED_PLUGINS", "").split(",")))
        found = load_plugins(without=disabled).active
        return {plugin.id: plugin for plugin in found if plugin.declarations.commands}

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the ids of the plugins that have commands."""
        return sorted(self._plugins)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Return the group of one plugin."""
        plugin = self._plugins.get(name)
        if plugin is None:
            return None
        commands = {str(command.name): command for command in plugin.declarations.commands}
        return click.Group(name, commands=commands, help=f"Commands of the plugin {plugin.id} {plugin.version}.")


@click.group(cls=PluginCommands)
def ext() -> None:
    """Run commands of plugins."""
