"""Services, appointments and the state of their records for plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from polyclinic.facade.door import Door
from polyclinic.kit.errors import Invalid
from polyclinic.plugins.facts import AppointmentFact, FreeTimeFact, RecordFact, ServiceOfferFact
from polyclinic.records.queries import states
from polyclinic.records.queries.states import RecordStateRow
from polyclinic.scheduling import availability, catalogue, queries
from polyclinic.scheduling.availability import TimesWanted
from polyclinic.scheduling.catalogue import ServiceRow
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, Start
from polyclinic.scheduling.queries import EVERY_STATUS, AppointmentFilter, AppointmentRow
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus

SERVICES, READ, WRITE, RECORDS = (
    "services:read",
    "appointments:read",
    "appointments:write",
    "treatment-records:read",
)
MAX_OF_CLIENT = 200
NOT_BEGUN = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED, AppointmentStatus.ARRIVED})
"""States from which a visit is begun before it is completed."""


@dataclass(frozen=True)
class ServicesFacade:
    """Services on offer."""

    door: Door

    def get_many(self, service_ids: Sequence[UUID]) -> Mapping[UUID, ServiceOfferFact]:
        """Return services by id, archived ones included."""
        with self.door.open(SERVICES) as actor:
            return {row.id: _service(row) for row in catalogue.find_services(actor, service_ids)}

    def list(self) -> Sequence[ServiceOfferFact]:
        """Return the services on offer by name, without archived ones."""
        with self.door.open(SERVICES) as actor:
            return [_service(row) for row in catalogue.list_bookable_services(actor)]


@dataclass(frozen=True)
class AppointmentsFacade:
    """Appointments at the actor's clinics."""

    door: Door

    def get_many(self, appointment_ids: Sequence[UUID]) -> Mapping[UUID, AppointmentFact]:
        """Return appointments by id."""
        with self.door.open(READ) as actor:
            return {row.id: _appointment(row) for row in queries.find_appointments(actor, appointment_ids)}

    def list(
        self, *, clinic_id: UUID | None, starts_from: datetime, starts_before: datetime, statuses: Sequence[str] = ()
    ) -> Sequence[AppointmentFact]:
        """Return at most 2,000 appointments that start in a half-open span, by start; no statuses = all."""
        if starts_before <= starts_from:
            raise Invalid({"starts_before": "The end of the span must be after its start."})
        wanted = AppointmentFilter(clinic_id, None, None, starts_from, starts_before, tuple(statuses) or EVERY_STATUS)
        with self.door.open(READ) as actor:
            return [_appointment(row) for row in queries.list_span(actor, wanted)]

    def of_client(self, client_id: UUID, *, limit: int = 50) -> Sequence[AppointmentFact]:
        """Return a client's appointments, newest first."""
        wanted = max(1, min(limit, MAX_OF_CLIENT))
        with self.door.open(READ) as actor:
            return [_appointment(row) for row in queries.list_client_appointments(actor, client_id, wanted)]

    def free_times(
        self, *, clinic_id: UUID, service_id: UUID, therapist_id: UUID, first_on: date, last_on: date
    ) -> Sequence[FreeTimeFact]:
        """Return the free times of a therapist between two local days, both included (at most 31 days)."""
        wanted = TimesWanted(clinic_id, service_id, therapist_id, first_on, last_on + timedelta(days=1))
        with self.door.open(READ) as actor:
            found = availability.list_available_times(actor, wanted)
        return [
            FreeTimeFact(
                time.starts_at, time.ends_at, datetime.fromisoformat(time.local_start), therapist_id, time.room_id
            )
            for time in found
        ]

    def book(
        self, *, clinic_id: UUID, client_id: UUID, therapist_id: UUID, service_id: UUID, starts_at: datetime
    ) -> AppointmentFact:
        """Book an appointment; raises `Conflict` with every reason against the time."""
        command = BookAppointment(clinic_id, client_id, therapist_id, service_id, Start(starts_at=starts_at))
        with self.door.open(WRITE) as actor:
            return _appointment(book_appointment(actor, command))

    def complete(self, appointment_id: UUID, *, row_version: int) -> AppointmentFact:
        """Take an appointment to `completed`, through `started` where the visit was not begun in the calendar.

        Raises `Conflict` where that is no step, `Stale`.
        """
        with self.door.open(WRITE) as actor:
            row = queries.get_appointment(actor, appointment_id, permission=WRITE)
            version = row_version
            if row.status in NOT_BEGUN:
                begun = advance_appointment(actor, AdvanceAppointment(row.id, version, AppointmentStatus.STARTED))
                version = begun.row_version
            done = advance_appointment(actor, AdvanceAppointment(row.id, version, AppointmentStatus.COMPLETED))
            return _appointment(done)


@dataclass(frozen=True)
class RecordsFacade:
    """Whether visits are written up; no content is read, so no clinical read is audited."""

    door: Door

    def of_appointments(self, appointment_ids: Sequence[UUID]) -> Mapping[UUID, RecordFact]:
        """Return the treatment record of each appointment that has one."""
        with self.door.open(RECORDS) as actor:
            found = states.find_states_of_appointments(actor, appointment_ids)
        return {row.appointment_id: _record(row) for row in found}

    def get_many(self, record_ids: Sequence[UUID]) -> Mapping[UUID, RecordFact]:
        """Return treatment records by id."""
        with self.door.open(RECORDS) as actor:
            return {row.id: _record(row) for row in states.find_states(actor, record_ids)}


def _service(row: ServiceRow) -> ServiceOfferFact:
    return ServiceOfferFact(row.id, row.name, row.duration_minutes, row.modality, row.archived_at is not None)


def _appointment(row: AppointmentRow) -> AppointmentFact:
    return AppointmentFact(
        id=row.id,
        clinic_id=row.clinic_id,
        client_id=row.client_id,
        client_name=row.client_name,
        therapist_id=row.therapist_id,
        therapist_name=row.therapist_name,
        service_id=row.service_id,
        service_name=row.service_name,
        service_modality=row.service_modality,
        room_id=row.room_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        time_zone=row.time_zone,
        local_start=row.local_start,
        status=row.status,
        row_version=row.row_version,
    )


def _record(row: RecordStateRow) -> RecordFact:
    return RecordFact(row.id, row.appointment_id, row.state.value, row.latest_version, row.signed_at)
