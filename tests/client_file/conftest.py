"""Two clients of one person with visits, records, flags and answers; everything is rolled back after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from polyclinic.access.actor import Actor
from polyclinic.client_file.commands import MergeClients
from polyclinic.client_file.queries import MergeRow
from polyclinic.client_file.services.merging import merge_clients
from polyclinic.clients.commands import CreateClient, HealthAnswer, RaiseFlag, RecordAnswers
from polyclinic.clients.rows import ClientRow
from polyclinic.clients.services.clients import create_client
from polyclinic.clients.services.flags import raise_flag
from polyclinic.clients.services.health_history import record_answers
from polyclinic.clients.vocabulary import Answer
from polyclinic.kit import clock
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.records.commands import OpenRecord, SaveDraft, SignRecord
from polyclinic.records.core_sections.safety import NONE
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SAFETY, SOAP
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, CreateService, Start
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.worlds import World
from polyclinic.therapists.commands import CreateTherapist, HoursAtClinic, SetWorkingHours
from polyclinic.therapists.rows import HoursSpan
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
NOTE = {"complaint": "Stiff neck", "pain_before": 7, "pain_after": 3, "plan": "Again in a week"}


@pytest.fixture(autouse=True)
def now() -> Iterator[datetime]:
    with clock.frozen(NOW):
        yield NOW


@dataclass
class Practice:
    """One therapist who works at both clinics at any time, and what can be done with clients there."""

    world: World
    therapist_id: UUID
    service_id: UUID

    @property
    def admin(self) -> Actor:
        return self.world.actor()

    @property
    def therapist(self) -> Actor:
        return self.world.actor("therapist")

    def client(self, given_name: str, family_name: str = "Hartmann", **changes: Any) -> ClientRow:
        values = {"clinic_id": self.world.clinic.id} | changes
        return create_client(self.admin, CreateClient(given_name=given_name, family_name=family_name, **values))

    def visit(self, client: ClientRow, at: datetime, *, clinic: int = 0, note: str = "", overbook: str = "") -> UUID:
        """Book a visit, in the past as if it had been booked then."""
        clinic_id = self.world.clinics[clinic].id
        wanted = (clinic_id, client.id, self.therapist_id, self.service_id, Start(starts_at=at))
        command = BookAppointment(
            *wanted, note=note, overbook_reason=overbook or ("At the other clinic" if clinic else None)
        )
        with clock.frozen(min(NOW, at) - timedelta(days=1)):
            return book_appointment(self.admin, command).id

    def advance(self, appointment_id: UUID, *steps: AppointmentStatus) -> None:
        for number, status in enumerate(steps, start=1):
            advance_appointment(self.admin, AdvanceAppointment(appointment_id, number, status, "Not needed"))

    def complete(self, appointment_id: UUID) -> None:
        self.advance(appointment_id, AppointmentStatus.ARRIVED, AppointmentStatus.STARTED, AppointmentStatus.COMPLETED)

    def draft(self, appointment_id: UUID) -> UUID:
        record = open_treatment_record(self.therapist, OpenRecord(appointment_id))
        sections = {SOAP: NOTE, SAFETY: {"asked": NONE}}
        save_draft(self.therapist, SaveDraft(record.id, record.row_version, sections, is_whole=True))
        return record.id

    def sign(self, record_id: UUID) -> UUID:
        record = get_record_row(self.therapist, record_id)
        findings = check_treatment_record(self.therapist, record_id).findings
        ticks = frozenset(finding.id for finding in findings)
        sign_treatment_record(
            self.therapist, SignRecord(record_id, record.row_version, ticks, late_reason="Written later")
        )
        return record_id

    def signed_visit(self, client: ClientRow, at: datetime) -> tuple[UUID, UUID]:
        appointment_id = self.visit(client, at)
        self.complete(appointment_id)
        return appointment_id, self.sign(self.draft(appointment_id))

    def flag(self, client: ClientRow, label: str) -> UUID:
        command = RaiseFlag(client.id, label.lower().replace(" ", "_"), label, SafetySeverity.CAUTION, f"Note: {label}")
        return raise_flag(self.therapist, command).id

    def answer(self, client: ClientRow, code: str, answer: Answer, *, at: datetime = NOW) -> None:
        with clock.frozen(at):
            record_answers(
                self.therapist, RecordAnswers(client.id, (HealthAnswer(code, answer, "", f"About {code}?"),))
            )


@pytest.fixture
def practice(app: Any, db: Any, world: World) -> Practice:
    admin = world.actor()
    clinics = tuple(clinic.id for clinic in world.clinics)
    therapist = create_therapist(admin, CreateTherapist("Ana Ruiz", clinics, (), world.people["therapist"].member.id))
    start = date(2010, 1, 1)
    spans = tuple(HoursSpan(weekday, time(0), time(23, 45), start) for weekday in range(7))
    set_working_hours(
        admin, SetWorkingHours(therapist.id, therapist.row_version, HoursAtClinic(world.clinic.id, spans))
    )
    service = create_service(admin, CreateService("Massage", 60))
    return Practice(world, therapist.id, service.id)


@pytest.fixture
def two(practice: Practice) -> tuple[ClientRow, ClientRow]:
    """The client who stays and the one who goes."""
    stays = practice.client("Zoë", email="zoe@example.org", city="Leeds")
    goes = practice.client("Zoe", "Hartman", phone="+44 20 7946 0123", city="Whitby")
    return stays, goes


@pytest.fixture
def merge(practice: Practice) -> Callable[..., MergeRow]:
    """Merge as the chain administrator."""

    def carry_out(goes: ClientRow, stays: ClientRow, **changes: Any) -> MergeRow:
        return merge_clients(practice.admin, MergeClients(goes.id, stays.id, "Same person", **changes))

    return carry_out
