"""The contraindications of the catalogue as core's safety rules."""

from __future__ import annotations

from functools import cache

from polyclinic.sdk.safety import SafetyRule, SafetyScope, SafetySeverity
from polyclinic_neuromuscular.catalogue import contraindications


@cache
def safety_rules() -> tuple[SafetyRule, ...]:
    """Give one rule for each contraindication, emergencies first; caps are on the applied pressure scale 0-5."""
    return tuple(
        SafetyRule(
            code=entry.id,
            title=entry.name,
            severity=SafetySeverity(entry.severity),
            question=entry.question,
            action=entry.action,
            hard_stop=entry.hard_stop,
            pressure_cap=entry.pressure_cap,
            exclude_regions=entry.exclude_regions,
            exclude_recorded_site=entry.exclude_recorded_site,
            exclude_techniques=entry.exclude_techniques,
            clearance_required=entry.clearance_required,
            recheck_days=entry.recheck_days,
            sources=entry.sources,
            scope=SafetyScope(entry.scope),
        )
        for entry in contraindications().values()
    )
