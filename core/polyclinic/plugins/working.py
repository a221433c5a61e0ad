"""Run a plugin's own work in the worker: under its role, with what it was granted, and undone when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.kit.db import session, set_clinics
from polyclinic.plugins.actors import plugin_actor
from polyclinic.plugins.calls import TELL_SECONDS, telling
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.isolation import attempt
from polyclinic.plugins.queries import get_enablement
from polyclinic.plugins.registry import LoadedPlugin


@dataclass(frozen=True)
class PluginWork:
    """One piece of work of a plugin in the running transaction, which `system` opened with every clinic."""

    plugin: LoadedPlugin
    system: Actor
    clinic_id: UUID | None = None
    timeout_seconds: int = TELL_SECONDS


def run_isolated(work: PluginWork, call: Callable[[Ctx], None]) -> BaseException | None:
    """Run the call and return what it raised; then nothing of what it did is kept, and the transaction goes on."""
    return attempt(lambda: _run(work, call)).error


def context_of(work: PluginWork) -> Ctx:
    """Return the context of the plugin's own work, and tell row security at which clinics it is on."""
    enablement = get_enablement(work.system.organisation_id)
    actor = plugin_actor(work.plugin, work.system.organisation_id, work.system.clinic_ids, enablement)
    set_clinics(actor.clinic_ids)
    return Ctx(actor, work.clinic_id, work.plugin.id)


def _run(work: PluginWork, call: Callable[[Ctx], None]) -> None:
    with session().begin_nested(), telling(context_of(work), work.plugin.id, work.timeout_seconds) as ctx:
        call(ctx)
