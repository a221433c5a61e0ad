"""Everything that booking needs to know besides reserved time, read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, exists, func, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics
from polyclinic.clients.models import Client
from polyclinic.kit import clock, zones
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.organisation.models import Clinic, Room
from polyclinic.scheduling.models import Service
from polyclinic.scheduling.queries import CLIENT_NAME
from polyclinic.scheduling.rules.conflicts import Busy, RegistrationSpan, Situation, Wish
from polyclinic.scheduling.rules.times import WeeklyHours, open_intervals
from polyclinic.scheduling.vocabulary import ConflictKind
from polyclinic.therapists.models import Registration, Therapist, TherapistClinic, WorkingHours


@dataclass(frozen=True)
class Parties:
    """Who and what a booking is about; `client_id` None when only free time is asked for."""

    clinic_id: UUID
    service_id: UUID
    therapist_id: UUID
    client_id: UUID | None = None
    room_id: UUID | None = None


@dataclass(frozen=True)
class BookedService:
    """The service as it is copied to the appointment."""

    name: str
    modality: str | None
    duration: timedelta
    buffer_before: timedelta
    buffer_after: timedelta
    needs_room: bool


@dataclass(frozen=True)
class BookingContext:
    """The clinic, service, therapist and client of a booking, and the therapist's hours and registrations."""

    parties: Parties
    clinic_name: str
    zone: str
    service: BookedService
    therapist_name: str
    client_name: str
    archived: frozenset[ConflictKind]
    is_at_clinic: bool
    registrations: Sequence[RegistrationSpan] | None
    hours: Sequence[WeeklyHours]
    rooms: Sequence[tuple[UUID, str]]

    @property
    def room_ids(self) -> Sequence[UUID]:
        """Return the rooms that may be chosen from: the one asked for, or all of the clinic."""
        wanted = self.parties.room_id
        return [wanted] if wanted else [room_id for room_id, _ in self.rooms]

    @cached_property
    def room_names(self) -> dict[UUID, str]:
        """Return the names of the clinic's rooms."""
        return dict(self.rooms)

    def wish(self, starts_at: datetime) -> Wish:
        """Return the wish to start at an instant."""
        service = self.service
        return Wish(
            starts_at,
            starts_at + service.duration,
            service.buffer_before,
            service.buffer_after,
            self.parties.therapist_id,
            self.parties.client_id,
            self.parties.room_id,
            service.needs_room,
        )

    def situation(self, day: date, busy: Sequence[Busy], *, not_before: datetime) -> Situation:
        """Return what stands around a wish on a local day."""
        return Situation(
            not_before,
            day,
            open_intervals(self.hours, day, self.zone),
            self.is_at_clinic,
            self.archived,
            self.registrations,
            self.room_ids,
            busy,
        )

    def start_of_today(self) -> datetime:
        """Return when today began at the clinic: a visit of today may still be written down."""
        return zones.start_of_day(zones.to_local(clock.now(), self.zone).date(), self.zone)


_ORGANISATION = bindparam("organisation_id", type_=Uuid())
_CLINIC = bindparam("clinic_id", type_=Uuid())
_THERAPIST = bindparam("therapist_id", type_=Uuid())


def _is(model: Any, name: str) -> Any:
    return and_(model.organisation_id == _ORGANISATION, model.id == bindparam(name, type_=Uuid()))


_AT_CLINIC = exists().where(
    TherapistClinic.organisation_id == _ORGANISATION,
    TherapistClinic.therapist_id == _THERAPIST,
    TherapistClinic.clinic_id == _CLINIC,
)
_IS_SEEN = exists().where(
    TherapistClinic.organisation_id == _ORGANISATION,
    TherapistClinic.therapist_id == _THERAPIST,
    in_scope_clinics(TherapistClinic.clinic_id),
)
_REGISTRATIONS = (
    select(func.json_agg(func.json_build_array(Registration.valid_from, Registration.expires_on)))
    .where(
        Registration.organisation_id == _ORGANISATION,
        Registration.therapist_id == _THERAPIST,
        Registration.modality == Service.modality,
    )
    .correlate(Service)
    .scalar_subquery()
)
_HOURS = (
    select(
        func.json_agg(
            func.json_build_array(
                WorkingHours.weekday,
                WorkingHours.starts_at,
                WorkingHours.ends_at,
                WorkingHours.valid_from,
                WorkingHours.valid_until,
            )
        )
    )
    .where(
        WorkingHours.organisation_id == _ORGANISATION,
        WorkingHours.therapist_id == _THERAPIST,
        WorkingHours.clinic_id == _CLINIC,
    )
    .scalar_subquery()
)
_ROOM_LIST = (
    select(Room.id, Room.name)
    .where(Room.organisation_id == _ORGANISATION, Room.clinic_id == _CLINIC, Room.archived_at.is_(None))
    .order_by(Room.name, Room.id)
    .subquery()
)
_ROOMS = select(func.json_agg(func.json_build_array(_ROOM_LIST.c.id, _ROOM_LIST.c.name))).scalar_subquery()

_CONTEXT: Any = (
    select(
        Clinic.name.label("clinic_name"),
        Clinic.time_zone,
        Clinic.archived_at.label("clinic_archived_at"),
        Service.name.label("service_name"),
        Service.modality,
        Service.duration_minutes,
        Service.buffer_before_minutes,
        Service.buffer_after_minutes,
        Service.needs_room,
        Service.archived_at.label("service_archived_at"),
        Therapist.display_name.label("therapist_name"),
        Therapist.archived_at.label("therapist_archived_at"),
        Client.id.label("client_id"),
        CLIENT_NAME.label("client_name"),
        func.coalesce(Client.archived_at.is_not(None), False).label("is_client_archived"),
        Client.merged_into_id,
        _AT_CLINIC.label("is_at_clinic"),
        _IS_SEEN.label("is_therapist_seen"),
        _REGISTRATIONS.label("registrations"),
        _HOURS.label("hours"),
        _ROOMS.label("rooms"),
    )
    .select_from(Clinic)
    .outerjoin(Service, _is(Service, "service_id"))
    .outerjoin(Therapist, _is(Therapist, "therapist_id"))
    .outerjoin(Client, _is(Client, "client_id"))
    .where(_is(Clinic, "clinic_id"))
)


def load_context(actor: Actor, parties: Parties) -> BookingContext:
    """Return what a booking of these parties meets; raises `NotFound` for any that lies out of scope.

    The caller has checked the actor's permission at the clinic: names and hours alone come from here, no contact data.
    """
    parameters = {
        "organisation_id": actor.organisation_id,
        "clinic_id": parties.clinic_id,
        "service_id": parties.service_id,
        "therapist_id": parties.therapist_id,
        "client_id": parties.client_id,
        "clinic_ids": list(actor.clinic_ids),
    }
    row = session().execute(_CONTEXT, parameters).one_or_none()
    rooms = [(UUID(room_id), name) for room_id, name in (row.rooms or [])] if row else []
    _check_known(row, parties, [room_id for room_id, _ in rooms])
    return _context(row, parties, rooms)


def _check_known(row: Any, parties: Parties, rooms: Sequence[UUID]) -> None:
    if row is None:
        raise NotFound("clinic")
    if row.service_name is None:
        raise NotFound("service")
    if row.therapist_name is None or not row.is_therapist_seen:
        raise NotFound("therapist")
    if parties.client_id is not None and row.client_id is None:
        raise NotFound("client")
    if parties.room_id is not None and parties.room_id not in rooms:
        raise NotFound("room")


def _context(row: Any, parties: Parties, rooms: Sequence[tuple[UUID, str]]) -> BookingContext:
    archived = {
        ConflictKind.CLINIC: row.clinic_archived_at is not None,
        ConflictKind.SERVICE: row.service_archived_at is not None,
        ConflictKind.THERAPIST: row.therapist_archived_at is not None,
        ConflictKind.CLIENT: row.is_client_archived or row.merged_into_id is not None,
    }
    return BookingContext(
        parties=parties,
        clinic_name=row.clinic_name,
        zone=row.time_zone,
        service=BookedService(
            row.service_name,
            row.modality,
            timedelta(minutes=row.duration_minutes),
            timedelta(minutes=row.buffer_before_minutes),
            timedelta(minutes=row.buffer_after_minutes),
            row.needs_room,
        ),
        therapist_name=row.therapist_name,
        client_name=row.client_name if parties.client_id else "",
        archived=frozenset(kind for kind, is_archived in archived.items() if is_archived),
        is_at_clinic=row.is_at_clinic,
        registrations=None if row.modality is None else [_registration(each) for each in row.registrations or []],
        hours=[_hours(each) for each in row.hours or []],
        rooms=rooms,
    )


def _registration(packed: Sequence[str | None]) -> RegistrationSpan:
    valid_from, expires_on = packed
    return RegistrationSpan(_date(valid_from) or date.min, _date(expires_on))


def _hours(packed: Sequence[Any]) -> WeeklyHours:
    weekday, starts_at, ends_at, valid_from, valid_until = packed
    return WeeklyHours(
        int(weekday),
        time.fromisoformat(starts_at),
        time.fromisoformat(ends_at),
        _date(valid_from) or date.min,
        _date(valid_until),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
