"""`polyclinic ext <plugin id> ...`: the commands that plugins bring along."""

from __future__ import annotations

import os

import click

from polyclinic.cli.acting import open_for_plugin
from polyclinic.plugins.command_context import CommandDoor
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.registry import LoadedPlugin

KEY = "polyclinic.plugin_commands"


class PluginCommands(click.Group):
    """One group per plugin that declares commands; a broken plugin has none and breaks no other."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the ids of the plugins that have commands."""
        return sorted(_plugins_of(context))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the group of one plugin."""
        plugin = _plugins_of(context).get(name)
        if plugin is None:
            return None
        commands = {str(command.name): command for command in plugin.declarations.commands}
        door = CommandDoor(plugin.id, open_for_plugin)
        words = f"Commands of the plugin {plugin.id} {plugin.version}."
        return click.Group(name, commands=commands, help=words, context_settings={"obj": door})


def _plugins_of(context: click.Context) -> dict[str, LoadedPlugin]:
    """Return the plugins that have commands by id, loaded once for each command line."""
    if KEY not in context.meta:
        disabled = frozenset(filter(None, os.environ.get("POLYCLINIC_DISABLED_PLUGINS", "").split(",")))
        found = load_plugins(without=disabled).active
        context.meta[KEY] = {plugin.id: plugin for plugin in found if plugin.declarations.commands}
    known: dict[str, LoadedPlugin] = context.meta[KEY]
    return known


@click.group(cls=PluginCommands)
def ext() -> None:
    """Run commands of plugins."""
