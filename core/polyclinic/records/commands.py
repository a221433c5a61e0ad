"""Frozen inputs of the records feature's writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from polyclinic.records.vocabulary import Privacy


@dataclass(frozen=True)
class OpenRecord:
    """Open the record of an appointment; `sections` fill the draft of a new one."""

    appointment_id: UUID
    id: UUID | None = None
    privacy: Privacy | None = None
    sections: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SaveDraft:
    """Save parts of a draft: a JSON merge patch per section, or (`is_whole`) each given section as a whole."""

    record_id: UUID
    row_version: int
    sections: Mapping[str, Any]
    is_whole: bool = False


@dataclass(frozen=True)
class ApplyAction:
    """Apply one of a section's own edits to the draft."""

    record_id: UUID
    row_version: int
    section: str
    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CarryForward:
    """Take over the structure of the client's last signed record into the draft."""

    record_id: UUID
    row_version: int


@dataclass(frozen=True)
class SignRecord:
    """Sign the draft; `acknowledged` are ids of findings, reasons have at least 10 characters where they are needed."""

    record_id: UUID
    row_version: int
    acknowledged: frozenset[str] = frozenset()
    override_reason: str = ""
    late_reason: str = ""
    amendment_reason: str = ""


@dataclass(frozen=True)
class ChangePrivacy:
    """Change who may read a record."""

    record_id: UUID
    row_version: int
    privacy: Privacy


@dataclass(frozen=True)
class GrantAccess:
    """Let one member read one record."""

    record_id: UUID
    member_id: UUID
    reason: str = ""
