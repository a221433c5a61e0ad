"""The worker's part of mail: send what waits, again later when the server does not take it."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.jobs.backoff import next_attempt
from polyclinic.jobs.tasks import OpenTransaction, Payload, Runnable, Work
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.mail.commands import Attachment
from polyclinic.mail.postbox import Letter, Postbox
from polyclinic.mail.services import SEND
from polyclinic.mail.vocabulary import MailState

KEEP_SENT_DAYS = 30
PERMANENT = 500
"""From this reply code on, trying again does not help."""

_log = structlog.get_logger(__name__)

_CLAIM = text(
    """
    SELECT id, recipient, subject, body, attempts FROM mail_message
     WHERE organisation_id = :organisation_id AND id = :id AND state IN ('queued', 'held') AND next_attempt_at <= :now
       FOR UPDATE SKIP LOCKED
    """
)
_FILES = text(
    "SELECT name, media_type, content FROM mail_attachment "
    "WHERE organisation_id = :organisation_id AND message_id = :id ORDER BY position"
)
_NOTE = text(
    """
    UPDATE mail_message SET state = :state, attempts = :attempts, last_error = :error,
           finished_at = CAST(:finished_at AS timestamptz),
           next_attempt_at = coalesce(CAST(:next_attempt_at AS timestamptz), next_attempt_at)
     WHERE organisation_id = :organisation_id AND id = :id
    """
)
_DUE = text(
    "SELECT id FROM mail_message WHERE organisation_id = :organisation_id AND state = ANY(:states) "
    "AND next_attempt_at <= :now ORDER BY next_attempt_at, id LIMIT 200"
)
_OLD = (
    "SELECT id FROM mail_message WHERE organisation_id = :organisation_id AND state = 'sent' AND finished_at < :before"
)
_REMOVE_FILES = text(
    f"DELETE FROM mail_attachment WHERE organisation_id = :organisation_id AND message_id IN ({_OLD})"  # noqa: S608
)
_REMOVE = text(f"DELETE FROM mail_message WHERE organisation_id = :organisation_id AND id IN ({_OLD}) RETURNING id")  # noqa: S608


@dataclass(frozen=True)
class Outcome:
    """What became of one try."""

    state: MailState
    error: str | None = None


def mail_tasks() -> Sequence[Runnable]:
    """Return what the worker does for mail."""
    return (Work(SEND, send), Work("mail.send_due", send_due, cron="* * * * *", at_start=True))


def send(open_transaction: OpenTransaction, organisation_id: UUID, payload: Payload) -> None:
    """Send one mail."""
    send_one(open_transaction, organisation_id, UUID(payload["mail_id"]))


def send_due(open_transaction: OpenTransaction, organisation_id: UUID, _payload: Payload) -> None:
    """Send what is to be tried again, what was held, and what a killed worker left behind."""
    states = ["queued", "held"] if Postbox.from_environment(os.environ) else ["queued"]
    with open_transaction(organisation_id):
        parameters = {"organisation_id": organisation_id, "states": states, "now": clock.now()}
        due = list(session().execute(_DUE, parameters).scalars())
    for mail_id in due:
        send_one(open_transaction, organisation_id, mail_id)


def send_one(open_transaction: OpenTransaction, organisation_id: UUID, mail_id: UUID) -> MailState | None:
    """Try to send a mail and return where it stands then; None when it is not its turn.

    The mail server is asked while the row is locked: a crash in between sends it again, under the same message id.
    """
    with open_transaction(organisation_id) as system:
        parameters = {"organisation_id": organisation_id, "id": mail_id, "now": clock.now()}
        row = session().execute(_CLAIM, parameters).one_or_none()
        if row is None:
            return None
        outcome = _try(organisation_id, row)
        return _note(system, row, outcome)


def remove_sent(organisation_id: UUID) -> int:
    """Remove mail that was sent long ago and return how many there were."""
    parameters = {"organisation_id": organisation_id, "before": clock.now() - timedelta(days=KEEP_SENT_DAYS)}
    session().execute(_REMOVE_FILES, parameters)
    return len(session().execute(_REMOVE, parameters).all())


def _try(organisation_id: UUID, row: Any) -> Outcome:
    postbox = Postbox.from_environment(os.environ)
    if postbox is None:
        return Outcome(MailState.HELD)
    found = session().execute(_FILES, {"organisation_id": organisation_id, "id": row.id})
    files = tuple(Attachment(file.name, file.media_type, bytes(file.content)) for file in found)
    try:
        postbox.send(Letter(str(row.id), row.recipient, row.subject, row.body, files))
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        is_final = all(code >= PERMANENT for code in codes)
        return Outcome(MailState.FAILED if is_final else MailState.QUEUED, f"recipient refused {codes[0]}")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(MailState.QUEUED, f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip())
    return Outcome(MailState.SENT)


def _note(system: Actor, row: Any, outcome: Outcome) -> MailState:
    now, attempts, state = clock.now(), row.attempts, outcome.state
    again = None
    if outcome.error is not None:
        attempts += 1
        again = next_attempt(attempts, now)
        state = MailState.FAILED if again is None else state
    is_over = state in {MailState.SENT, MailState.FAILED}
    values = {
        "organisation_id": system.organisation_id,
        "id": row.id,
        "state": state.value,
        "attempts": attempts,
        "error": outcome.error,
        "finished_at": now if is_over else None,
        "next_attempt_at": again,
    }
    session().execute(_NOTE, values)
    if is_over:
        trail.write(system, f"mail.{state}", trail.Subject("mail_message", row.id), detail={"attempts": attempts})
    if state is not MailState.SENT:
        reason = outcome.error or "POLYCLINIC_SMTP_URL is not set"
        _log.warning("mail_not_sent", mail_id=str(row.id), state=state.value, reason=reason)
    return state
