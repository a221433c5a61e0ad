"""Write audit events in the transaction of the act they describe, and read them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, or_, tuple_

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, scoped_everywhere
from polyclinic.audit.models import AuditEvent
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.gathering import insert_row
from polyclinic.kit.ids import new_id
from polyclinic.kit.pagination import Page, PageRequest, page_of


class Outcome(StrEnum):
    """How the act ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class Subject:
    """What an act concerned; `clinic_id` None = the whole organisation."""

    object_type: str
    object_id: UUID | None = None
    clinic_id: UUID | None = None


@dataclass(frozen=True)
class AuditEntry:
    """One line of the audit trail."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    on_behalf_of: UUID | None
    action: str
    object_type: str
    object_id: UUID | None
    clinic_id: UUID | None
    outcome: str
    request_id: str | None
    detail: dict[str, Any]


_INSERT = insert(AuditEvent.__table__)  # type: ignore[arg-type]


def write(
    actor: Actor,
    action: str,
    subject: Subject,
    *,
    detail: dict[str, Any] | None = None,
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Add one audit event to the running transaction; `detail` holds ids, codes and field names, no personal text."""
    insert_row(
        _INSERT,
        {
            "organisation_id": actor.organisation_id,
            "id": new_id(),
            "at": clock.now(),
            "actor_kind": actor.kind.value,
            "actor_id": actor.key_id or actor.member_id,
            "on_behalf_of": actor.member_id if actor.key_id else None,
            "action": action,
            "object_type": subject.object_type,
            "object_id": subject.object_id,
            "clinic_id": subject.clinic_id,
            "ip": actor.ip,
            "request_id": actor.request_id,
            "outcome": outcome.value,
            "detail": detail or {},
        },
    )


def write_read(actor: Actor, object_type: str, object_ids: Sequence[UUID], *, clinic_id: UUID | None = None) -> None:
    """Add one event for a look at clinical data: one object by its id, a list by the ids shown."""
    if len(object_ids) == 1:
        write(actor, f"{object_type}.read", Subject(object_type, object_ids[0], clinic_id))
    elif object_ids:
        subject = Subject(object_type, None, clinic_id)
        write(actor, f"{object_type}.listed", subject, detail={"ids": [str(object_id) for object_id in object_ids]})


_COLUMNS = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.actor_kind,
    AuditEvent.actor_id,
    AuditEvent.on_behalf_of,
    AuditEvent.action,
    AuditEvent.object_type,
    AuditEvent.object_id,
    AuditEvent.clinic_id,
    AuditEvent.outcome,
    AuditEvent.request_id,
    AuditEvent.detail,
)
_LIST = (
    scoped_everywhere(AuditEvent, *_COLUMNS)
    .where(
        or_(
            bindparam("after_at", type_=AuditEvent.at.type).is_(None),
            tuple_(AuditEvent.at, AuditEvent.id) < tuple_(bindparam("after_at"), bindparam("after_id")),
        )
    )
    .where(
        or_(
            bindparam("object_id", type_=AuditEvent.object_id.type).is_(None),
            AuditEvent.object_id == bindparam("object_id"),
        )
    )
    .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    .limit(bindparam("limit"))
)


def list_audit_events(actor: Actor, page: PageRequest, *, object_id: UUID | None = None) -> Page[AuditEntry]:
    """Return the newest audit events first; needs `audit:read`."""
    after_at, after_id = page.after or (None, None)
    parameters = organisation_scope(actor, "audit:read") | {
        "after_at": after_at,
        "after_id": after_id,
        "object_id": object_id,
        "limit": page.limit + 1,
    }
    rows = [AuditEntry(*row) for row in session().execute(_LIST, parameters)]
    return page_of(rows, page, key=lambda row: (row.at, row.id))
