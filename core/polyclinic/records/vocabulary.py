"""Closed sets and limits of treatment records."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class RecordState(StrEnum):
    """State of a treatment record; derived from its versions, never stored."""

    DRAFT = "draft"
    SIGNED = "signed"
    AMENDED = "amended"


class Privacy(StrEnum):
    """Who may read a treatment record."""

    AUTHOR = "author"
    """The treating therapist alone."""
    CLINIC = "clinic"
    """Everybody at the record's clinic who may read treatment records."""
    ORGANISATION = "organisation"
    """Everybody in the organisation who may read treatment records."""
    NAMED = "named"
    """The treating therapist and the members named in its grants."""


class VersionKind(StrEnum):
    """What a version of a treatment record is."""

    SIGNED = "signed"
    AMENDMENT = "amendment"


class VisitOutcome(StrEnum):
    """How the visit ended."""

    TREATED = "treated"
    STOPPED_REFERRED = "stopped_referred"
    """Stopped because of a red flag, and the client referred."""


class GrantKind(StrEnum):
    """Why a member may read a record outside of their usual scope."""

    NAMED = "named"
    BREAK_GLASS = "break_glass"


CHRONIC_MONTHS: Final = 3
"""A complaint is chronic from this many calendar months after its onset."""
LATE_AFTER: Final = timedelta(hours=24)
"""A record signed later than this after the visit began is a late entry and says why."""
MAX_SECTIONS: Final = 20
MAX_SECTION_BYTES: Final = 512 * 1024
"""Canonical JSON of one section; larger ones cannot be reviewed by a person."""
MIN_REASON: Final = 10
"""Characters of the reason for an override, an amendment or a late entry."""

SOAP: Final = "core.soap"
SAFETY: Final = "core.safety"
