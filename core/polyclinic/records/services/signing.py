"""Sign a draft: strict validation, checks, snapshot, hash, and one insert that nobody can change afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, FieldError, Invalid, NotAllowed
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.contract import Severity
from polyclinic.records.checking import CheckFinding, blocks, find_findings, unacknowledged
from polyclinic.records.commands import SignRecord
from polyclinic.records.content import SignedVersion, hash_version
from polyclinic.records.core_sections.safety import outcome_of
from polyclinic.records.core_sections.soap import onset_of
from polyclinic.records.preparing import PreparedRecord, prepare_record
from polyclinic.records.queries.records import DraftRow, RecordRow, get_record_row
from polyclinic.records.queries.versions import StoredVersion, read_newest
from polyclinic.records.rules import is_chronic, is_late, is_reason
from polyclinic.records.section_work import SectionWork, section_work
from polyclinic.records.services.drafts import open_draft, stale
from polyclinic.records.services.storing import store_version
from polyclinic.records.visit_facts import VisitFacts, gather_visit
from polyclinic.records.vocabulary import SAFETY, SOAP, VersionKind

SIGN = "treatment-records:sign"
AMEND = "treatment-records:amend"
OVERRIDE = "treatment-records:override-block"

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('treatment_record:' || :record_id, 0))")


@dataclass(frozen=True)
class Signing:
    """One signing on its way: what is signed, by whom, on the strength of which checks."""

    command: SignRecord
    record: RecordRow
    draft: DraftRow
    prepared: PreparedRecord
    visit: VisitFacts
    findings: tuple[CheckFinding, ...]
    signed_by: UUID
    recorded_at: datetime


def sign_treatment_record(actor: Actor, command: SignRecord) -> StoredVersion:
    """Sign the draft of a record and return the new version.

    Raises `NotAllowed` for anybody but the treating therapist, `Invalid` for content that is incomplete or reasons and
    ticks that are missing, `Conflict` for what cannot be settled by a reason, `Stale` when the draft changed.
    """
    require(actor, SIGN)
    # A row lock would need an UPDATE grant on what must never change; the lock makes a second signature wait instead.
    session().execute(_LOCK, {"record_id": str(command.record_id)})
    record = get_record_row(actor, command.record_id, SIGN)
    draft = open_draft(record)
    if record.row_version != command.row_version:
        raise stale(record)
    signed_by = _treating_therapist(actor, record, draft)
    work = section_work()
    previous = read_newest(actor.organisation_id, record)
    prepared = prepare_record(work, actor.organisation_id, record, draft, previous)
    visit = gather_visit(actor, work, record, {described.section_type.key: data for described, data in prepared.live})
    findings = find_findings(work, visit, prepared.live)
    signing = Signing(command, record, draft, prepared, visit, findings, signed_by, clock.now())
    _settle(actor, signing)
    version = _seal(actor, work, signing)
    stored = StoredVersion(version, hash_version(version))
    store_version(record, stored, work.descriptions([section.section_key for section in version.sections]))
    _write_trail(actor, signing, stored)
    _tell(actor, signing, stored)
    return stored


def _treating_therapist(actor: Actor, record: RecordRow, draft: DraftRow) -> UUID:
    if actor.member_id is None or actor.member_id != record.therapist_member_id:
        raise NotAllowed("Only the treating therapist signs this record.", permission=SIGN)
    if draft.based_on_version is not None and not actor.can(AMEND, record.clinic_id):
        raise NotAllowed("Your role may not amend signed records.", permission=AMEND)
    return actor.member_id


def _settle(actor: Actor, signing: Signing) -> None:
    """Raise unless every finding is settled and every reason is given."""
    command, found = signing.command, blocks(signing.findings)
    final = [finding for finding in found if not finding.can_override]
    if final:
        raise Conflict(" ".join(finding.message for finding in final), code=final[0].code)
    if found and not actor.can(OVERRIDE, signing.record.clinic_id):
        texts = " ".join(finding.message for finding in found)
        raise NotAllowed(f"{texts} Signing in spite of this needs a second permission.", permission=OVERRIDE)
    errors = [
        FieldError("/acknowledged", f"Confirm this first: {finding.message}", "acknowledge")
        for finding in unacknowledged(signing.findings, command.acknowledged)
    ]
    if found and not is_reason(command.override_reason):
        texts = " ".join(finding.message for finding in found)
        errors.append(
            FieldError("/override_reason", f"{texts} Give the reason for signing in spite of this.", "reason")
        )
    if signing.draft.based_on_version is not None and not is_reason(command.amendment_reason):
        errors.append(
            FieldError("/amendment_reason", "Say why the signed record is amended (10 characters or more).", "reason")
        )
    if is_late(signing.record.service_at, signing.recorded_at) and not is_reason(command.late_reason):
        text_late = "This entry is later than 24 hours after the visit. Say why (10 characters or more)."
        errors.append(FieldError("/late_reason", text_late, "reason"))
    if errors:
        raise Invalid(errors)


def _seal(actor: Actor, work: SectionWork, signing: Signing) -> SignedVersion:
    record, command, prepared = signing.record, signing.command, signing.prepared
    content = {described.section_type.key: data for described, data in prepared.live}
    sections = tuple(work.seal(described, data) for described, data in prepared.live) + prepared.carried
    measurements = tuple(value for described, data in prepared.live for value in work.measure(described, data))
    number = (record.latest_version or 0) + 1
    late = is_late(record.service_at, signing.recorded_at)
    overridden = bool(blocks(signing.findings))
    registration = signing.visit.registration
    return SignedVersion(
        organisation_id=actor.organisation_id,
        record_id=record.id,
        version=number,
        clinic_id=record.clinic_id,
        client_id=record.client_id,
        therapist_id=record.therapist_id,
        kind=(VersionKind.SIGNED if number == 1 else VersionKind.AMENDMENT).value,
        reason="" if number == 1 else command.amendment_reason.strip(),
        outcome=outcome_of(content.get(SAFETY, {})).value,
        is_chronic=is_chronic(onset_of(content.get(SOAP, {})), record.service_on),
        carried_from_record_id=signing.draft.carried_from_record_id,
        service_at=record.service_at,
        service_ends_at=record.service_ends_at,
        time_zone=record.time_zone,
        service_name=record.service_name,
        recorded_at=signing.recorded_at,
        is_late=late,
        late_reason=command.late_reason.strip() if late else "",
        signed_by=signing.signed_by,
        author_name=record.therapist_name,
        author_registration=(registration.number or "") if registration else "",
        findings=[_kept(finding) for finding in signing.findings if finding.severity in _SETTLED],
        override_reason=command.override_reason.strip() if overridden else "",
        summary="\n".join(section.summary for section in sections if section.summary),
        sections=sections,
        measurements=measurements + prepared.carried_measurements,
    )


_SETTLED = frozenset({Severity.ACKNOWLEDGE, Severity.BLOCK})


def _kept(finding: CheckFinding) -> dict[str, str]:
    return {"id": finding.id, "code": finding.code, "message": finding.message, "severity": finding.severity.value}


def _write_trail(actor: Actor, signing: Signing, stored: StoredVersion) -> None:
    record = signing.record
    subject = trail.Subject("treatment_record", record.id, record.clinic_id)
    detail = {"version": stored.signed.version, "content_sha256": stored.content_sha256}
    name = "signed" if stored.signed.version == 1 else "amended"
    trail.write(actor, f"treatment_record.{name}", subject, detail=detail)
    if stored.signed.override_reason:
        codes = [finding.code for finding in blocks(signing.findings)]
        trail.write(actor, "treatment_record.block_overridden", subject, detail={"codes": codes})


def _tell(actor: Actor, signing: Signing, stored: StoredVersion) -> None:
    record, signed = signing.record, stored.signed
    subject = trail.Subject("treatment_record", record.id, record.clinic_id)
    facts: dict[str, Any] = {
        "client_id": record.client_id,
        "therapist_id": record.therapist_id,
        "appointment_id": record.appointment_id,
        "on": record.service_on,
        "version": signed.version,
    }
    announce(actor, f"treatment_record.{'signed' if signed.version == 1 else 'amended'}", subject, payload=facts)
    if signed.measurements:
        codes = sorted({measured.code for measured in signed.measurements})
        announce(actor, "measurement.recorded", subject, payload=facts | {"record_id": record.id, "codes": codes})
