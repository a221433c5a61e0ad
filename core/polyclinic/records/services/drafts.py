"""The one way in which a draft changes: a checked version, a kept revision, an audit event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, FieldError, Invalid, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.sections import DescribedSection
from polyclinic.records.queries.records import DraftRow, RecordRow, get_record_row
from polyclinic.records.section_work import SectionWork, section_work
from polyclinic.records.vocabulary import MAX_SECTIONS

WRITE = "treatment-records:write"

_SAVE = text(
    """
    WITH saved AS (
        UPDATE treatment_record_draft
           SET sections = (sections || CAST(:changed AS jsonb)) - CAST(:removed AS text[]),
               carried_from_record_id = coalesce(CAST(:carried_from AS uuid), carried_from_record_id),
               row_version = row_version + 1, updated_at = :now
         WHERE organisation_id = :organisation_id AND record_id = :record_id AND row_version = :row_version
        RETURNING row_version
    ), kept AS (
        INSERT INTO treatment_record_draft_revision
               (organisation_id, id, record_id, clinic_id, row_version, changes, changed_by, changed_at)
        SELECT :organisation_id, :revision_id, :record_id, :clinic_id, saved.row_version, CAST(:changes AS jsonb),
               :changed_by, :now
          FROM saved
    )
    SELECT row_version FROM saved
    """
)


@dataclass(frozen=True)
class Changes:
    """What an edit does to a draft: sections set, sections removed and, when copied, the source record."""

    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    removed: Sequence[str] = ()
    carried_from: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self.sections and not self.removed and self.carried_from is None


@dataclass(frozen=True)
class DraftSaved:
    """A record after an edit of its draft; `warnings` is what signing would refuse."""

    record: RecordRow
    warnings: tuple[FieldError, ...] = ()

    @property
    def row_version(self) -> int:
        """Return the record's counter, the source of the ETag."""
        return self.record.row_version


def edit_draft(actor: Actor, record_id: UUID, row_version: int) -> tuple[RecordRow, DraftRow]:
    """Return a record and its open draft for an edit based on `row_version`.

    Raises `Conflict` when nothing is open and `Stale`, with the current record, when somebody saved in between.
    """
    record = get_record_row(actor, record_id, WRITE)
    if record.row_version != row_version:
        raise stale(record)
    return record, open_draft(record)


def open_draft(record: RecordRow) -> DraftRow:
    """Return the open draft; raises `Conflict` on a signed record."""
    if record.draft is None:
        raise Conflict("This record is signed. Amend it to write a new version.", code="already_signed")
    return record.draft


def stale(record: RecordRow) -> Stale:
    """Return the error of an edit that is based on an older version; it carries the record as it is now."""
    return Stale(
        "Somebody saved this record in the meantime. Compare both texts and save again.",
        row_version=record.row_version,
        current=record,
    )


def write_changes(actor: Actor, record: RecordRow, changes: Changes, *, action: str) -> RecordRow:
    """Write changes on the version that `record` shows and return the record after them; raises `Stale`."""
    draft = open_draft(record)
    if changes.is_empty:
        return record
    revision = {**changes.sections, **dict.fromkeys(changes.removed)}
    now = clock.now()
    parameters = {
        "organisation_id": actor.organisation_id,
        "record_id": record.id,
        "clinic_id": record.clinic_id,
        "row_version": record.row_version,
        "changed": orjson.dumps(changes.sections).decode(),
        "removed": list(changes.removed),
        "carried_from": changes.carried_from,
        "revision_id": new_id(),
        "changes": orjson.dumps(revision).decode(),
        "changed_by": actor.principal,
        "now": now,
    }
    row_version = session().execute(_SAVE, parameters).scalar_one_or_none()
    if row_version is None:
        raise stale(get_record_row(actor, record.id, WRITE))
    subject = trail.Subject("treatment_record", record.id, record.clinic_id)
    trail.write(actor, action, subject, detail={"sections": sorted(revision), "row_version": row_version})
    sections = {**draft.sections, **{key: dict(data) for key, data in changes.sections.items()}}
    kept = {key: data for key, data in sections.items() if key not in set(changes.removed)}
    source = changes.carried_from or draft.carried_from_record_id
    after = replace(draft, sections=kept, updated_at=now, carried_from_record_id=source)
    return replace(record, row_version=row_version, draft=after)


def editable_section(actor: Actor, work: SectionWork, record: RecordRow, key: str) -> DescribedSection:
    """Return a section that this draft may hold; raises `Invalid` for any other key."""
    draft = record.draft
    found = work.catalogue.find(key)
    offered = work.offered(actor.organisation_id, record.clinic_id, record.modality)
    if found is not None and (found in offered or (draft is not None and key in draft.sections)):
        return found
    names = ", ".join(described.section_type.key for described in offered)
    message = f"This record has no part {key[:80]!r}. Its parts are: {names}."
    raise Invalid([FieldError(f"/sections/{key[:80]}", message, "unknown_section")])


def list_offered_sections(actor: Actor, record_id: UUID) -> Sequence[DescribedSection]:
    """Return the sections that a record's draft may hold, core's first; raises `NotFound`."""
    record = get_record_row(actor, record_id)
    return section_work().offered(actor.organisation_id, record.clinic_id, record.modality)


def check_count(sections: Mapping[str, Any]) -> None:
    """Raise `Invalid` when a draft would hold more parts than a record may have."""
    if len(sections) > MAX_SECTIONS:
        raise Invalid({"sections": f"A record holds at most {MAX_SECTIONS} parts."})


def warnings_of(work: SectionWork, sections: Mapping[str, Mapping[str, Any]]) -> tuple[FieldError, ...]:
    """Return what is wrong with a draft's parts as they stand."""
    found: list[FieldError] = []
    for key, data in sections.items():
        described = work.catalogue.find(key)
        if described is not None:
            found += work.load_draft(described, data)[1]
    return tuple(found)
