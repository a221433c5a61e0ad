"""What the plugin adds to Polyclinic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polyclinic.sdk.api import ApiBlueprint
from polyclinic.sdk.context import Ctx, ServiceFact
from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.measures import Measure
from polyclinic.sdk.reports import DailyFigure, ReportDefinition
from polyclinic.sdk.safety import SafetyRule
from polyclinic.sdk.sections import ChartLayer, ClientFacts, DemoSections, Finding, SectionType
from polyclinic_neuromuscular.api import routes
from polyclinic_neuromuscular.booking import check_booking
from polyclinic_neuromuscular.chart import muscle_layer
from polyclinic_neuromuscular.demo import make_protocol
from polyclinic_neuromuscular.measures import MEASURES
from polyclinic_neuromuscular.reports import POINTS, POINTS_BY_DAY, PRESSURE_RESPONSE
from polyclinic_neuromuscular.safety_rules import safety_rules
from polyclinic_neuromuscular.sections import protocol_section
from polyclinic_neuromuscular.vocabulary import SECTION_KEY


@hookimpl
def register_sections() -> list[SectionType]:
    """The trigger-point protocol."""
    return [protocol_section()]


@hookimpl
def register_measures() -> list[Measure]:
    """Pain, applied pressure, pressure pain threshold and hold."""
    return list(MEASURES)


@hookimpl
def register_safety_rules() -> list[SafetyRule]:
    """58 contraindications, from emergencies to cautions."""
    return list(safety_rules())


@hookimpl
def register_body_charts() -> list[ChartLayer]:
    """The muscles under each region of the body chart."""
    return [muscle_layer()]


@hookimpl
def register_api() -> list[ApiBlueprint]:
    """The catalogue over REST."""
    return [routes.declaration()]


@hookimpl
def check_contraindications(
    ctx: Ctx,  # noqa: ARG001 -- the hook's arguments are the contract's
    client: ClientFacts,
    service: ServiceFact,
    sections: Mapping[str, Mapping[str, Any]],
) -> list[Finding]:
    """A booking needs a therapist of the modality with a valid registration."""
    return check_booking(client, service, sections)


@hookimpl
def register_demo_data() -> list[DemoSections]:
    """Believable trajectories for the demo chain."""
    return [DemoSections(SECTION_KEY, make_protocol)]


@hookimpl
def register_reports() -> list[ReportDefinition]:
    """Treated points by region, pain by pressure."""
    return [POINTS, PRESSURE_RESPONSE]


@hookimpl
def register_daily_figures() -> list[DailyFigure]:
    """Treated points by day."""
    return [POINTS_BY_DAY]
