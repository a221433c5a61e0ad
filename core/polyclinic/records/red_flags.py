"""Core's own safety rules: the emergency and absolute red flags that every visit asks, with or without plugins."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from polyclinic.plugins.contract import SafetyRule, SafetySeverity


@cache
def red_flag_rules() -> tuple[SafetyRule, ...]:
    """Return the red flags, emergencies first; sources stand in data/red_flags.json."""
    text = resources.files("polyclinic.records").joinpath("data/red_flags.json").read_text(encoding="utf-8")
    return tuple(
        SafetyRule(
            code=entry["code"],
            title=entry["title"],
            severity=SafetySeverity(entry["severity"]),
            question=entry["question"],
            action=entry["action"],
            hard_stop=True,
            pressure_cap=entry["pressure_cap"],
            exclude_regions=tuple(entry["exclude_regions"]),
            clearance_required=entry["clearance_required"],
            recheck_days=entry["recheck_days"],
            sources=tuple(entry["sources"]),
        )
        for entry in json.loads(text)["red_flags"]
    )


@cache
def emergency_codes() -> frozenset[str]:
    """Return the codes whose "yes" ends the visit at once."""
    return frozenset(rule.code for rule in red_flag_rules() if rule.severity is SafetySeverity.EMERGENCY)
