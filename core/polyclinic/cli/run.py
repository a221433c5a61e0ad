"""The `polyclinic` command: one group a theme."""

from __future__ import annotations

import importlib

import click

from polyclinic import __version__

COMMANDS = {
    "audit": "polyclinic.cli.audit:audit",
    "db": "polyclinic.cli.db:db",
    "demo": "polyclinic.cli.demo:demo",
    "ext": "polyclinic.cli.ext:ext",
    "plugin": "polyclinic.cli.plugins:plugin",
    "records": "polyclinic.cli.records:records",
    "serve": "polyclinic.cli.serve:serve",
    "users": "polyclinic.cli.users:users",
    "worker": "polyclinic.cli.worker:worker",
}


class LazyGroup(click.Group):
    """Imports a command's module when it is used, so that `--help` stays fast and a broken part breaks alone."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the names."""
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Return the command called `name`."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup)
@click.version_option(__version__)
def main() -> None:
    """Run and administer Polyclinic."""
