"""Ask for mail: it is kept with the running transaction and sent by the worker once that has committed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import insert

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.jobs.queue import enqueue
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Invalid
from polyclinic.kit.ids import new_id
from polyclinic.mail.checking import mail_problems
from polyclinic.mail.commands import SendMail
from polyclinic.mail.models import MailAttachment, MailMessage

SEND = "mail.send"
"""The task that sends one mail."""

_MESSAGE = insert(MailMessage.__table__)  # type: ignore[arg-type]
_ATTACHMENT = insert(MailAttachment.__table__)  # type: ignore[arg-type]


def send_mail(actor: Actor, command: SendMail) -> UUID:
    """Keep a mail to be sent and return its id; raises `Invalid` for what cannot be sent.

    Asks for no permission of its own: mail goes out as part of something that was permitted.
    """
    problems = mail_problems(command)
    if problems:
        raise Invalid(problems)
    mail_id, now = new_id(), clock.now()
    values = {
        "organisation_id": actor.organisation_id,
        "id": mail_id,
        "recipient": command.to,
        "subject": command.subject,
        "body": command.text,
        "next_attempt_at": now,
        "plugin_id": command.plugin_id,
        "requested_by": actor.member_id,
        "created_at": now,
    }
    session().connection().execute(_MESSAGE, values)
    files = _files(actor, mail_id, command)
    if files:
        session().connection().execute(_ATTACHMENT, files)
    detail = {"plugin": command.plugin_id, "attachments": len(files)}
    trail.write(actor, "mail.requested", trail.Subject("mail_message", mail_id), detail=detail)
    enqueue(SEND, actor.organisation_id, {"mail_id": str(mail_id)})
    return mail_id


def _files(actor: Actor, mail_id: UUID, command: SendMail) -> list[dict[str, Any]]:
    return [
        {
            "organisation_id": actor.organisation_id,
            "id": new_id(),
            "message_id": mail_id,
            "position": position,
            "name": file.name,
            "media_type": file.media_type,
            "content": file.content,
        }
        for position, file in enumerate(command.attachments, start=1)
    ]
