"""The core section: complaint, objective, assessment, plan, aftercare and overall pain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from polyclinic.plugins import fields
from polyclinic.plugins.contract import (
    ClientFacts,
    Finding,
    Measurement,
    Moment,
    SectionData,
    SectionType,
    Severity,
)
from polyclinic.records.vocabulary import SOAP

PAIN_CODE = "nrs11"
"""Numeric pain rating scale 0-10."""
PAIN_UNIT = "of 10"

AFTERCARE = {
    "soreness_explained": "Soreness for up to three days explained",
    "movement_advised": "Gentle movement advised",
    "warmth_advised": "Warmth advised",
    "cold_advised": "Wrapped cold pack advised",
    "stretch_shown": "Stretch shown",
    "self_pressure_shown": "Self-pressure shown",
    "rest_advised": "A day without hard training advised",
    "contact_explained": "When to contact the clinic explained",
    "rebooking_advised": "Next visit advised",
}
"""General advice only; none of it claims an effect that has no evidence."""


class SoapSchema(fields.SectionSchema):
    """Content of the core section."""

    complaint = fields.text("Today's complaint", maximum=1_000, required=True, widget="text")
    complaint_onset_on = fields.date("Since")
    pain_before = fields.scale_0_10("Pain before")
    pain_after = fields.scale_0_10("Pain after")
    objective = fields.text("Findings and response", maximum=10_000)
    assessment = fields.text("Assessment", maximum=10_000)
    plan = fields.text("Plan", maximum=10_000)
    aftercare = fields.multichoice("Aftercare", AFTERCARE)


@cache
def soap_section() -> SectionType:
    """Return the section type."""
    return SectionType(
        key=SOAP,
        version=1,
        title="Visit notes",
        schema=SoapSchema,
        required=True,
        summarize=_summarize,
        measure=_measure,
        check=_check,
        carry_forward=_carry_forward,
    )


def onset_of(data: SectionData) -> date | None:
    """Return the day on which the complaint began, None when it is unknown or not a date."""
    try:
        return date.fromisoformat(str(data.get("complaint_onset_on")))
    except ValueError:
        return None


def _summarize(data: SectionData) -> str:
    return "\n".join(_lines(data))


def _lines(data: SectionData) -> Iterator[str]:
    since = f" (since {data['complaint_onset_on']})" if data.get("complaint_onset_on") else ""
    yield f"{str(data.get('complaint') or 'No complaint recorded').rstrip('.')}{since}."
    before, after = (data.get(name) for name in ("pain_before", "pain_after"))
    if before is not None or after is not None:
        yield f"Pain {_score(before)} before, {_score(after)} after."
    yield from (str(data[name]) for name in ("objective", "assessment", "plan") if data.get(name))
    if data.get("aftercare"):
        yield "Aftercare: " + ", ".join(AFTERCARE.get(str(item), str(item)) for item in data["aftercare"]) + "."


def _score(value: Any) -> str:
    return "not asked" if value is None else str(value)


def _measure(data: SectionData) -> Sequence[Measurement]:
    scores = ((data.get("pain_before"), Moment.BEFORE), (data.get("pain_after"), Moment.AFTER))
    return [Measurement(PAIN_CODE, Decimal(value), PAIN_UNIT, moment) for value, moment in scores if value is not None]


def _check(data: SectionData, facts: ClientFacts) -> Sequence[Finding]:
    findings = []
    onset = onset_of(data)
    if onset is not None and onset > facts.service_on:
        message = "The complaint began after the visit. Check the date."
        findings.append(Finding("core.onset_after_visit", message, Severity.ACKNOWLEDGE, "/complaint_onset_on"))
    if data.get("pain_before") is not None and data.get("pain_after") is None:
        message = "Pain was scored before but not after the treatment."
        findings.append(Finding("core.pain_after_missing", message, Severity.WARNING, "/pain_after"))
    return findings


def _carry_forward(data: SectionData) -> dict[str, Any]:
    """Structure only: never the complaint of another day, scores or findings."""
    return {name: data[name] for name in ("plan", "aftercare") if data.get(name)}
