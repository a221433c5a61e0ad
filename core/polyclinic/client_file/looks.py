"""Who looked at a client's file: the audit trail's reads of the client, their visits and their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, and_, any_, bindparam, func, or_, select

from polyclinic.access.actor import Actor
from polyclinic.audit.models import AuditEvent
from polyclinic.client_file.vocabulary import LOOKED_BACK
from polyclinic.identity.models import Member
from polyclinic.kit import clock
from polyclinic.kit.db import session

MOST_LISTS = 200_000
"""Lists of the past year that are searched for the client's rows, the newest first."""


@dataclass(frozen=True)
class Look:
    """One look at a part of the file."""

    at: datetime
    action: str
    actor_kind: str
    name: str


_ORGANISATION = bindparam("organisation_id", type_=Uuid())
_MEMBER = func.coalesce(AuditEvent.on_behalf_of, AuditEvent.actor_id)
_COLUMNS = (AuditEvent.at, AuditEvent.action, AuditEvent.actor_kind, func.coalesce(Member.display_name, ""))
_IS_MEMBER = and_(Member.organisation_id == AuditEvent.organisation_id, Member.id == _MEMBER)
_DIRECT = (
    select(*_COLUMNS)
    .outerjoin(Member, _IS_MEMBER)
    .where(
        AuditEvent.organisation_id == _ORGANISATION,
        AuditEvent.object_id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
        or_(AuditEvent.action.endswith(".read"), AuditEvent.action == "client.exported"),
    )
)
_lists = (
    select(AuditEvent)
    .where(
        AuditEvent.organisation_id == _ORGANISATION,
        AuditEvent.at >= bindparam("since", type_=DateTime(timezone=True)),
        AuditEvent.action.endswith(".listed"),
    )
    .order_by(AuditEvent.at.desc())
    .limit(MOST_LISTS)
    .subquery()
)
_LISTED = (
    select(_lists.c.at, _lists.c.action, _lists.c.actor_kind, func.coalesce(Member.display_name, ""))
    .outerjoin(
        Member,
        and_(
            Member.organisation_id == _lists.c.organisation_id,
            Member.id == func.coalesce(_lists.c.on_behalf_of, _lists.c.actor_id),
        ),
    )
    .where(_lists.c.detail["ids"].op("?|")(bindparam("texts", type_=ARRAY(Text()))))
)


def list_looks(actor: Actor, object_ids: Sequence[UUID]) -> Sequence[Look]:
    """Return the looks at these rows, newest first: each by itself ever, in lists those of the past year."""
    parameters = {
        "organisation_id": actor.organisation_id,
        "ids": list(object_ids),
        "texts": [str(object_id) for object_id in object_ids],
        "since": clock.now() - LOOKED_BACK,
    }
    found = [Look(*row) for statement in (_DIRECT, _LISTED) for row in session().execute(statement, parameters)]
    return sorted(found, key=lambda look: look.at, reverse=True)
