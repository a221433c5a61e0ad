"""The chain of the journeys: two clinics, two therapists, clients, and a visit booked for this noon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.kit import clock
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.scheduling.catalogue import ServiceRow
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, CreateService, Start
from polyclinic.scheduling.queries import AppointmentRow
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.sites import SITE_NOW
from polyclinic.testing.worlds import World
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist, HoursAtClinic, SetWorkingHours
from polyclinic.therapists.rows import HoursSpan, TherapistRow
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration

MODALITY = "neuromuscular"
LONG_AGO = date(2020, 1, 1)
LAST_WEEK = SITE_NOW - timedelta(days=7)
CLIENTS = (
    ("Tom", "Hale"),
    ("Noor", "Aziz"),
    ("Iris", "Cole"),
    ("Sam", "Reed"),
    ("Maya", "Lindqvist"),
    ("Olga", "Petrov"),
    ("Rita", "Moss"),
    ("Hugo", "Lang"),
)


@dataclass(frozen=True)
class Chain:
    """What journeys need by name; `clients` by family name. Everything is at the world's first clinic."""

    world: World
    ana: TherapistRow
    ben: TherapistRow
    neuromuscular: ServiceRow
    massage: ServiceRow
    clients: Mapping[str, UUID]
    visit: AppointmentRow
    """Booked with Ben this noon; journeys leave it alone."""

    @property
    def desk(self) -> Actor:
        """Return who books."""
        return self.world.actor("front_desk")

    def book(self, client: str, starts_at: datetime, **changes: UUID) -> AppointmentRow:
        """Book a neuromuscular visit with Ana in the running transaction."""
        values = {"therapist_id": self.ana.id, "service_id": self.neuromuscular.id} | changes
        command = BookAppointment(
            clinic_id=self.world.clinic.id, client_id=self.clients[client], start=Start(starts_at), **values
        )
        return book_appointment(self.desk, command)

    def arrive(self, row: AppointmentRow) -> AppointmentRow:
        """Let the client of an appointment arrive."""
        return advance_appointment(self.desk, AdvanceAppointment(row.id, row.row_version, AppointmentStatus.ARRIVED))


def make_chain(world: World) -> Chain:
    """Fill the running transaction's organisation."""
    actor = world.actor()
    enable_plugin(actor, EnablePlugin("neuromuscular"), registry=runtime().registry)
    with clock.frozen(LAST_WEEK - timedelta(days=30)):
        ana = _therapist(actor, world, "Ana Ruiz", world.people["therapist"].member.id)
        ben = _therapist(actor, world, "Ben Okafor", None)
        neuromuscular = create_service(actor, CreateService("Neuromuscular 30", 30, MODALITY, ("Trigger points",)))
        massage = create_service(actor, CreateService("Relaxation massage 60", 60, buffer_after_minutes=15))
        clients = {family: create_client(actor, _client(world, given, family)).id for given, family in CLIENTS}
        noon = Start(SITE_NOW.replace(hour=12, minute=0))
        command = BookAppointment(world.clinic.id, clients["Lang"], ben.id, massage.id, noon)
        return Chain(world, ana, ben, neuromuscular, massage, clients, book_appointment(actor, command))


def _therapist(actor: Actor, world: World, name: str, member_id: UUID | None) -> TherapistRow:
    made = create_therapist(actor, CreateTherapist(name, (world.clinic.id,), (MODALITY,), member_id))
    hours = tuple(HoursSpan(weekday, time(8), time(19), LONG_AGO) for weekday in range(6))
    set_working_hours(actor, SetWorkingHours(made.id, made.row_version, HoursAtClinic(world.clinic.id, hours)))
    create_registration(
        actor, CreateRegistration(made.id, "Register of Soft Tissue Therapy", "NM-2041", MODALITY, LONG_AGO)
    )
    return made


def _client(world: World, given: str, family: str) -> CreateClient:
    email = f"{given}.{family}@mail.example".lower()
    return CreateClient(world.clinic.id, given, family, email=email, birth_on=date(1985, 4, 12))
