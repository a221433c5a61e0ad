"""Frozen inputs of the therapists feature's writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from uuid import UUID

from polyclinic.therapists.rows import HoursSpan


@dataclass(frozen=True)
class CreateTherapist:
    """Let a therapist work at clinics; `member_id` is their sign-in in this organisation, if they have one."""

    display_name: str
    clinic_ids: tuple[UUID, ...]
    modalities: tuple[str, ...] = ()
    member_id: UUID | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateTherapist:
    """Change the named fields of a therapist: display_name, modalities, member_id."""

    therapist_id: UUID
    row_version: int
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TherapistAtClinic:
    """Let a therapist work at a clinic, or end that."""

    therapist_id: UUID
    row_version: int
    clinic_id: UUID


@dataclass(frozen=True)
class CreateRegistration:
    """Record a licence; `expires_on` is its last day."""

    therapist_id: UUID
    authority: str
    number: str
    modality: str
    valid_from: date
    expires_on: date | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateRegistration:
    """Change the named fields of a registration."""

    registration_id: UUID
    row_version: int
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HoursAtClinic:
    """All weekly hours of a therapist at one clinic, as a client of the API sends them."""

    clinic_id: UUID
    hours: tuple[HoursSpan, ...]


@dataclass(frozen=True)
class SetWorkingHours:
    """Replace all weekly hours of a therapist at one clinic; `row_version` is the therapist's."""

    therapist_id: UUID
    row_version: int
    at: HoursAtClinic


@dataclass(frozen=True)
class AddWorkingHours:
    """Add the same hours on several weekdays."""

    clinic_id: UUID
    weekdays: tuple[int, ...]
    starts_at: time
    ends_at: time
    valid_from: date
    valid_until: date | None = None
