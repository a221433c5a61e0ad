"""The red-flag question of every visit: asked each time, answered with none or with what was answered yes."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, validates_schema

from polyclinic.plugins import fields
from polyclinic.plugins.contract import SectionData, SectionType
from polyclinic.records.red_flags import emergency_codes, red_flag_rules
from polyclinic.records.vocabulary import SAFETY, VisitOutcome

NONE, SOME = "none", "some"
ANSWERS = {NONE: "None of these today", SOME: "One or more"}
OUTCOMES = {
    VisitOutcome.TREATED.value: "Treated",
    VisitOutcome.STOPPED_REFERRED.value: "Stopped and referred",
}
STOP = (
    "A sign that needs emergency care was answered yes: the visit ends here. "
    "Arrange help, then choose “Stopped and referred” and write what was done."
)


@cache
def safety_section() -> SectionType:
    """Return the section type; the list of red flags is read on the first call."""
    return SectionType(
        key=SAFETY,
        version=1,
        title="Red flags",
        schema=_schema(),
        required=True,
        summarize=_summarize,
    )


def red_flags_of(data: SectionData) -> tuple[str, ...]:
    """Return the codes that were answered yes today."""
    answers = data.get("red_flags")
    return tuple(str(code) for code in answers) if isinstance(answers, list | tuple) else ()


def outcome_of(data: SectionData) -> VisitOutcome:
    """Return how the visit ended; treated unless the therapist stopped it."""
    is_stopped = data.get("outcome") == VisitOutcome.STOPPED_REFERRED
    return VisitOutcome.STOPPED_REFERRED if is_stopped else VisitOutcome.TREATED


def _schema() -> type[Schema]:
    titles = {rule.code: rule.title for rule in red_flag_rules()}

    class SafetySchema(fields.SectionSchema):
        """Answers to the red-flag question."""

        asked = fields.choice("Red flags asked today", ANSWERS, required=True)
        red_flags = fields.multichoice("Answered yes", titles)
        outcome = fields.choice("Visit", OUTCOMES)
        action_taken = fields.text("What was done, advice given, who was called and when", maximum=4_000)

        @validates_schema
        def require_consistent(self, data: dict[str, Any], *, partial: object, **_options: object) -> None:
            """Refuse to sign contradictory answers; a draft may hold them."""
            errors = {} if partial else _contradictions(data)
            if errors:
                raise ValidationError(errors)

    return SafetySchema


def _contradictions(data: SectionData) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    said_yes = red_flags_of(data)
    if data.get("asked") == SOME and not said_yes:
        errors["red_flags"] = ["Tick what was answered yes, or choose none."]
    if data.get("asked") == NONE and said_yes:
        errors["asked"] = ["Something is ticked below. Choose “One or more”, or clear the ticks."]
    if emergency_codes().intersection(said_yes) and outcome_of(data) is VisitOutcome.TREATED:
        errors["outcome"] = [STOP]
    if said_yes and not str(data.get("action_taken") or "").strip():
        errors["action_taken"] = ["Write what was done: advice, who was called and when."]
    return errors


def _summarize(data: SectionData) -> str:
    titles = {rule.code: rule.title for rule in red_flag_rules()}
    said_yes = red_flags_of(data)
    if not said_yes:
        return "Red flags asked: none."
    lines = ["Red flags: " + "; ".join(titles.get(code, code) for code in said_yes) + "."]
    if outcome_of(data) is VisitOutcome.STOPPED_REFERRED:
        lines.append("The visit was stopped and the client referred.")
    return "\n".join([*lines, str(data.get("action_taken") or "")]).strip()
