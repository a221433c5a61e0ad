"""A small diary: therapists with hours, services, clients; the clock stands on Monday 23 November 2026, 08:00."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import pytest

from polyclinic.access.actor import Actor
from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.scheduling.catalogue import ServiceRow
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, CreateService, Start
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.worlds import World
from polyclinic.therapists.commands import (
    CreateRegistration,
    CreateTherapist,
    HoursAtClinic,
    SetWorkingHours,
)
from polyclinic.therapists.rows import HoursSpan, TherapistRow
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)
MODALITY = "neuromuscular"


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """Return an instant of November 2026, when London's clocks show UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True)
class Diary:
    """What the tests of this folder book with: everything belongs to the world's first clinic."""

    world: World
    actor: Actor
    ana: TherapistRow
    ben: TherapistRow
    massage: ServiceRow
    protocol: ServiceRow
    tom: UUID
    noor: UUID

    @property
    def clinic_id(self) -> UUID:
        return self.world.clinic.id

    def command(self, begin: datetime, **changes: Any) -> BookAppointment:
        values: dict[str, Any] = {
            "clinic_id": self.clinic_id,
            "client_id": self.tom,
            "therapist_id": self.ana.id,
            "service_id": self.massage.id,
            "start": Start(starts_at=begin),
        }
        return BookAppointment(**values | changes)

    def book(self, begin: datetime, actor: Actor | None = None, **changes: Any) -> Any:
        return book_appointment(actor or self.actor, self.command(begin, **changes))

    def body(self, start: datetime, **changes: Any) -> dict[str, Any]:
        values = {
            "clinic_id": str(self.clinic_id),
            "client_id": str(self.tom),
            "therapist_id": str(self.ana.id),
            "service_id": str(self.massage.id),
            "starts_at": start.isoformat(),
        }
        return {key: value for key, value in (values | changes).items() if value is not None}


@pytest.fixture
def now() -> Iterator[datetime]:
    with clock.frozen(NOW):
        yield NOW


@pytest.fixture
def diary(db: Any, world: World, now: datetime) -> Diary:
    return make_diary(world)


def make_diary(world: World) -> Diary:
    """Fill the running transaction's organisation."""
    actor = world.actor()
    ana = make_therapist(actor, world.clinic.id, "Ana Ruiz")
    ben = make_therapist(actor, world.clinic.id, "Ben Okafor")
    create_registration(actor, CreateRegistration(ana.id, "NMT council", "A-1", MODALITY, LONG_AGO, date(2026, 11, 30)))
    return Diary(
        world,
        actor,
        ana,
        ben,
        create_service(actor, CreateService("Massage 60", 60, buffer_after_minutes=15)),
        create_service(actor, CreateService("Neuromuscular 60", 60, MODALITY, ("Trigger point myotherapy",))),
        make_client(actor, world.clinic.id, "Tom", "Hale"),
        make_client(actor, world.clinic.id, "Noor", "Aziz"),
    )


def make_therapist(actor: Actor, clinic_id: UUID, name: str) -> TherapistRow:
    """Create a therapist who works from nine to five on weekdays."""
    therapist = create_therapist(actor, CreateTherapist(name, (clinic_id,), (MODALITY,)))
    hours = tuple(HoursSpan(weekday, time(9), time(17), LONG_AGO) for weekday in range(5))
    set_working_hours(actor, SetWorkingHours(therapist.id, therapist.row_version, HoursAtClinic(clinic_id, hours)))
    return therapist


def make_client(actor: Actor, clinic_id: UUID, given_name: str, family_name: str = "") -> UUID:
    """Register a client at a clinic."""
    return create_client(actor, CreateClient(clinic_id, given_name, family_name)).id


def cancel(diary: Diary, row: Any) -> Any:
    """Cancel an appointment."""
    return advance_appointment(
        diary.actor, AdvanceAppointment(row.id, row.row_version, AppointmentStatus.CANCELLED, "")
    )


@pytest.fixture
def reservations_of(db: Any) -> Callable[[UUID], list[tuple[Any, ...]]]:
    """Return a function that reads an appointment's active reservations: kind, start, end, overbooked."""
    from sqlalchemy import select

    from polyclinic.scheduling.models import Reservation

    def read(appointment_id: UUID) -> list[tuple[Any, ...]]:
        statement = select(
            Reservation.resource_kind, Reservation.starts_at, Reservation.ends_at, Reservation.overbooked
        ).where(Reservation.appointment_id == appointment_id, Reservation.active)
        rows = session().execute(statement.order_by(Reservation.resource_kind)).all()
        return [(row[0], row[1].astimezone(UTC), row[2].astimezone(UTC), row[3]) for row in rows]

    return read
