"""Closed sets and limits of mail."""

from __future__ import annotations

from enum import StrEnum


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"
    HELD = "held"
    """No mail server is configured; it goes out once there is one."""
    SENT = "sent"
    FAILED = "failed"
    """Every try failed, or the mail server refused the address."""


MAX_SUBJECT = 200
MAX_TEXT = 100_000
MAX_ATTACHMENTS = 10
MAX_ATTACHED_BYTES = 10 * 1024 * 1024
