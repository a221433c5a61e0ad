"""What may be sent: one address, headers of one line, files of a bearable size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address

from polyclinic.mail.commands import Attachment, SendMail
from polyclinic.mail.vocabulary import MAX_ATTACHED_BYTES, MAX_ATTACHMENTS, MAX_SUBJECT, MAX_TEXT

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")


def mail_problems(mail: SendMail) -> Mapping[str, str]:
    """Return what is wrong with a mail by field; nothing when it may be sent."""
    problems: dict[str, str] = {}
    if not is_address(mail.to):
        problems["to"] = "Give one mail address, such as name@example.org."
    if _CONTROL.search(mail.subject) or not mail.subject.strip():
        problems["subject"] = "Give a subject of one line."
    elif len(mail.subject) > MAX_SUBJECT:
        problems["subject"] = f"Give a subject of at most {MAX_SUBJECT} characters."
    if len(mail.text) > MAX_TEXT or "\x00" in mail.text:
        problems["text"] = f"Write at most {MAX_TEXT} characters of text."
    attached = _attachment_problem(mail)
    if attached:
        problems["attachments"] = attached
    return problems


def is_address(text: str) -> bool:
    """Tell whether the text is one bare address with a domain: no name, no list, no second line."""
    if _CONTROL.search(text) or len(text) > 254 or text != text.strip():
        return False
    try:
        parsed = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return False
    return bool(parsed.username) and "." in parsed.domain and not parsed.domain.startswith("[")


def _attachment_problem(mail: SendMail) -> str | None:
    if len(mail.attachments) > MAX_ATTACHMENTS:
        return f"Attach at most {MAX_ATTACHMENTS} files."
    if sum(len(file.content) for file in mail.attachments) > MAX_ATTACHED_BYTES:
        return f"Attach at most {MAX_ATTACHED_BYTES // 1024 // 1024} MB."
    if not all(_is_sendable(file) for file in mail.attachments):
        return "Name every file in one line, without a folder, and give its media type."
    return None


def _is_sendable(file: Attachment) -> bool:
    is_plain = bool(file.name.strip()) and not _CONTROL.search(file.name) and not set(file.name) & {"/", "\\"}
    return is_plain and len(file.name) <= MAX_SUBJECT and _MEDIA_TYPE.fullmatch(file.media_type) is not None
