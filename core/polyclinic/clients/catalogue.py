"""What can be flagged and asked: the safety rules of core and plugins, and core's general questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from polyclinic.clients.rows import FlagKind, HealthQuestion
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.plugins.runtime import runtime

GENERAL_QUESTIONS = (
    HealthQuestion("medication", "Do you take any medicine regularly?"),
    HealthQuestion("allergies", "Do you have any allergies?"),
    HealthQuestion("operations", "Have you had operations?"),
    HealthQuestion("injuries", "Have you had serious injuries or accidents?"),
    HealthQuestion("other_conditions", "Is there anything else about your health that we should know?"),
)


def flag_kinds(organisation_id: UUID) -> Mapping[str, FlagKind]:
    """Return the flags that safety rules know, by code, those of plugins that are on somewhere in the organisation."""
    rules = runtime().safety_rules(organisation_id, None)
    return {
        rule.code: FlagKind(rule.code, rule.title, rule.severity, rule.question, rule.action)
        for rule in sorted(rules, key=lambda rule: (tuple(SafetySeverity).index(rule.severity), rule.title))
    }


def health_questions(organisation_id: UUID) -> Sequence[HealthQuestion]:
    """Return the questions of the health history.

    Emergencies are left out, because every visit asks them anew, and questions in brackets: data answer those.
    """
    asked = [
        HealthQuestion(kind.code, kind.question, kind.code)
        for kind in flag_kinds(organisation_id).values()
        if kind.severity is not SafetySeverity.EMERGENCY and kind.question[:1].isalnum()
    ]
    return (*GENERAL_QUESTIONS, *asked)
