"""The hooks of contract 1.0. The docstrings are the reference manual: when, what to return, what an error does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import click

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import (
    ApiBlueprint,
    Badge,
    ChartLayer,
    ClientFacts,
    DemoSections,
    Finding,
    Measure,
    NavItem,
    Panel,
    Permission,
    SafetyRule,
    SectionType,
    ServiceFact,
)
from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.policies import Shape, declares, reads, validates


@declares(SectionType, Capability.SECTIONS)
def register_sections() -> Sequence[SectionType]:
    """Declare the sections that this plugin adds to treatment records.

    When: once, at load.

    Return: section types whose keys are `<plugin id>.<name>`, whose schemas are marshmallow classes of fields with a
    lossless JSON form (no floats), and whose upcasters cover every version below the current one.

    On error: the plugin is quarantined; signed records with its sections stay readable from their stored description.
    """
    raise NotImplementedError


@declares(Measure, Capability.SECTIONS)
def register_measures() -> Sequence[Measure]:
    """Declare the scales on which this plugin's sections score values.

    When: once, at load.

    Return: measures. A code that another plugin declared is accepted when the whole measure is equal, so that several
    modalities report on one scale; one that differs is refused (PC008).

    On error: the plugin is quarantined; measurements already recorded stay.
    """
    raise NotImplementedError


@declares(SafetyRule, Capability.SECTIONS)
def register_safety_rules() -> Sequence[SafetyRule]:
    """Declare contraindications as data.

    When: once, at load.

    Return: rules; `code` is the code of the client flag that makes a rule match. Core combines the rules of all enabled
    plugins: the lowest pressure cap and the union of exclusions hold.

    On error: the plugin is quarantined and its rules are not applied; `polyclinic plugin status` says so.
    """
    raise NotImplementedError


@declares(ChartLayer, Capability.SECTIONS)
def register_body_charts() -> Sequence[ChartLayer]:
    """Declare what this plugin knows to lie under the regions of core's body chart.

    When: once, at load.

    Return: chart layers whose keys are `<plugin id>.<name>`; regions are core's base region ids.

    On error: the plugin is quarantined; the chart is shown without its layers.
    """
    raise NotImplementedError


@declares(DemoSections, Capability.SECTIONS)
def register_demo_data() -> Sequence[DemoSections]:
    """Declare how believable section content for the demo chain is made.

    When: once, at load; the makers run only while demo data are written.

    Return: one maker for each of this plugin's sections that demo records should hold.

    On error: the plugin is quarantined; a maker that raises leaves its section out of the demo records.
    """
    raise NotImplementedError


@declares(Permission)
def register_permissions() -> Sequence[Permission]:
    """Declare the permissions that this plugin's panels, navigation and routes ask for.

    When: once, at load.

    Return: permissions whose keys are `<plugin id>.<noun>:<verb>`. Roles are suggested; nothing is granted silently.

    On error: the plugin is quarantined.
    """
    raise NotImplementedError


@declares(NavItem, Capability.PANELS)
def register_navigation() -> Sequence[NavItem]:
    """Declare links in the side bar.

    When: once, at load; a link is shown where the plugin is enabled and the actor has its permission.

    Return: links whose paths are relative to `/ext/<plugin id>/`.

    On error: the plugin is quarantined; no link is shown.
    """
    raise NotImplementedError


@declares(Panel, Capability.PANELS)
def register_panels() -> Sequence[Panel]:
    """Declare panels in the named slots of core's pages.

    When: once, at load. `render(ctx, subjects)` runs while a page is made (inline slots) or after it (`lazy=True`).

    Return: panels whose keys are `<plugin id>.<name>`. `render` gets all ids of the page in one call and returns a
    mapping of id to `PanelContent`; ids it leaves out show nothing.

    On error: the plugin is quarantined; a `render` that raises leaves a small card with a log id, never a broken page.
    """
    raise NotImplementedError


@declares(ApiBlueprint, Capability.API)
def register_api() -> Sequence[ApiBlueprint]:
    """Declare REST resources.

    When: once, at load; the routes appear under `/api/v1/ext/<plugin id>/` and in the OpenAPI document.

    Return: one `PluginRoutes(...).declaration()`; every route names its permission. Where the plugin is disabled its
    routes answer 404.

    On error: the plugin is quarantined; none of its routes exists.
    """
    raise NotImplementedError


@declares(click.Command, Capability.COMMANDS)
def register_commands() -> Sequence[click.Command]:
    """Declare commands under `polyclinic ext <plugin id>`.

    When: once, at load.

    Return: click commands.

    On error: the plugin is quarantined; the other commands work.
    """
    raise NotImplementedError


@validates(Finding, Capability.SECTIONS)
def check_contraindications(
    ctx: Ctx, client: ClientFacts, service: ServiceFact, sections: Mapping[str, Mapping[str, Any]]
) -> Sequence[Finding]:
    """Say what speaks against giving this service to this client.

    When: at booking, on opening the editor of a treatment record, and at signing. `sections` maps section keys to their
    content; it is empty at booking.

    Return: findings; none when nothing speaks against it. `acknowledge` needs a tick that is stored with the record,
    `block` needs a second permission and a reason.

    On error: a finding "check could not run" is shown in its place and must be acknowledged.
    """
    raise NotImplementedError


@reads(Badge, shape=Shape.MAPPING, capability=Capability.PANELS)
def client_badges(ctx: Ctx, client_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Badge]]:
    """Give short labels that are shown beside clients.

    When: while a list or a client's page is made; all clients of the page come in one call.

    Return: a mapping of client id to badges; clients without any may be left out.

    On error: the badges are left out and administrators see the failure; after repeated failures the hook rests.
    """
    raise NotImplementedError
