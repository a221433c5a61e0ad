"""Frozen inputs of scheduling's writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from polyclinic.scheduling.vocabulary import AppointmentStatus


@dataclass(frozen=True)
class CreateService:
    """Offer a service; `modality` None = no registration is asked for. Minutes throughout."""

    name: str
    duration_minutes: int
    modality: str | None = None
    synonyms: tuple[str, ...] = ()
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    needs_room: bool = True
    id: UUID | None = None


@dataclass(frozen=True)
class UpdateService:
    """Change the named fields of a service; appointments already booked keep their length and buffers."""

    service_id: UUID
    row_version: int
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ArchiveService:
    """Take a service off the list, or (`is_archived` False) put it back."""

    service_id: UUID
    row_version: int
    is_archived: bool = True


@dataclass(frozen=True)
class Start:
    """When an appointment starts: an instant, or the clinic's wall time; `fold` 0 or 1 where it happens twice."""

    starts_at: datetime | None = None
    local_start: datetime | None = None
    fold: int | None = None


@dataclass(frozen=True)
class BookAppointment:
    """Book a client with a therapist; without `room_id` a free room is chosen when the service needs one.

    `ends_at` may be sent to be checked, the end follows from the service. `overbook_reason` accepts occupied time.
    """

    clinic_id: UUID
    client_id: UUID
    therapist_id: UUID
    service_id: UUID
    start: Start
    room_id: UUID | None = None
    ends_at: datetime | None = None
    overbook_reason: str | None = None
    note: str = ""
    id: UUID | None = None


@dataclass(frozen=True)
class RescheduleAppointment:
    """Move an appointment in time, to another therapist or room; None keeps what it has."""

    appointment_id: UUID
    row_version: int
    start: Start
    therapist_id: UUID | None = None
    room_id: UUID | None = None
    overbook_reason: str | None = None


@dataclass(frozen=True)
class AdvanceAppointment:
    """Take an appointment to another state; `reason` is kept for cancellations."""

    appointment_id: UUID
    row_version: int
    to: AppointmentStatus
    reason: str = ""
