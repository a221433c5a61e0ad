"""What therapists write in demo records: plain observations, no promise of an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from polyclinic.plugins.runtime import runtime
from polyclinic.records.core_sections.soap import AFTERCARE
from polyclinic.records.vocabulary import SAFETY, SOAP

Sections = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Complaint:
    """What brings a client, what is usually found and what is planned."""

    words: str
    found: str
    plan: str


COMPLAINTS = (
    Complaint(
        "Stiff neck and shoulders after desk work",
        "Upper trapezius firm on both sides, turning to the left ends earlier.",
        "Weekly visits for a month, then every second week. Look at the desk set-up.",
    ),
    Complaint(
        "Low back pain when getting up",
        "Lumbar muscles guarded on the right, bending forward is careful.",
        "Keep walking daily. Look at lifting habits next time.",
    ),
    Complaint(
        "Tight calves since training for a half marathon",
        "Both calves dense, ankle bends less on the left.",
        "Next visit after the long run. Rolling shown.",
    ),
    Complaint(
        "Headaches from the neck in the afternoon",
        "Muscles below the skull tender, familiar ache on pressure.",
        "Short breaks from the screen. Keep a note of when headaches start.",
    ),
    Complaint(
        "Pain in the shoulder when reaching up",
        "Back of the shoulder tender, arm lifts to ear height with a pull at the end.",
        "Gentle range every day. See a physician if strength falls.",
    ),
    Complaint(
        "Buttock pain when sitting long",
        "Deep gluteal muscles firm on the left, hip turns in less.",
        "Stand up every half hour. Same area next week.",
    ),
    Complaint("Wants to wind down after a busy month", "General tension, no tender area.", "As wished, monthly."),
    Complaint(
        "Jaw and temple tension on waking",
        "Chewing muscles tender on both sides, mouth opens three fingers wide.",
        "Ask the dentist about a splint. Warmth before bed.",
    ),
)
_RESPONSES = (
    "Breathing calmer towards the end.",
    "Tissue softer after the second pass.",
    "Asked for lighter work once, eased at once.",
    "Felt sleepy, no discomfort.",
    "Range a little better when standing up.",
)


LONGEST_FOCUS = 40
"""Characters of a condition's name; anything longer is a sentence."""


@dataclass(frozen=True)
class Visit:
    """What a note needs to know: whose, the how-manieth visit, the day, what was signed before, what is offered."""

    client: str
    number: int
    day: date
    modality: str | None
    previous: Sections


def write_notes(rng: Random, visit: Visit, offered: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Return the sections of a record: core's own, and those of `offered` that a plugin has demo data for."""
    core = _soap(rng, visit)
    own = {key: make(rng, visit.number, visit.previous.get(key)) for key, make in _makers().items() if key in offered}
    return {SOAP: core | _words_for(own or visit.previous), SAFETY: {"asked": "none"}, **own}


def _words_for(sections: Sections) -> dict[str, str]:
    """Return core texts that fit what a plugin documents: its summary begins with the condition and a colon."""
    for key, data in sections.items():
        section = runtime().registry.sections.get(key)
        focus, colon, _ = section.summarize(data).partition(":") if section else ("", "", "")
        if colon and 0 < len(focus) <= LONGEST_FOCUS:
            objective = "Tender places as marked on the chart. Movement compared with the other side."
            return {"complaint": focus, "objective": objective, "plan": "Same area at the next visit, then review."}
    return {}


def complaint_of(client: str) -> Complaint:
    """Return what a client comes for; it stays the same over the visits."""
    return Random(f"{client}/complaint").choice(COMPLAINTS)  # noqa: S311 -- demo data


def _makers() -> dict[str, Callable[..., dict[str, Any]]]:
    declared = [demo for plugin in runtime().registry.active for demo in plugin.declarations.demo]
    return {demo.section_key: demo.make for demo in declared}


def _soap(rng: Random, visit: Visit) -> dict[str, Any]:
    own = Random(f"{visit.client}/history")  # noqa: S311 -- demo data
    complaint = complaint_of(visit.client)
    worst = own.randint(4, 8)
    before = _score(worst - own.uniform(0.3, 0.9) * (visit.number - 1) + rng.gauss(0, 0.7))
    after = _score(before - rng.choice((0, 1, 1, 2, 2, 3)))
    onset = date(2020, 1, 1) + timedelta(days=own.randrange(1_900))
    return {
        "complaint": complaint.words,
        "complaint_onset_on": min(onset, visit.day).isoformat(),
        "pain_before": before,
        "pain_after": after,
        "objective": f"{complaint.found} {rng.choice(_RESPONSES)}",
        "assessment": _assessment(visit.number, before, worst),
        "plan": complaint.plan,
        "aftercare": sorted(rng.sample(sorted(AFTERCARE), k=rng.randint(1, 3))),
    }


def _assessment(number: int, before: int, worst: int) -> str:
    if number == 1:
        return "First visit for this complaint."
    return "Eases from visit to visit." if before <= worst - 2 else "Changes little so far; review the plan."


def _score(value: float) -> int:
    return max(0, min(10, round(value)))
