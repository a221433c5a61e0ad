"""What a plugin may ask and do in core, as types: `ctx.core` is one object of these parts.

Every call checks the actor's permission, as pages and REST do, and the scope that the organisation granted the plugin
(`NotAllowed` names what is missing). Reads take batches and leave out what does not exist or lies outside the actor's
clinics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.facts import (
    AppointmentFact,
    ClientFact,
    ClinicFact,
    FreeTimeFact,
    MemberFact,
    OrganisationFact,
    RecordFact,
    RegistrationFact,
    ServiceOfferFact,
    TherapistFact,
)
from polyclinic.plugins.report_types import DailyFigure, ReportDefinition


class Clinics(Protocol):
    """Clinics within the actor's scope; scope `clinics:read`."""

    def list(self) -> Sequence[ClinicFact]:
        """Return the actor's clinics by name, archived ones included."""

    def get(self, clinic_id: UUID) -> ClinicFact:
        """Return one clinic; raises `NotFound`."""


class Therapists(Protocol):
    """Therapists; scope `therapists:read`."""

    def get_many(self, therapist_ids: Sequence[UUID]) -> Mapping[UUID, TherapistFact]:
        """Return therapists by id, archived ones included."""

    def list(self, clinic_id: UUID | None = None) -> Sequence[TherapistFact]:
        """Return the therapists of a clinic, or of all the actor's clinics, by name."""

    def registration(self, therapist_id: UUID, modality: str, on: date) -> RegistrationFact | None:
        """Return the therapist's registration for a modality that is valid on a day."""

    def of_member(self, member_id: UUID) -> TherapistFact | None:
        """Return the therapist as whom a member treats."""


class Clients(Protocol):
    """Clients' names and contact data; scope `clients:read`."""

    def get_many(self, client_ids: Sequence[UUID]) -> Mapping[UUID, ClientFact]:
        """Return clients by the id asked for; a merged client's id answers with the surviving client."""

    def find(self, text: str, *, limit: int = 20) -> Sequence[ClientFact]:
        """Return clients that a name, telephone number or e-mail address finds."""


class Services(Protocol):
    """Services on offer; scope `services:read`."""

    def get_many(self, service_ids: Sequence[UUID]) -> Mapping[UUID, ServiceOfferFact]:
        """Return services by id, archived ones included."""

    def list(self) -> Sequence[ServiceOfferFact]:
        """Return the services on offer by name, without archived ones."""


class Appointments(Protocol):
    """Appointments; scopes `appointments:read` and `appointments:write`."""

    def get_many(self, appointment_ids: Sequence[UUID]) -> Mapping[UUID, AppointmentFact]:
        """Return appointments by id."""

    def list(
        self, *, clinic_id: UUID | None, starts_from: datetime, starts_before: datetime, statuses: Sequence[str] = ()
    ) -> Sequence[AppointmentFact]:
        """Return at most 2,000 appointments that start in a half-open span, by start; no statuses = all."""

    def of_client(self, client_id: UUID, *, limit: int = 50) -> Sequence[AppointmentFact]:
        """Return a client's appointments, newest first."""

    def free_times(
        self, *, clinic_id: UUID, service_id: UUID, therapist_id: UUID, first_on: date, last_on: date
    ) -> Sequence[FreeTimeFact]:
        """Return the free times of a therapist between two local days, both included (at most 31 days)."""

    def book(
        self, *, clinic_id: UUID, client_id: UUID, therapist_id: UUID, service_id: UUID, starts_at: datetime
    ) -> AppointmentFact:
        """Book an appointment; raises `Conflict` with every reason against the time."""

    def complete(self, appointment_id: UUID, *, row_version: int) -> AppointmentFact:
        """Take an appointment to `completed`, through `started` where nobody began it in the calendar.

        Raises `Conflict` where that is no step, `Stale`.
        """


class Records(Protocol):
    """Whether visits are written up; scope `treatment-records:read`. Clinical content is not to be had here."""

    def of_appointments(self, appointment_ids: Sequence[UUID]) -> Mapping[UUID, RecordFact]:
        """Return the treatment record of each appointment that has one."""

    def get_many(self, record_ids: Sequence[UUID]) -> Mapping[UUID, RecordFact]:
        """Return treatment records by id."""


class Members(Protocol):
    """People who sign in; scope `members:read`."""

    def get_many(self, member_ids: Sequence[UUID]) -> Mapping[UUID, MemberFact]:
        """Return members by id."""

    def list(self) -> Sequence[MemberFact]:
        """Return the members who may sign in, by name."""


class Extensions(Protocol):
    """The plugin's own fields on core's things (`register_entity_fields`); permissions as declared there."""

    def get_many(self, entity: Entity, entity_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
        """Return the plugin's stored values, lifted to the current version; things without values are left out."""

    def put(self, entity: Entity, entity_id: UUID, values: Mapping[str, Any]) -> None:
        """Store the plugin's values of one thing, checked by the schema; raises `Invalid`, `NotFound`."""


class Reports(Protocol):
    """The report definitions and daily figures of core and of all plugins that are on; no scope of their own."""

    def list(self) -> Sequence[ReportDefinition]:
        """Return the definitions that the actor may run somewhere, by group and title."""

    def get(self, key: str) -> ReportDefinition:
        """Return one of them; raises `NotFound`."""

    def run(  # noqa: PLR0913 -- a question has so many parts, each named by the caller
        self,
        key: str,
        *,
        clinic_ids: Sequence[UUID] | None,
        first_on: date,
        last_on: date,
        params: Mapping[str, Any],
        for_file: bool = False,
    ) -> Sequence[Mapping[str, Any]]:
        """Run a report and return its rows; clinics None = all where the actor holds its permission.

        Raises `NotFound` for a clinic outside of these, `Invalid` for a period that ends before it starts or params
        that the schema refuses, `Conflict` (`too_many_rows`) above `max_rows` (`for_file` above `max_file_rows`),
        `PluginFailed` when its code failed.
        """

    def check(
        self, key: str, *, clinic_ids: Sequence[UUID] | None, first_on: date, last_on: date, params: Mapping[str, Any]
    ) -> Sequence[UUID]:
        """Return the clinics that `run` would run over; raises what it would raise before it begins."""

    def figures(self) -> Sequence[DailyFigure]:
        """Return the daily figures that the actor may see somewhere."""

    def run_figure(self, key: str, *, first_on: date, last_on: date) -> Sequence[Any]:
        """Compute a daily figure anew over the clinics where the actor holds its permission; returns `FigureRow`s."""


class Core(Protocol):
    """The way back into core."""

    @property
    def clinics(self) -> Clinics:
        """The clinics."""

    @property
    def therapists(self) -> Therapists:
        """The therapists."""

    @property
    def clients(self) -> Clients:
        """The clients."""

    @property
    def services(self) -> Services:
        """The services on offer."""

    @property
    def appointments(self) -> Appointments:
        """The appointments."""

    @property
    def records(self) -> Records:
        """Whether visits are written up."""

    @property
    def members(self) -> Members:
        """The people who sign in."""

    @property
    def extensions(self) -> Extensions:
        """The plugin's own fields on core's things."""

    @property
    def reports(self) -> Reports:
        """The reports and daily figures of core and of all plugins."""

    def organisation(self) -> OrganisationFact:
        """Return the organisation; scope `organisation:read`."""
