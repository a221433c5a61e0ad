"""What is asked of mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class SendMail:
    """One mail of plain text to one address; `plugin_id` names who wants it sent, None is core itself."""

    to: str
    subject: str
    text: str
    attachments: Sequence[Attachment] = ()
    plugin_id: str | None = None
