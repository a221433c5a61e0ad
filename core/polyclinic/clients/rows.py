"""What the reads of the clients feature return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from polyclinic.clients.vocabulary import Answer, DuplicateReason
from polyclinic.plugins.contract import SafetySeverity


def display_name(given_name: str, family_name: str, preferred_name: str) -> str:
    """Return the name by which a client is addressed."""
    return f"{preferred_name or given_name} {family_name}".strip()


@dataclass(frozen=True)
class ClientRow:
    """A client's contact data; `clinic_ids` are those of the actor's clinics where the client is known."""

    id: UUID
    given_name: str
    family_name: str
    preferred_name: str
    pronouns: str
    gender_identity: str
    birth_on: date | None
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    language: str
    time_zone: str
    reminder_channel: str
    aftercare_channel: str
    marketing_channel: str
    merged_into_id: UUID | None
    archived_at: datetime | None
    erased_at: datetime | None
    row_version: int
    clinic_ids: list[UUID]

    @property
    def display_name(self) -> str:
        """Return the name by which the client is addressed."""
        return display_name(self.given_name, self.family_name, self.preferred_name)


@dataclass(frozen=True)
class ClientListRow:
    """One line of a list of clients."""

    id: UUID
    given_name: str
    family_name: str
    preferred_name: str
    birth_on: date | None
    email: str
    phone: str
    archived_at: datetime | None
    row_version: int
    clinic_ids: list[UUID]

    @property
    def display_name(self) -> str:
        """Return the name by which the client is addressed."""
        return display_name(self.given_name, self.family_name, self.preferred_name)


@dataclass(frozen=True)
class ClientIdentity:
    """What is known of a person when duplicates are looked for."""

    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    birth_on: date | None = None


@dataclass(frozen=True)
class DuplicateRow:
    """A client who may be the same person, with the reasons."""

    id: UUID
    display_name: str
    birth_on: date | None
    email: str
    phone: str
    reasons: list[DuplicateReason]


@dataclass(frozen=True)
class FlagRow:
    """Something to heed when treating a client, from `since_on` up to but without `until_on`."""

    id: UUID
    client_id: UUID
    code: str
    label: str
    note: str
    severity: SafetySeverity
    region_ids: list[str]
    since_on: date | None
    until_on: date | None
    row_version: int


@dataclass(frozen=True)
class AnswerRow:
    """One answer to a question of the health history; never changed, only followed by a newer one."""

    id: UUID
    client_id: UUID
    question_code: str
    question: str
    answer: Answer
    note: str
    recorded_at: datetime
    recorded_by: UUID | None
    recorded_by_name: str


@dataclass(frozen=True)
class HealthQuestion:
    """A question of the health history; `flag_code` names the flag that a "yes" raises."""

    code: str
    question: str
    flag_code: str | None = None


@dataclass(frozen=True)
class FlagKind:
    """A flag that safety rules know, with what to do about it."""

    code: str
    title: str
    severity: SafetySeverity
    question: str
    action: str


@dataclass(frozen=True)
class ClientHealth:
    """A client's flags, ended ones too, and the newest answer to each question."""

    flags: Sequence[FlagRow]
    answers: Sequence[AnswerRow]
