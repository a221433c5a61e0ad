"""The chain of the journeys: two clinics, two therapists, clients, and a visit booked for this noon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.client_file.commands import EraseClient, MergeClients
from polyclinic.client_file.services.erasing import erase_client
from polyclinic.client_file.services.merging import merge_clients
from polyclinic.clients.commands import CreateClient, RaiseFlag
from polyclinic.clients.services.clients import create_client
from polyclinic.clients.services.flags import raise_flag
from polyclinic.kit import clock
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.records.commands import OpenRecord, SaveDraft, SignRecord
from polyclinic.records.core_sections.safety import NONE
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SAFETY, SOAP
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
NOON = SITE_NOW.replace(hour=12, minute=0)
LAST_WEEK = NOON - timedelta(days=7)
LONG_BEFORE = SITE_NOW - timedelta(days=30)
FLAGS = {
    "pressure": "Treated high blood pressure or low blood pressure",
    "thinner": "Blood thinner",
    "pregnancy": "Pregnancy, third trimester",
}
CAUTION = SafetySeverity.CAUTION
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
class Basics:
    """Who works and comes here; `clients` by family name. Everything is at the world's first clinic."""

    world: World
    ana: TherapistRow
    ben: TherapistRow
    neuromuscular: ServiceRow
    massage: ServiceRow
    clients: Mapping[str, UUID]

    @property
    def desk(self) -> Actor:
        """Return who books."""
        return self.world.actor("front_desk")

    @property
    def own(self) -> Actor:
        """Return Ana, who treats."""
        return self.world.actor("therapist")

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

    def write(self, row: AppointmentRow, seed: int) -> RecordRow:
        """Open the record of an appointment and fill it with a believable treatment."""
        sections: dict[str, Any] = {
            SOAP: {
                "complaint": "Stiff neck after desk work",
                "pain_before": 6,
                "pain_after": 3,
                "plan": "Weekly visits.",
            },
            SAFETY: {"asked": NONE},
        }
        for plugin in runtime().registry.active:
            for demo in plugin.declarations.demo:
                sections[demo.section_key] = demo.make(Random(seed), 1, None)
        record = open_treatment_record(self.own, OpenRecord(row.id))
        return save_draft(self.own, SaveDraft(record.id, record.row_version, sections, is_whole=True)).record


@dataclass(frozen=True)
class Chain(Basics):
    """What journeys need by name."""

    visit: AppointmentRow
    """Booked with Ben this noon; journeys leave it alone."""
    signed_record_id: UUID
    """Signed last week for Iris Cole, who has a visit this noon with Ana; journeys leave it alone."""
    return_visit: AppointmentRow
    merge_id: UUID
    """Sam Reed was registered twice; both entries were merged long before."""
    erased_client_id: UUID
    draft_record_id: UUID
    """Opened by Ana today for Maya Lindqvist; journeys leave it alone."""


def make_chain(world: World) -> Chain:
    """Fill the running transaction's organisation."""
    actor = world.actor()
    enable_plugin(actor, EnablePlugin("neuromuscular"), registry=runtime().registry)
    with clock.frozen(LONG_BEFORE):
        ana = _therapist(actor, world, "Ana Ruiz", world.people["therapist"].member.id)
        ben = _therapist(actor, world, "Ben Okafor", None)
        neuromuscular = create_service(actor, CreateService("Neuromuscular 30", 30, MODALITY, ("Trigger points",)))
        massage = create_service(actor, CreateService("Relaxation massage 60", 60, buffer_after_minutes=15))
        clients = {family: create_client(actor, _client(world, given, family)).id for given, family in CLIENTS}
        twin = create_client(actor, _client(world, "Samuel", "Reed")).id
        merge = merge_clients(actor, MergeClients(twin, clients["Reed"], "Registered twice"))
        gone = create_client(actor, _client(world, "Otto", "Gone")).id
        erase_client(actor, EraseClient(gone, "Asked for it in writing", "Otto Gone"))
    basics = Basics(world, ana, ben, neuromuscular, massage, clients)
    with clock.frozen(LONG_BEFORE):
        visit = basics.book("Lang", NOON, therapist_id=ben.id, service_id=massage.id)
        last_visit = basics.book("Cole", LAST_WEEK)
        return_visit = basics.book("Cole", NOON)
        drafted = basics.book("Lindqvist", SITE_NOW - timedelta(hours=1))
    with clock.frozen(LAST_WEEK + timedelta(minutes=20)):
        signed = basics.write(last_visit, seed=3)
        ticks = frozenset(finding.id for finding in check_treatment_record(basics.own, signed.id).findings)
        sign_treatment_record(basics.own, SignRecord(signed.id, signed.row_version, ticks))
    with clock.frozen(SITE_NOW):
        basics.arrive(return_visit)
        draft = basics.write(drafted, seed=5)
        for code, label in FLAGS.items():
            raise_flag(basics.own, RaiseFlag(clients["Cole"], code, label, CAUTION))
    return Chain(
        **vars(basics),
        visit=visit,
        signed_record_id=signed.id,
        return_visit=return_visit,
        merge_id=merge.id,
        erased_client_id=gone,
        draft_record_id=draft.id,
    )


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
