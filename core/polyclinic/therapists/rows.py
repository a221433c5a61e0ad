"""What the reads of the therapists feature return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from polyclinic.therapists.vocabulary import RegistrationStatus


@dataclass(frozen=True)
class TherapistRow:
    """A therapist; `clinic_ids` are those of the actor's clinics at which the therapist works."""

    id: UUID
    member_id: UUID | None
    display_name: str
    modalities: list[str]
    archived_at: datetime | None
    row_version: int
    clinic_ids: list[UUID]


@dataclass(frozen=True)
class RegistrationRow:
    """A licence to practise one modality from `valid_from` to `expires_on`, its last day (None = without end)."""

    id: UUID
    therapist_id: UUID
    authority: str
    number: str
    modality: str
    valid_from: date
    expires_on: date | None
    row_version: int


@dataclass(frozen=True)
class RegistrationState:
    """Whether a modality may be practised on a day, and the registration that says so."""

    status: RegistrationStatus
    number: str | None = None
    expires_on: date | None = None
    registration_id: UUID | None = None


@dataclass(frozen=True)
class HoursSpan:
    """Weekly hours on one weekday (0 = Monday), wall time; `valid_until` is their last day (None = without end)."""

    weekday: int
    starts_at: time
    ends_at: time
    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True)
class HoursRow(HoursSpan):
    """Stored weekly hours of a therapist at a clinic."""

    id: UUID | None = None
    therapist_id: UUID | None = None
    clinic_id: UUID | None = None


@dataclass(frozen=True)
class WeeklyHours:
    """All stored hours of one therapist; the version is the therapist's."""

    therapist_id: UUID
    hours: list[HoursRow]
    row_version: int
