"""What the REST API says of records: flat, frozen, made from the reads and writes of this feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from polyclinic.kit.errors import FieldError
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.checking import CheckFinding
from polyclinic.records.core_sections.soap import onset_of
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.queries.versions import RecordView, StoredVersion
from polyclinic.records.rules import is_chronic
from polyclinic.records.services.checks import RecordChecks
from polyclinic.records.services.drafts import DraftSaved
from polyclinic.records.vocabulary import SOAP


@dataclass(frozen=True)
class Remark:
    """One thing that signing would refuse."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True)
class DraftAnswer:
    """The open draft; `is_chronic` follows from the onset of the complaint, None = unknown."""

    record_id: UUID
    row_version: int
    sections: dict[str, Any]
    based_on_version: int | None
    carried_from_record_id: UUID | None
    is_chronic: bool | None
    updated_at: datetime
    warnings: Sequence[Remark] = ()


@dataclass(frozen=True)
class VersionAnswer:
    """One signed version."""

    record_id: UUID
    version: int
    kind: str
    reason: str
    outcome: str
    is_chronic: bool | None
    carried_from_record_id: UUID | None
    service_at: datetime
    service_ends_at: datetime
    time_zone: str
    service_name: str
    recorded_at: datetime
    is_late: bool
    late_reason: str
    signed_by: UUID
    author_name: str
    author_registration: str
    findings: list[dict[str, Any]]
    override_reason: str
    summary: str
    content_sha256: str
    sections: list[dict[str, Any]]
    row_version: int | None = None


@dataclass(frozen=True)
class RecordAnswer:
    """A record with its open draft and its newest signed version."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    therapist_id: UUID
    appointment_id: UUID
    service_name: str
    modality: str | None
    privacy: str
    state: str
    service_at: datetime
    service_ends_at: datetime
    time_zone: str
    is_chronic: bool | None
    row_version: int
    draft: DraftAnswer | None
    newest_version: VersionAnswer | None


@dataclass(frozen=True)
class OfferedSection:
    """One part that a record may hold: its key, its fields as they are described, and its own edits."""

    key: str
    version: int
    title: str
    plugin_id: str
    is_required: bool
    actions: list[str]
    fields: list[dict[str, Any]]


@dataclass(frozen=True)
class GrantAnswer:
    """One grant that was made."""

    id: UUID


@dataclass(frozen=True)
class ChecksAnswer:
    """Everything that stands between a draft and its signature."""

    record_id: UUID
    row_version: int
    pressure_cap: int | None
    can_be_signed: bool
    errors: Sequence[Remark]
    findings: Sequence[CheckFinding]


def record_answer(view: RecordView) -> RecordAnswer:
    """Return a record as the API shows it."""
    record = view.record
    draft = draft_answer(record) if record.draft else None
    newest = version_answer(view.newest) if view.newest else None
    shown = draft or newest
    return RecordAnswer(
        record.id,
        record.clinic_id,
        record.client_id,
        record.therapist_id,
        record.appointment_id,
        record.service_name,
        record.modality,
        record.privacy.value,
        record.state.value,
        record.service_at,
        record.service_ends_at,
        record.time_zone,
        shown.is_chronic if shown else None,
        record.row_version,
        draft,
        newest,
    )


def draft_answer(record: RecordRow, warnings: Iterable[FieldError] = ()) -> DraftAnswer:
    """Return the open draft as the API shows it."""
    draft = record.draft
    sections = draft.sections if draft else {}
    return DraftAnswer(
        record_id=record.id,
        row_version=record.row_version,
        sections=sections,
        based_on_version=draft.based_on_version if draft else None,
        carried_from_record_id=draft.carried_from_record_id if draft else None,
        is_chronic=is_chronic(onset_of(sections.get(SOAP, {})), record.service_on),
        updated_at=draft.updated_at if draft else record.service_at,
        warnings=_remarks(warnings),
    )


def saved_answer(saved: DraftSaved) -> DraftAnswer:
    """Return a draft after an edit, with its warnings."""
    return draft_answer(saved.record, saved.warnings)


def version_answer(stored: StoredVersion, *, row_version: int | None = None) -> VersionAnswer:
    """Return a signed version as the API shows it: the archived form, which needs no plugin."""
    signed = stored.signed
    own = {name: getattr(signed, name) for name in VersionAnswer.__annotations__ if hasattr(signed, name)}
    sections = [dict(vars(section)) for section in signed.sections]
    return VersionAnswer(**{**own, "sections": sections}, content_sha256=stored.content_sha256, row_version=row_version)


def offered_answer(described: DescribedSection) -> OfferedSection:
    """Return a section type as the API shows it."""
    section_type = described.section_type
    return OfferedSection(
        section_type.key,
        section_type.version,
        section_type.title,
        described.plugin_id,
        section_type.required,
        sorted(section_type.actions),
        list(described.description["fields"]),
    )


def checks_answer(checks: RecordChecks) -> ChecksAnswer:
    """Return the checks as the API shows them."""
    return ChecksAnswer(
        checks.record.id,
        checks.record.row_version,
        checks.pressure_cap,
        checks.can_be_signed,
        _remarks(checks.errors),
        checks.findings,
    )


def _remarks(errors: Iterable[FieldError]) -> list[Remark]:
    return [Remark(error.pointer, error.code, error.detail) for error in errors]
