"""Mail of a plugin."""

from __future__ import annotations

from polyclinic.mail.commands import Attachment, SendMail
from polyclinic.mail.services import send_mail
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.ports import Letter


def mail(ctx: Ctx, letter: Letter) -> None:
    """Keep a mail to be sent once the transaction has committed; raises `Invalid` for what cannot be sent."""
    files = tuple(Attachment(file.filename, file.media_type, file.content) for file in letter.attachments)
    with as_core():
        send_mail(ctx.actor, SendMail(letter.to, letter.subject, letter.text, files, plugin_id=ctx.plugin_id))
