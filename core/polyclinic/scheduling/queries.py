"""Reads of appointments: lists return rows with the names a calendar shows, the note is read one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Select, Text, Uuid, and_, any_, bindparam, func, tuple_

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics, scope, scoped, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.clients.following import survivor
from polyclinic.clients.models import Client
from polyclinic.kit import zones
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.kit.pagination import Page, PageRequest, page_of
from polyclinic.organisation.models import Clinic, Room
from polyclinic.scheduling.models import Appointment, Service
from polyclinic.scheduling.paging import after_key
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.therapists.models import Therapist

READ = "appointments:read"
MAX_WEEK_ROWS = 2_000
EVERY_STATUS = tuple(status.value for status in AppointmentStatus)
SHOWN_STATUSES = tuple(status for status in EVERY_STATUS if status != AppointmentStatus.CANCELLED.value)
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)
FIRST_ID = UUID(int=0)


@dataclass(frozen=True)
class AppointmentRow:
    """One appointment with the names that a calendar shows; `local_start` is the clinic's wall time."""

    id: UUID
    clinic_id: UUID
    clinic_name: str
    client_id: UUID
    client_name: str
    therapist_id: UUID
    therapist_name: str
    service_id: UUID
    service_name: str
    service_modality: str | None
    room_id: UUID | None
    room_name: str | None
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    local_start: datetime
    status: str
    is_overbooked: bool
    is_outside_hours: bool
    row_version: int

    @property
    def local_start_text(self) -> str:
        """Return the wall time in ISO 8601 without offset."""
        return self.local_start.isoformat()


@dataclass(frozen=True)
class AppointmentDetail(AppointmentRow):
    """One appointment with what was written about it."""

    note: str
    overbook_reason: str | None
    cancel_reason: str | None
    buffer_before_minutes: int
    buffer_after_minutes: int


@dataclass(frozen=True)
class AppointmentFilter:
    """Which appointments: at a clinic, of a therapist or client, starting in a half-open span, in some states."""

    clinic_id: UUID | None = None
    therapist_id: UUID | None = None
    client_id: UUID | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    statuses: Sequence[str] = EVERY_STATUS


CLIENT_NAME = func.btrim(
    func.concat(func.coalesce(func.nullif(Client.preferred_name, ""), Client.given_name), " ", Client.family_name)
)
COLUMNS = (
    Appointment.id,
    Appointment.clinic_id,
    Clinic.name,
    Appointment.client_id,
    CLIENT_NAME.label("client_name"),
    Appointment.therapist_id,
    Therapist.display_name,
    Appointment.service_id,
    Service.name,
    Service.modality,
    Appointment.room_id,
    Room.name,
    Appointment.starts_at,
    Appointment.ends_at,
    Appointment.time_zone,
    Appointment.local_start,
    Appointment.status,
    Appointment.is_overbooked,
    Appointment.is_outside_hours,
    Appointment.row_version,
)
_NAMES = tuple(each.name for each in fields(AppointmentRow))
_DETAIL_COLUMNS = (
    Appointment.note,
    Appointment.overbook_reason,
    Appointment.cancel_reason,
    Appointment.buffer_before_minutes,
    Appointment.buffer_after_minutes,
)


def _same_organisation(model: Any, column: Any) -> Any:
    return and_(model.organisation_id == Appointment.organisation_id, model.id == column)


def _with_names(*columns: Any) -> Select[Any]:
    return (
        scoped(Appointment, *columns)
        .select_from(Appointment)
        .join(Clinic, _same_organisation(Clinic, Appointment.clinic_id))
        .join(Client, _same_organisation(Client, Appointment.client_id))
        .join(Therapist, _same_organisation(Therapist, Appointment.therapist_id))
        .join(Service, _same_organisation(Service, Appointment.service_id))
        .outerjoin(Room, _same_organisation(Room, Appointment.room_id))
    )


_LIST = (
    _with_names(*COLUMNS)
    .where(
        tuple_(Appointment.starts_at, Appointment.id)
        > tuple_(bindparam("after_at", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid())),
        Appointment.starts_at < bindparam("before", type_=DateTime(timezone=True)),
        Appointment.status == any_(bindparam("statuses", type_=ARRAY(Text()))),
    )
    .order_by(Appointment.starts_at, Appointment.id)
    .limit(bindparam("limit", type_=Integer()))
)
# An equality beside the list of clinics lets the rows come from the index in order.
_AT_CLINIC = Appointment.clinic_id == bindparam("clinic_id", type_=Uuid())
_OF_THERAPIST = Appointment.therapist_id == bindparam("therapist_id", type_=Uuid())
_OF_CLIENT = Appointment.client_id == survivor(bindparam("client_id", type_=Uuid()))
_LISTS: dict[tuple[bool, bool, bool], Select[Any]] = {
    (False, False, False): _LIST,
    (True, False, False): _LIST.where(_AT_CLINIC),
    (False, True, False): _LIST.where(_OF_THERAPIST),
    (True, True, False): _LIST.where(_AT_CLINIC, _OF_THERAPIST),
    (False, False, True): _LIST.where(_OF_CLIENT),
    (True, False, True): _LIST.where(_AT_CLINIC, _OF_CLIENT),
    (False, True, True): _LIST.where(_OF_THERAPIST, _OF_CLIENT),
    (True, True, True): _LIST.where(_AT_CLINIC, _OF_THERAPIST, _OF_CLIENT),
}
_ONE = _with_names(*COLUMNS).where(Appointment.id == bindparam("appointment_id", type_=Uuid()))
_BY_ID = _with_names(*COLUMNS).where(Appointment.id == any_(bindparam("appointment_ids", type_=ARRAY(Uuid()))))
_DETAIL = _with_names(*COLUMNS, *_DETAIL_COLUMNS).where(Appointment.id == bindparam("appointment_id", type_=Uuid()))
_OF_CLIENT_NEWEST = (
    _with_names(*COLUMNS)
    .where(_OF_CLIENT)
    .order_by(Appointment.starts_at.desc(), Appointment.id.desc())
    .limit(bindparam("limit", type_=Integer()))
)
_ZONE = scoped_everywhere(Clinic, Clinic.time_zone).where(
    in_scope_clinics(Clinic.id), Clinic.id == bindparam("clinic_id", type_=Uuid())
)


def get_appointment(actor: Actor, appointment_id: UUID, *, permission: str = READ) -> AppointmentRow:
    """Return one appointment; raises `NotFound` outside the clinics at which the actor holds the permission."""
    return AppointmentRow(*_one(actor, _ONE, appointment_id, permission))


def find_appointments(actor: Actor, appointment_ids: Sequence[UUID]) -> Sequence[AppointmentRow]:
    """Return the appointments among `appointment_ids` at clinics where the actor may see them; one statement."""
    parameters = scope(actor, READ) | {"appointment_ids": list(appointment_ids)}
    return [AppointmentRow(*row) for row in session().execute(_BY_ID, parameters)]


def show_appointment(actor: Actor, appointment_id: UUID) -> AppointmentDetail:
    """Return one appointment with its note and leave a read in the trail; raises `NotFound` like `get_appointment`."""
    detail = AppointmentDetail(*_one(actor, _DETAIL, appointment_id, READ))
    trail.write_read(actor, "appointment", [detail.id], clinic_id=detail.clinic_id)
    return detail


def list_appointments(actor: Actor, wanted: AppointmentFilter, page: PageRequest) -> Page[AppointmentRow]:
    """Return appointments by start; one statement."""
    after = after_key(page, datetime, UUID) or (wanted.starts_from or BEGINNING, FIRST_ID)
    rows = _rows(actor, wanted, after=after, limit=page.limit + 1)
    return page_of(rows, page, key=lambda row: (row.starts_at, row.id))


def list_span(actor: Actor, wanted: AppointmentFilter) -> Sequence[AppointmentRow]:
    """Return all appointments of a span that is bounded by nature (a day, a week), at most `MAX_WEEK_ROWS`."""
    return _rows(actor, wanted, after=(wanted.starts_from or BEGINNING, FIRST_ID), limit=MAX_WEEK_ROWS)


def list_therapist_day(actor: Actor, therapist_id: UUID, day: date, zone: str) -> Sequence[AppointmentRow]:
    """Return a therapist's working day at all the actor's clinics, cancelled visits left out."""
    starts_from, starts_before = zones.day_bounds(day, zone)
    wanted = AppointmentFilter(None, therapist_id, None, starts_from, starts_before, SHOWN_STATUSES)
    return list_span(actor, wanted)


def list_day(actor: Actor, clinic_id: UUID, day: date) -> Sequence[AppointmentRow]:
    """Return a clinic's local day, cancelled visits left out."""
    starts_from, starts_before = zones.day_bounds(day, clinic_zone(actor, clinic_id))
    return list_span(actor, AppointmentFilter(clinic_id, None, None, starts_from, starts_before, SHOWN_STATUSES))


def list_week(actor: Actor, clinic_id: UUID, first_day: date) -> Sequence[AppointmentRow]:
    """Return seven local days of a clinic from `first_day`, cancelled visits left out."""
    zone = clinic_zone(actor, clinic_id)
    starts_from = zones.start_of_day(first_day, zone)
    starts_before = zones.start_of_day(first_day + timedelta(days=7), zone)
    return list_span(actor, AppointmentFilter(clinic_id, None, None, starts_from, starts_before, SHOWN_STATUSES))


def list_client_appointments(actor: Actor, client_id: UUID, limit: int = 20) -> Sequence[AppointmentRow]:
    """Return a client's appointments at the actor's clinics, newest first, cancelled ones included."""
    parameters = scope(actor, READ) | {"client_id": client_id, "limit": limit}
    return [AppointmentRow(*row) for row in session().execute(_OF_CLIENT_NEWEST, parameters)]


def clinic_zone(actor: Actor, clinic_id: UUID) -> str:
    """Return the IANA zone of a clinic whose calendar the actor may see; raises `NotFound` outside of those."""
    parameters = scope(actor, READ, clinic_id=clinic_id) | {"clinic_id": clinic_id}
    zone = session().execute(_ZONE, parameters).scalar_one_or_none()
    if zone is None:
        raise NotFound("clinic")
    return str(zone)


def _rows(actor: Actor, wanted: AppointmentFilter, *, after: tuple[Any, ...], limit: int) -> list[AppointmentRow]:
    by = (wanted.clinic_id is not None, wanted.therapist_id is not None, wanted.client_id is not None)
    parameters = scope(actor, READ, clinic_id=wanted.clinic_id) | {
        "clinic_id": wanted.clinic_id,
        "therapist_id": wanted.therapist_id,
        "client_id": wanted.client_id,
        "after_at": after[0],
        "after_id": after[1],
        "before": wanted.starts_before or END,
        "statuses": list(wanted.statuses),
        "limit": limit,
    }
    return [_filled(row) for row in session().execute(_LISTS[by], parameters)]


def _filled(values: Any) -> AppointmentRow:
    # A frozen class sets each field by a call of its own; for the hundreds of rows of a week that is most of the time.
    row = object.__new__(AppointmentRow)
    row.__dict__.update(zip(_NAMES, values, strict=True))
    return row


def _one(actor: Actor, statement: Select[Any], appointment_id: UUID, permission: str) -> Any:
    row = session().execute(statement, scope(actor, permission) | {"appointment_id": appointment_id}).one_or_none()
    if row is None:
        raise NotFound("appointment")
    return row
