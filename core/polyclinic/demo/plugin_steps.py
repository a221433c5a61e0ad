"""What plugins add to a chain once core's part of it is there."""

from __future__ import annotations

from dataclasses import replace

from polyclinic.access.actor import Actor
from polyclinic.identity.vocabulary import Role
from polyclinic.plugins.calls import telling
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.demo_steps import DemoChain
from polyclinic.plugins.queries import is_enabled_for, role_permissions
from polyclinic.plugins.runtime import runtime

STEP_SECONDS = 120


def run_plugin_steps(administrator: Actor, chain: DemoChain) -> None:
    """Run the steps of every plugin that is on, as the chain's administrator with all that the role was given."""
    actor = _with_plugin_permissions(administrator)
    for plugin in runtime().registry.active:
        if not is_enabled_for(actor, plugin.id):
            continue
        for step in plugin.declarations.demo_steps:
            with telling(Ctx(actor), plugin.id, STEP_SECONDS) as own:
                step.run(own, chain)


def _with_plugin_permissions(actor: Actor) -> Actor:
    extra = role_permissions(actor.organisation_id).get(Role.CHAIN_ADMINISTRATOR.value, frozenset())
    everywhere = frozenset(actor.clinic_ids)
    return replace(actor, grants={**actor.grants, **dict.fromkeys(extra, everywhere)})
