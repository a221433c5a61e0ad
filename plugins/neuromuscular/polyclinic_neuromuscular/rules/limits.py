"""What technique, tool and site allow, whoever the client is."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.sdk.sections import Finding, Severity
from polyclinic_neuromuscular.catalogue import regions
from polyclinic_neuromuscular.protocol import Point, Protocol
from polyclinic_neuromuscular.vocabulary import Response
from polyclinic_neuromuscular.wording import counted, duration, level_name, listed, point_name

ELBOW = "elbow"
ELBOW_TECHNIQUES = frozenset({"deep_elbow_knuckle"})
"""Techniques that are as strong as the elbow, whatever tool is named."""
LICENSED_TECHNIQUES = frozenset({"dry_needling"})
"""Techniques that need a licence and consent of their own."""


def check_surround(protocol: Protocol, point: Point) -> Iterator[Finding]:
    """Warn when the pressure around a point is stronger than the strongest on it (S32)."""
    peak = protocol.peak_pressure(point)
    if peak is not None and point.surround_pressure is not None and point.surround_pressure > peak:
        yield _warning(
            point,
            "surround_pressure",
            "neuromuscular.surround_above_point",
            f"pressure {level_name(point.surround_pressure)} around the point passes {level_name(peak)} on it; "
            "prepare the area with less.",
        )


def check_technique(protocol: Protocol, point: Point) -> Iterator[Finding]:
    """Warn of a hold, a number of repeats or a pressure beyond what the technique allows (S30, fb6)."""
    technique = point.technique
    if technique is None:
        return
    if point.hold_seconds is not None and point.hold_seconds > technique.hold_max:
        advice = " It brought no change: do not repeat it." if point.response == Response.NO_CHANGE else ""
        yield _warning(
            point,
            "hold_seconds",
            "neuromuscular.hold_too_long",
            f"hold of {duration(point.hold_seconds)} passes the {technique.hold_max} s of {technique.name}.{advice}",
        )
    if point.repeats is not None and point.repeats > technique.repeats_max:
        yield _warning(
            point,
            "repeats",
            "neuromuscular.too_many_repeats",
            f"{counted(point.repeats, 'repeat')} pass the {technique.repeats_max} of {technique.name}.",
        )
    peak = protocol.peak_pressure(point)
    if peak is not None and technique.max_applied is not None and peak > technique.max_applied:
        yield _warning(
            point,
            "point_pressure",
            "neuromuscular.pressure_above_technique",
            f"pressure {level_name(peak)} is above {level_name(technique.max_applied)}, the most of {technique.name}.",
        )


def check_tool(point: Point) -> Iterator[Finding]:
    """Warn of a tool that is not the technique's; ask for a tick where the technique needs its own licence."""
    technique = point.technique
    if technique is None:
        return
    if point.tool and point.tool not in technique.tools:
        yield _warning(
            point,
            "tool",
            "neuromuscular.tool_not_of_technique",
            f"{point.tool} is not a tool of {technique.name}; use {listed(technique.tools)}.",
        )
    if technique.id in LICENSED_TECHNIQUES:
        yield Finding(
            "neuromuscular.licence_needed",
            f"{point_name(point)}: {technique.name} needs its own licence and consent.",
            Severity.ACKNOWLEDGE,
            f"/points/{point.position}/technique_id",
        )


def check_site(point: Point) -> Iterator[Finding]:
    """Refuse the elbow where nerves, vessels or organs lie shallow, unless the point gives a reason (S29).

    A point listed without a mark is judged by every place of its muscle.
    """
    if point.tool != ELBOW and point.technique_id not in ELBOW_TECHNIQUES:
        return
    sites = [regions()[region] for region in point.base_regions if region in regions()]
    names = [site.name for site in sites if site.endangerment_site]
    if not names:
        return
    act = "Elbow" if point.tool == ELBOW else "Deep elbow or knuckle work"
    reason = (point.site_override_reason or "").strip()
    message = f"{point_name(point)}: {act} on {listed(names)}"
    yield Finding(
        "neuromuscular.elbow_on_endangerment_site",
        f"{message}, reason given: {reason}" if reason else f"{message} is refused. Use fingers, or give a reason.",
        Severity.WARNING if reason else Severity.BLOCK,
        f"/points/{point.position}/tool",
    )


def _warning(point: Point, name: str, code: str, message: str) -> Finding:
    return Finding(code, f"{point_name(point)}: {message}", Severity.WARNING, f"/points/{point.position}/{name}")
