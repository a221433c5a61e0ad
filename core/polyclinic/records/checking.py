"""Everything that speaks against signing a record: the safety engine, the sections' own checks and the plugins'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from polyclinic.plugins.contract import Finding, SafetyOutcome, Severity
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.core_sections.safety import outcome_of
from polyclinic.records.section_work import SectionWork
from polyclinic.records.visit_facts import VisitFacts
from polyclinic.records.vocabulary import SAFETY, VisitOutcome
from polyclinic.therapists.vocabulary import RegistrationStatus

SAFETY_ENGINE = "safety"
REGISTRATION = "registration"
_HOOK = "check_contraindications"


@dataclass(frozen=True)
class CheckFinding:
    """One finding with an id that an acknowledgement names; `can_override` False is settled by nobody's reason."""

    id: str
    source: str
    code: str
    message: str
    severity: Severity
    path: str = ""
    can_override: bool = True


def find_findings(
    work: SectionWork, visit: VisitFacts, sections: Sequence[tuple[DescribedSection, Mapping[str, Any]]]
) -> tuple[CheckFinding, ...]:
    """Return all findings, the safety engine's first, each id once.

    When the visit was stopped, a block speaks against treating, which has ended: it needs a tick, no second permission.
    """
    content = {described.section_type.key: data for described, data in sections}
    found = [*_of_registration(visit), *_of_engine(visit)]
    for described, data in sections:
        key = described.section_type.key
        found += (_finding(key, finding) for finding in work.check(described, data, visit.facts))
    found += _of_hooks(work, visit, content)
    if outcome_of(content.get(SAFETY, {})) is VisitOutcome.STOPPED_REFERRED:
        found = [_softened(finding) for finding in found]
    return tuple({finding.id: finding for finding in found}.values())


def blocks(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """Return the findings that block signing."""
    return [finding for finding in findings if finding.severity is Severity.BLOCK]


def unacknowledged(findings: Iterable[CheckFinding], acknowledged: frozenset[str]) -> list[CheckFinding]:
    """Return the findings that still need a tick."""
    return [f for f in findings if f.severity is Severity.ACKNOWLEDGE and f.id not in acknowledged]


def _of_registration(visit: VisitFacts) -> Iterator[CheckFinding]:
    state = visit.registration
    if state is None or state.status is RegistrationStatus.VALID:
        return
    message = (
        f"The therapist's registration for {visit.record.modality} was not valid on {visit.record.service_on}. "
        "An administrator can renew it in the therapist's profile."
    )
    code = f"registration_{state.status}"
    yield CheckFinding(f"{REGISTRATION}/{code}", REGISTRATION, code, message, Severity.BLOCK, can_override=False)


def _of_engine(visit: VisitFacts) -> Iterator[CheckFinding]:
    for reason in visit.verdict.reasons:
        severity = Severity.BLOCK if reason.outcome is SafetyOutcome.BLOCK else Severity.WARNING
        message = f"{reason.title}. {reason.action}"
        yield CheckFinding(f"{SAFETY_ENGINE}/{reason.code}", SAFETY_ENGINE, reason.code, message, severity)


def _of_hooks(work: SectionWork, visit: VisitFacts, content: Mapping[str, Any]) -> Iterator[CheckFinding]:
    if _HOOK not in work.plugins.registry.policies:
        return
    asked = work.dispatcher.ask(_HOOK, visit.ctx, client=visit.facts, service=visit.service, sections=content)
    for contribution in asked:
        yield from (_finding(contribution.plugin_id, finding) for finding in contribution.value)


def _finding(source: str, finding: Finding) -> CheckFinding:
    identity = f"{source}/{finding.code}{finding.path}"
    return CheckFinding(identity, source, finding.code, finding.message, finding.severity, finding.path)


def _softened(finding: CheckFinding) -> CheckFinding:
    if finding.severity is Severity.BLOCK and finding.can_override:
        return replace(finding, severity=Severity.ACKNOWLEDGE)
    return finding
