"""Reads of mail for administrators: what is held or failed, without what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, or_

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, scoped_everywhere
from polyclinic.kit.db import session
from polyclinic.kit.pagination import Page, PageRequest, page_of
from polyclinic.mail.models import MailMessage
from polyclinic.mail.vocabulary import MailState

READ = "jobs:read"
_M = MailMessage
_AFTER = bindparam("after_id", type_=Uuid())
_LIST = (
    scoped_everywhere(
        _M,
        _M.id,
        _M.recipient,
        _M.subject,
        _M.state,
        _M.attempts,
        _M.last_error,
        _M.plugin_id,
        _M.requested_by,
        _M.created_at,
        _M.next_attempt_at,
        _M.finished_at,
    )
    .where(_M.state == any_(bindparam("states", type_=ARRAY(Text))))
    .where(or_(_AFTER.is_(None), _M.id < _AFTER))
    .order_by(_M.id.desc())
    .limit(bindparam("limit"))
)
_COUNT = scoped_everywhere(_M, _M.state, func.count()).group_by(_M.state)


@dataclass(frozen=True)
class MailRow:
    """One mail as a list shows it."""

    id: UUID
    recipient: str
    subject: str
    state: MailState
    attempts: int
    last_error: str | None
    plugin_id: str | None
    requested_by: UUID | None
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None


def list_mail(
    actor: Actor, page: PageRequest, *, states: Sequence[MailState] = (MailState.HELD, MailState.FAILED)
) -> Page[MailRow]:
    """Return mail in these states, newest first; needs `jobs:read`."""
    parameters = organisation_scope(actor, READ) | {
        "states": [state.value for state in states],
        "after_id": page.after[0] if page.after else None,
        "limit": page.limit + 1,
    }
    found = session().execute(_LIST, parameters).mappings()
    rows = [MailRow(**{**row, "state": MailState(row["state"])}) for row in found]
    return page_of(rows, page, key=lambda row: (row.id,))


def count_mail(actor: Actor) -> Mapping[MailState, int]:
    """Return how many mails stand where; needs `jobs:read`."""
    found = {row[0]: row[1] for row in session().execute(_COUNT, organisation_scope(actor, READ))}
    return {state: found.get(state.value, 0) for state in MailState}
