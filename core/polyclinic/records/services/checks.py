"""Say what stands between a draft and its signature, without signing; a read that needs the plugins."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit.errors import FieldError, Invalid
from polyclinic.plugins.contract import Severity
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.checking import CheckFinding, find_findings
from polyclinic.records.merging import is_blank
from polyclinic.records.preparing import prepare_record
from polyclinic.records.queries.records import RecordRow, get_record_row
from polyclinic.records.queries.versions import read_newest
from polyclinic.records.section_work import SectionWork, section_work
from polyclinic.records.services.drafts import WRITE, open_draft
from polyclinic.records.visit_facts import VisitFacts, gather_visit


@dataclass(frozen=True)
class RecordChecks:
    """Strict errors and findings of a draft; `pressure_cap` 0-5 or None."""

    record: RecordRow
    visit: VisitFacts
    errors: tuple[FieldError, ...]
    findings: tuple[CheckFinding, ...]

    @property
    def pressure_cap(self) -> int | None:
        """Return the client's pressure cap today."""
        return self.visit.verdict.cap

    @property
    def can_be_signed(self) -> bool:
        """Whether nothing needs a correction, a tick or a second permission."""
        settled = (Severity.INFO, Severity.WARNING)
        return not self.errors and all(finding.severity in settled for finding in self.findings)


def check_treatment_record(actor: Actor, record_id: UUID) -> RecordChecks:
    """Return all errors and findings of the open draft; the look is audited. Raises `Conflict` on a signed record."""
    require(actor, WRITE)
    record = get_record_row(actor, record_id, WRITE)
    checks = check_draft(actor, section_work(), record)
    trail.write_read(actor, "treatment_record", [record.id], clinic_id=record.clinic_id)
    return checks


def check_draft(actor: Actor, work: SectionWork, record: RecordRow) -> RecordChecks:
    """Return all errors and findings of the open draft of a record that was found in scope."""
    draft = open_draft(record)
    errors: tuple[FieldError, ...] = ()
    try:
        previous = read_newest(actor.organisation_id, record)
        live = prepare_record(work, actor.organisation_id, record, draft, previous).live
    except Invalid as refused:
        errors = refused.errors
        live = _as_typed(work, record)
    visit = gather_visit(actor, work, record, draft.sections)
    return RecordChecks(record, visit, errors, find_findings(work, visit, live))


def _as_typed(work: SectionWork, record: RecordRow) -> tuple[tuple[DescribedSection, dict[str, object]], ...]:
    sections = open_draft(record).sections
    found = ((work.catalogue.find(key), data) for key, data in sections.items() if not is_blank(data))
    return tuple((described, dict(data)) for described, data in found if described is not None)
