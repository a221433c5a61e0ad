"""What the facade `ctx.core` answers: facts about core's things, without clinical content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class OrganisationFact:
    """The chain."""

    id: UUID
    name: str
    slug: str


@dataclass(frozen=True)
class ClinicFact:
    """A clinic with its address; `time_zone` is an IANA name."""

    id: UUID
    name: str
    time_zone: str
    street: str
    postal_code: str
    city: str
    country: str
    phone: str
    email: str
    is_archived: bool


@dataclass(frozen=True)
class TherapistFact:
    """A therapist; `member_id` is who signs in as this therapist, if anybody."""

    id: UUID
    display_name: str
    member_id: UUID | None
    modalities: Sequence[str]
    clinic_ids: Sequence[UUID]
    is_archived: bool


@dataclass(frozen=True)
class RegistrationFact:
    """A registration that is valid on the day asked for."""

    authority: str
    number: str
    modality: str


@dataclass(frozen=True)
class ClientFact:
    """A client's name and contact data; a merged client's id answers with the client it was merged into."""

    id: UUID
    display_name: str
    given_name: str
    family_name: str
    birth_on: date | None
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    is_archived: bool


@dataclass(frozen=True)
class ServiceOfferFact:
    """A service on offer; `duration_minutes` is without buffers."""

    id: UUID
    name: str
    duration_minutes: int
    modality: str | None
    is_archived: bool


@dataclass(frozen=True)
class AppointmentFact:
    """An appointment; `local_start` is the clinic's wall time, `status` one of core's states."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    client_name: str
    therapist_id: UUID
    therapist_name: str
    service_id: UUID
    service_name: str
    service_modality: str | None
    room_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    local_start: datetime
    status: str
    row_version: int


@dataclass(frozen=True)
class RecordFact:
    """Whether a visit is written up: the record's state (`draft`, `signed`, `amended`), never its content."""

    id: UUID
    appointment_id: UUID
    state: str
    latest_version: int | None
    signed_at: datetime | None


@dataclass(frozen=True)
class FreeTimeFact:
    """A time that can be booked, in the room that would be taken."""

    starts_at: datetime
    ends_at: datetime
    local_start: datetime
    therapist_id: UUID
    room_id: UUID | None


@dataclass(frozen=True)
class MemberFact:
    """Somebody who works here; `email` is the sign-in's."""

    id: UUID
    display_name: str
    email: str
