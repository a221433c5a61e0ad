"""What the client's flags forbid: stops, excluded regions and techniques, and pressure above the cap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polyclinic.sdk.safety import ClientFlagFact, SafetyOutcome, SafetyRule, judge
from polyclinic.sdk.sections import Finding, Severity
from polyclinic_neuromuscular.catalogue import region_name
from polyclinic_neuromuscular.protocol import Point, Protocol
from polyclinic_neuromuscular.safety_rules import safety_rules
from polyclinic_neuromuscular.vocabulary import SENSITISED_PAIN_MAX
from polyclinic_neuromuscular.wording import level_name, listed, point_name

SENSITISING_FLAG = "fibromyalgia"
"""Flag of clients whose pain under pressure should stay low."""


def pressure_cap(point: Point, flags: Sequence[ClientFlagFact]) -> int | None:
    """Give the highest pressure 0-5 that the client's flags allow on a point, None = no cap.

    A point listed without a mark gets the lowest cap of all places of its muscle.
    """
    caps = [judge(safety_rules(), flags, region, point.technique_id, None).cap for region in _places(point)]
    return min((cap for cap in caps if cap is not None), default=None)


def check_stops(flags: Sequence[ClientFlagFact]) -> list[Finding]:
    """Give a block for every flag that forbids any treatment, emergencies first."""
    verdict = judge(safety_rules(), flags, None, None, None)
    return [
        Finding(f"neuromuscular.{reason.severity}", f"{reason.title}. {reason.action}", Severity.BLOCK)
        for reason in verdict.reasons
        if reason.outcome is SafetyOutcome.BLOCK
    ]


def check_cap(protocol: Protocol, point: Point, flags: Sequence[ClientFlagFact]) -> Iterator[Finding]:
    """Block a pressure above the client's cap, on the point (highest level it got) and around it."""
    cap = pressure_cap(point, flags)
    if cap is None:
        return
    because = listed(_capping(flags, cap))
    levels = {"point_pressure": protocol.peak_pressure(point), "surround_pressure": point.surround_pressure}
    for name, level in levels.items():
        if level is not None and level > cap:
            where = "around the point" if name == "surround_pressure" else "on the point"
            yield Finding(
                "neuromuscular.pressure_above_cap",
                f"{point_name(point)}: pressure {level_name(level)} {where} is above the cap {level_name(cap)} for "
                f"{because}.",
                Severity.BLOCK,
                f"/points/{point.position}/{name}",
            )


def check_exclusions(point: Point, flags: Sequence[ClientFlagFact]) -> Iterator[Finding]:
    """Block a region or a technique that the client's flags exclude."""
    for region in _places(point):
        verdict = judge(safety_rules(), flags, region, None, None)
        if region is not None and region in verdict.excluded_regions:
            yield Finding(
                "neuromuscular.region_excluded",
                f"{point_name(point)}: {region_name(region)} must be left out for {_excluding_region(flags, region)}.",
                Severity.BLOCK,
                f"/points/{point.position}/region_id",
            )
    if point.technique and point.technique_id in judge(safety_rules(), flags, None, None, None).excluded_techniques:
        because = listed(rule.title for rule in _matched(flags) if point.technique_id in rule.exclude_techniques)
        yield Finding(
            "neuromuscular.technique_excluded",
            f"{point_name(point)}: {point.technique.name} must not be used for {because}.",
            Severity.BLOCK,
            f"/points/{point.position}/technique_id",
        )


def check_sensitised_pain(protocol: Protocol, flags: Sequence[ClientFlagFact]) -> Iterator[Finding]:
    """Warn of pain under pressure above 3 for a sensitised client."""
    if all(flag.code != SENSITISING_FLAG for flag in flags):
        return
    for position, event in enumerate(protocol.feedback):
        if event.pain is not None and event.pain > SENSITISED_PAIN_MAX:
            yield Finding(
                "neuromuscular.pain_above_band",
                f"Pain {event.pain} under pressure: with fibromyalgia keep it at {SENSITISED_PAIN_MAX} or less.",
                Severity.WARNING,
                f"/feedback/{position}/pain",
            )


def _places(point: Point) -> tuple[str | None, ...]:
    return point.base_regions or (None,)


def _matched(flags: Sequence[ClientFlagFact]) -> list[SafetyRule]:
    codes = {flag.code for flag in flags}
    return [rule for rule in safety_rules() if rule.code in codes]


def _capping(flags: Sequence[ClientFlagFact], cap: int) -> list[str]:
    """Titles of the rules that set the cap at the point."""
    return [rule.title for rule in _matched(flags) if rule.pressure_cap == cap]


def _excluding_region(flags: Sequence[ClientFlagFact], region: str) -> str:
    recorded = {flag.code for flag in flags if region in flag.region_ids}
    return listed(
        rule.title
        for rule in _matched(flags)
        if region in rule.exclude_regions or (rule.exclude_recorded_site and rule.code in recorded)
    )
