"""Hooks about treatment records: sections, scales, contraindications, the body chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import (
    ChartLayer,
    ClientFacts,
    DemoSections,
    Finding,
    Measure,
    SafetyRule,
    SectionType,
    ServiceFact,
)
from polyclinic.plugins.manifest import Capability
from polyclinic.plugins.policies import declares, validates


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
