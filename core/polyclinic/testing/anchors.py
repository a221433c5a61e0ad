"""Core's things for the tests of plugins: made by core's own services, answered as the facts that plugins see.

`org`, `other_org`   the organisation of the test, and one that shares nothing with it (ids, names)
`clinic`             the first clinic of `org`; those who are bound to a clinic work there
`therapist`          a therapist at `clinic` with hours on every day, who signs in as the role `therapist`
`client_record`      a client of `clinic`
`appointment`        a visit of theirs tomorrow
`make`               factories for more: `make.clinic()`, `make.member()`, `make.therapist()`, `make.client()`,
                     `make.service()`, `make.appointment()`, `make.record()`
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from polyclinic.access.actor import Actor
from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.identity.vocabulary import Role
from polyclinic.kit import clock
from polyclinic.kit.db import set_clinics
from polyclinic.organisation.commands import CreateClinic
from polyclinic.organisation.models import Clinic
from polyclinic.organisation.services import create_clinic
from polyclinic.plugins.facts import (
    AppointmentFact,
    ClientFact,
    ClinicFact,
    MemberFact,
    OrganisationFact,
    RecordFact,
    ServiceOfferFact,
    TherapistFact,
)
from polyclinic.plugins.runtime import runtime
from polyclinic.records.commands import OpenRecord
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, CreateService, Start
from polyclinic.scheduling.queries import AppointmentRow
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.catalogue import create_service
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.worlds import World, make_person, system_actor
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist, HoursAtClinic, SetWorkingHours
from polyclinic.therapists.rows import HoursSpan
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration

LONG_AGO = date(2020, 1, 1)
S = AppointmentStatus
_STEPS = {
    S.BOOKED: (),
    S.STARTED: (S.ARRIVED, S.STARTED),
    S.COMPLETED: (S.ARRIVED, S.STARTED, S.COMPLETED),
}
_AHEAD = frozenset({S.BOOKED, S.CONFIRMED, S.CANCELLED})


class Factories:
    """Makes core's things in the running transaction of `db`; each takes what matters and defaults the rest."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = count(1)
        self._therapist: TherapistFact | None = None
        self._client: ClientFact | None = None
        self._services: dict[str | None, ServiceOfferFact] = {}
        self._taken: set[datetime] = set()

    def clinic(self, name: str | None = None, *, time_zone: str = "Europe/London", **address: Any) -> ClinicFact:
        """Make a clinic; chain-wide members see it when they sign in."""
        command = CreateClinic(name or f"Clinic {next(self._numbers)}", time_zone, **address)
        made = create_clinic(self._admin, command)
        set_clinics([*self._world.actor().clinic_ids, made.id])
        return clinic_fact(made)

    def member(self, role: str = "therapist", *, clinic_id: UUID | None = None) -> MemberFact:
        """Make a member who has a role at a clinic."""
        ids = [clinic.id for clinic in self._world.clinics]
        at = clinic_id or self._world.clinic.id
        person = make_person(system_actor(self._world.id, ids), f"made-{next(self._numbers)}", Role(role), at, ids)
        return MemberFact(person.member.id, person.member.display_name, person.email)

    def therapist(
        self, name: str | None = None, *, clinic_id: UUID | None = None, member_id: UUID | None = None
    ) -> TherapistFact:
        """Make a therapist of every known modality, registered for each, with hours on every day."""
        at, modalities = clinic_id or self._world.clinic.id, tuple(runtime().modalities())
        command = CreateTherapist(name or f"Therapist {next(self._numbers)}", (at,), modalities, member_id)
        made = create_therapist(self._admin, command)
        spans = tuple(HoursSpan(weekday, time(0), time(23, 45), LONG_AGO) for weekday in range(7))
        set_working_hours(self._admin, SetWorkingHours(made.id, made.row_version, HoursAtClinic(at, spans)))
        for number, modality in enumerate(modalities, start=1):
            create_registration(self._admin, CreateRegistration(made.id, "Council", f"A-{number}", modality, LONG_AGO))
        return TherapistFact(made.id, made.display_name, member_id, modalities, (at,), is_archived=False)

    def client(self, given_name: str = "Tom", family_name: str | None = None, **details: Any) -> ClientFact:
        """Make a client; `details` are core's fields: `birth_on`, `email`, `phone`, `street`, `clinic_id`."""
        at = details.pop("clinic_id", None) or self._world.clinic.id
        family = family_name or f"Hale {next(self._numbers)}"
        made = create_client(self._admin, CreateClient(at, given_name, family, **details))
        texts = {name: getattr(made, name) for name in ("email", "phone", "street", "postal_code", "city", "country")}
        name = f"{given_name} {family}"
        return ClientFact(made.id, name, given_name, family, made.birth_on, **texts, is_archived=False)

    def service(self, name: str | None = None, *, minutes: int = 60, modality: str | None = None) -> ServiceOfferFact:
        """Make a service of a modality, or of none."""
        made = create_service(self._admin, CreateService(name or f"Service {next(self._numbers)}", minutes, modality))
        return ServiceOfferFact(made.id, made.name, made.duration_minutes, made.modality, is_archived=False)

    def appointment(
        self, *, status: str = "booked", starts_at: datetime | None = None, modality: str | None = None, **ids: UUID
    ) -> AppointmentFact:
        """Make an appointment and take it to a status.

        What is ahead starts tomorrow, what has begun two hours ago and earlier; no two of a test overlap. `ids` choose
        `clinic_id`, `client_id`, `therapist_id` and `service_id`; without them, one of each serves all appointments.
        """
        to = AppointmentStatus(status)
        start = starts_at or self._start(to)
        parties = (
            ids.get("clinic_id") or self._world.clinic.id,
            ids.get("client_id") or self.own_client().id,
            ids.get("therapist_id") or self.own_therapist().id,
            ids.get("service_id") or self._service_of(modality).id,
        )
        with clock.frozen(min(clock.now(), start - timedelta(days=1))):
            row = book_appointment(self._admin, BookAppointment(*parties, Start(starts_at=start)))
        for step in _STEPS.get(to, (to,)):
            reason = "Made by a test" if step is S.CANCELLED else ""
            row = advance_appointment(self._admin, AdvanceAppointment(row.id, row.row_version, step, reason))
        return appointment_fact(row)

    def record(self, appointment_id: UUID | None = None) -> RecordFact:
        """Open the treatment record of a visit, by default of one that has begun, as its therapist."""
        visit_id = appointment_id or self.appointment(status="started").id
        made = open_treatment_record(self._world.actor("therapist"), OpenRecord(visit_id))
        return RecordFact(made.id, visit_id, "draft", None, None)

    def own_therapist(self) -> TherapistFact:
        """Return the therapist who signs in as the role `therapist`; made when first asked for."""
        if self._therapist is None:
            self._therapist = self.therapist("Ana Ruiz", member_id=self._world.people["therapist"].member.id)
        return self._therapist

    def own_client(self) -> ClientFact:
        """Return the client of all appointments that name no other; made when first asked for."""
        self._client = self._client or self.client("Tom", "Hale", email="tom.hale@example.org")
        return self._client

    @property
    def _admin(self) -> Actor:
        return self._world.actor()

    def _service_of(self, modality: str | None) -> ServiceOfferFact:
        if modality not in self._services:
            self._services[modality] = self.service(modality=modality)
        return self._services[modality]

    def _start(self, status: AppointmentStatus) -> datetime:
        """Return the next hour that no appointment of these factories has, also when the hour turns in between."""
        while True:
            number, now = next(self._numbers), clock.now().replace(minute=0, second=0, microsecond=0)
            ahead = now.replace(hour=8) + timedelta(days=1 + number // 8, hours=number % 8)
            start = ahead if status in _AHEAD else now - timedelta(hours=1 + number)
            if start not in self._taken:
                self._taken.add(start)
                return start


def clinic_fact(row: Clinic) -> ClinicFact:
    """Return the fact of a clinic's row."""
    names = ("street", "postal_code", "city", "country", "phone", "email")
    texts = {name: getattr(row, name, None) or "" for name in names}
    return ClinicFact(row.id, row.name, row.time_zone, **texts, is_archived=False)


def appointment_fact(row: AppointmentRow) -> AppointmentFact:
    """Return the fact of an appointment's row."""
    return AppointmentFact(**{name: getattr(row, name) for name in AppointmentFact.__dataclass_fields__})


def organisation_fact(world: World) -> OrganisationFact:
    """Return the fact of a world's organisation."""
    return OrganisationFact(world.id, world.organisation.name, world.organisation.slug)


@pytest.fixture
def make(app: Any, db: Session, world: World) -> Factories:  # noqa: ARG001 -- plugins and transaction
    """Return the factories of the test's organisation."""
    return Factories(world)


@pytest.fixture
def org(world: World) -> OrganisationFact:
    """Return the test's organisation."""
    return organisation_fact(world)


@pytest.fixture
def other_org(other_world: World) -> OrganisationFact:
    """Return an organisation whose data the test's must never see."""
    return organisation_fact(other_world)


@pytest.fixture
def clinic(world: World) -> ClinicFact:
    """Return the first clinic of `org`."""
    return clinic_fact(world.clinic)


@pytest.fixture
def therapist(make: Factories) -> TherapistFact:
    """Return the therapist who signs in as the role `therapist`."""
    return make.own_therapist()


@pytest.fixture
def client_record(make: Factories) -> ClientFact:
    """Return a client of `clinic`."""
    return make.own_client()


@pytest.fixture
def appointment(make: Factories) -> AppointmentFact:
    """Return a visit of `client_record` with `therapist`, tomorrow."""
    return make.appointment()
