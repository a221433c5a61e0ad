"""Frozen inputs of the clients feature's writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.clients.vocabulary import Answer
from polyclinic.plugins.contract import SafetySeverity


@dataclass(frozen=True)
class CreateClient:
    """Register a client at a clinic; with `refuse_duplicates` a likely duplicate is an error."""

    clinic_id: UUID
    given_name: str
    family_name: str = ""
    preferred_name: str = ""
    pronouns: str = ""
    gender_identity: str = ""
    birth_on: date | None = None
    email: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    time_zone: str = ""
    reminder_channel: str = ""
    aftercare_channel: str = ""
    marketing_channel: str = ""
    refuse_duplicates: bool = False
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateClient:
    """Change the named fields of a client's contact data."""

    client_id: UUID
    row_version: int
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RaiseFlag:
    """Add a flag; label and severity may be left out for codes that safety rules know."""

    client_id: UUID
    code: str
    label: str = ""
    severity: SafetySeverity | None = None
    note: str = ""
    region_ids: tuple[str, ...] = ()
    since_on: date | None = None
    until_on: date | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateFlag:
    """Change the named fields of a flag; its code stays."""

    flag_id: UUID
    row_version: int
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HealthAnswer:
    """One answer; `question` is needed only for codes that the catalogue does not know."""

    question_code: str
    answer: Answer
    note: str = ""
    question: str = ""


@dataclass(frozen=True)
class RecordAnswers:
    """Add answers to a client's health history."""

    client_id: UUID
    answers: tuple[HealthAnswer, ...]
