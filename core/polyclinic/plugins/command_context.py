"""How a plugin's command gets at an organisation's data; the command line hands in the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import click

from polyclinic.plugins.context import Ctx


@dataclass(frozen=True)
class CommandDoor:
    """Opens a transaction for one plugin's commands; the command line puts it into click's context."""

    plugin_id: str
    open: Callable[[str, str], AbstractContextManager[Ctx]]


def acting_for(organisation: str) -> AbstractContextManager[Ctx]:
    """Return a transaction of an organisation (slug or id) for a command of this plugin, as a context manager.

    It yields the context that a job would get: the system acts, at every clinic, and `ctx.db` may write the plugin's
    own tables. It commits at the end and rolls back on any error; open several for work in batches. An organisation
    that is not there, or where the plugin is off, ends the command with a message. Use it within a running command.
    """
    door = click.get_current_context().find_object(CommandDoor)
    if door is None:
        raise RuntimeError("acting_for works within a command that runs under `polyclinic ext`")
    return door.open(door.plugin_id, organisation)
