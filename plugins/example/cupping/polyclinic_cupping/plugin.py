"""What the plugin adds to Polyclinic."""

from polyclinic.sdk.hooks import hookimpl
from polyclinic.sdk.measures import Measure
from polyclinic.sdk.reports import DailyFigure
from polyclinic.sdk.safety import SafetyRule, SafetySeverity
from polyclinic.sdk.sections import SectionType
from polyclinic_cupping.figures import MINUTES_BY_DAY
from polyclinic_cupping.section import MINUTES, STIFFNESS, cupping_section


@hookimpl
def register_sections() -> list[SectionType]:
    """The cups of one treatment."""
    return [cupping_section()]


@hookimpl
def register_measures() -> list[Measure]:
    """Stiffness and time."""
    return [STIFFNESS, MINUTES]


@hookimpl
def register_safety_rules() -> list[SafetyRule]:
    """One contraindication that other modalities do not ask for."""
    return [
        SafetyRule(
            code="cupping_skin",
            title="Skin that suction would break",
            severity=SafetySeverity.LOCAL,
            question="Sunburn, eczema, psoriasis, thin skin or a wound where cups would stand?",
            action="No cups on these places.",
            exclude_recorded_site=True,
            recheck_days=30,
        )
    ]


@hookimpl
def register_daily_figures() -> list[DailyFigure]:
    """Minutes by clinic and day."""
    return [MINUTES_BY_DAY]
