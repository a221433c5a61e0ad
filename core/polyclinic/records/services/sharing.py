"""Change who may read a record: its privacy, and named members."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Invalid, NotAllowed, NotFound
from polyclinic.kit.ids import new_id
from polyclinic.records.commands import ChangePrivacy, GrantAccess
from polyclinic.records.queries.records import RecordRow, get_record_row
from polyclinic.records.services.drafts import WRITE, stale
from polyclinic.records.vocabulary import GrantKind

# One counter guards the record: the draft's while one is open, else the envelope's.
_PRIVACY = text(
    """
    WITH counted AS (
        UPDATE treatment_record_draft SET row_version = row_version + 1, updated_at = :now
         WHERE organisation_id = :organisation_id AND record_id = :record_id
        RETURNING row_version
    )
    UPDATE treatment_record SET privacy = :privacy, updated_at = :now,
           row_version = row_version + CASE WHEN EXISTS (SELECT FROM counted) THEN 0 ELSE 1 END
     WHERE organisation_id = :organisation_id AND id = :record_id
    """
)
_GRANT = text(
    """
    INSERT INTO treatment_record_grant (organisation_id, id, record_id, member_id, kind, reason, granted_by, created_at)
    VALUES (:organisation_id, :id, :record_id, :member_id, :kind, :reason, :granted_by, :now)
    RETURNING id
    """
)
_REVOKE = text(
    """
    UPDATE treatment_record_grant SET revoked_at = :now
     WHERE organisation_id = :organisation_id AND record_id = :record_id AND member_id = :member_id
       AND revoked_at IS NULL
    RETURNING id
    """
)


def change_privacy(actor: Actor, command: ChangePrivacy) -> RecordRow:
    """Change who may read a record; only its author does. Raises `NotAllowed` and `Stale`."""
    require(actor, WRITE)
    record = _own_record(actor, command.record_id)
    if record.row_version != command.row_version:
        raise stale(record)
    parameters = _identity(actor, record) | {"privacy": command.privacy.value, "now": clock.now()}
    session().execute(_PRIVACY, parameters)
    detail = {"privacy": command.privacy.value}
    trail.write(actor, "treatment_record.privacy_changed", _subject(record), detail=detail)
    return get_record_row(actor, record.id, WRITE)


def grant_access(actor: Actor, command: GrantAccess) -> UUID:
    """Let a member read the record and return the grant's id; raises `NotFound` for somebody unknown."""
    require(actor, WRITE)
    record = _own_record(actor, command.record_id)
    parameters = _identity(actor, record) | {
        "id": new_id(),
        "member_id": command.member_id,
        "kind": GrantKind.NAMED.value,
        "reason": command.reason,
        "granted_by": actor.member_id,
        "now": clock.now(),
    }
    if command.member_id == actor.member_id:
        raise Invalid({"member_id": "You can read this record already."})
    try:
        with session().begin_nested():
            granted: UUID = session().execute(_GRANT, parameters).scalar_one()
    except IntegrityError as error:
        raise NotFound("member") from error
    detail = {"member_id": str(command.member_id)}
    trail.write(actor, "treatment_record.access_granted", _subject(record), detail=detail)
    return granted


def revoke_access(actor: Actor, record_id: UUID, member_id: UUID) -> None:
    """End a member's named access; raises `NotFound` when there is none."""
    require(actor, WRITE)
    record = _own_record(actor, record_id)
    parameters = _identity(actor, record) | {"member_id": member_id, "now": clock.now()}
    if not session().execute(_REVOKE, parameters).all():
        raise NotFound("grant")
    detail = {"member_id": str(member_id)}
    trail.write(actor, "treatment_record.access_revoked", _subject(record), detail=detail)


def _own_record(actor: Actor, record_id: UUID) -> RecordRow:
    record = get_record_row(actor, record_id, WRITE)
    if record.author_member_id is None or record.author_member_id != actor.member_id:
        raise NotAllowed("Only the treating therapist decides who may read this record.", permission=WRITE)
    return record


def _identity(actor: Actor, record: RecordRow) -> dict[str, object]:
    return {"organisation_id": actor.organisation_id, "record_id": record.id}


def _subject(record: RecordRow) -> trail.Subject:
    return trail.Subject("treatment_record", record.id, record.clinic_id)
