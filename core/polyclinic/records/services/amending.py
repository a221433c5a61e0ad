"""Open an amendment of a signed record, and drop one that is not needed."""

from __future__ import annotations

from uuid import UUID

import orjson
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict
from polyclinic.kit.ids import new_id
from polyclinic.records.queries.records import RecordRow, get_record_row
from polyclinic.records.queries.versions import read_newest
from polyclinic.records.section_work import section_work
from polyclinic.records.services.drafts import stale
from polyclinic.records.services.signing import AMEND

_OPEN = text(
    """
    INSERT INTO treatment_record_draft (organisation_id, id, record_id, clinic_id, author_member_id, based_on_version,
           carried_from_record_id, sections, row_version, created_at, updated_at)
    VALUES (:organisation_id, :id, :record_id, :clinic_id, :author_member_id, :version, :carried_from,
            CAST(:sections AS jsonb), :row_version, :now, :now)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_DROP = text(
    """
    WITH dropped AS (
        DELETE FROM treatment_record_draft
         WHERE organisation_id = :organisation_id AND record_id = :record_id AND row_version = :row_version
        RETURNING record_id
    )
    UPDATE treatment_record r SET row_version = :row_version + 1, updated_at = :now
      FROM dropped WHERE r.organisation_id = :organisation_id AND r.id = dropped.record_id
    RETURNING r.row_version
    """
)


def amend_treatment_record(actor: Actor, record_id: UUID, row_version: int) -> RecordRow:
    """Open a draft from the newest signed version, which stays as it is; an open one is returned.

    Raises `Conflict` for a record that is not signed yet and `Stale` when it changed since `row_version`.
    """
    require(actor, AMEND)
    record = get_record_row(actor, record_id, AMEND)
    newest = read_newest(actor.organisation_id, record)
    if newest is None:
        raise Conflict("This record is not signed yet. Edit its draft.", code="not_signed")
    if record.draft is not None:
        return record
    if record.row_version != row_version:
        raise stale(record)
    work = section_work()
    sections = {section.section_key: work.lift(section) or section.data for section in newest.signed.sections}
    parameters = {
        "organisation_id": actor.organisation_id,
        "id": new_id(),
        "record_id": record.id,
        "clinic_id": record.clinic_id,
        "author_member_id": record.author_member_id,
        "version": newest.signed.version,
        "carried_from": newest.signed.carried_from_record_id,
        "sections": orjson.dumps(sections).decode(),
        "row_version": record.row_version + 1,
        "now": clock.now(),
    }
    if session().execute(_OPEN, parameters).scalar_one_or_none() is not None:
        subject = trail.Subject("treatment_record", record.id, record.clinic_id)
        trail.write(actor, "treatment_record.amendment_opened", subject, detail={"version": newest.signed.version})
    return get_record_row(actor, record_id, AMEND)


def drop_amendment(actor: Actor, record_id: UUID, row_version: int) -> RecordRow:
    """Drop an open amendment; the signed versions stay. Raises `Conflict` when there is none and `Stale`."""
    require(actor, AMEND)
    record = get_record_row(actor, record_id, AMEND)
    if record.draft is None or record.draft.based_on_version is None:
        raise Conflict("There is no open amendment to drop.", code="no_amendment")
    parameters = {
        "organisation_id": actor.organisation_id,
        "record_id": record.id,
        "row_version": row_version,
        "now": clock.now(),
    }
    if session().execute(_DROP, parameters).scalar_one_or_none() is None:
        raise stale(record)
    trail.write(
        actor, "treatment_record.amendment_dropped", trail.Subject("treatment_record", record.id, record.clinic_id)
    )
    return get_record_row(actor, record_id, AMEND)
