"""Reads of the therapists feature: a therapist is seen by those who may see one of the clinics they work at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Date, Text, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scope, scoped, scoped_everywhere
from polyclinic.kit.archiving import Archived
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.therapists import rules
from polyclinic.therapists.models import Registration, Therapist, TherapistClinic, WorkingHours
from polyclinic.therapists.rows import HoursRow, RegistrationRow, RegistrationState, TherapistRow, WeeklyHours

_CLINICS = (
    scoped(
        TherapistClinic,
        TherapistClinic.therapist_id,
        func.array_agg(aggregate_order_by(TherapistClinic.clinic_id, TherapistClinic.clinic_id)).label("clinic_ids"),
    )
    .group_by(TherapistClinic.therapist_id)
    .subquery()
)
_THERAPISTS = (
    scoped_everywhere(
        Therapist,
        Therapist.id,
        Therapist.member_id,
        Therapist.display_name,
        Therapist.modalities,
        Therapist.archived_at,
        Therapist.row_version,
        _CLINICS.c.clinic_ids,
    )
    .join(_CLINICS, _CLINICS.c.therapist_id == Therapist.id)
    .order_by(Therapist.display_name, Therapist.id)
)
_CLINIC = bindparam("clinic_id", type_=Uuid())
_MODALITY = bindparam("modality", type_=Text())
_ANY_ARCHIVED = bindparam("any_archived", type_=Boolean())
_ONLY_ARCHIVED = bindparam("only_archived", type_=Boolean())
_LIST = _THERAPISTS.where(
    or_(_CLINIC.is_(None), any_(_CLINICS.c.clinic_ids) == _CLINIC),
    or_(_MODALITY.is_(None), any_(Therapist.modalities) == _MODALITY),
    or_(_ANY_ARCHIVED, Therapist.archived_at.is_not(None) == _ONLY_ARCHIVED),
)
_ONE = _THERAPISTS.where(Therapist.id == bindparam("therapist_id", type_=Uuid()))
_BY_ID = _THERAPISTS.where(Therapist.id == any_(bindparam("therapist_ids", type_=ARRAY(Uuid()))))
_OWN = _THERAPISTS.where(Therapist.member_id == bindparam("member_id", type_=Uuid()))

_REGISTRATION_COLUMNS = (
    Registration.id,
    Registration.therapist_id,
    Registration.authority,
    Registration.number,
    Registration.modality,
    Registration.valid_from,
    Registration.expires_on,
    Registration.row_version,
)
_REGISTRATIONS = scoped_everywhere(Registration, *_REGISTRATION_COLUMNS).order_by(
    Registration.modality, Registration.valid_from.desc(), Registration.id
)
_THERAPIST_IDS = bindparam("therapist_ids", type_=ARRAY(Uuid()))
_REGISTRATIONS_OF = _REGISTRATIONS.where(Registration.therapist_id == any_(_THERAPIST_IDS))
_SEEN_REGISTRATIONS = _REGISTRATIONS.join(_CLINICS, _CLINICS.c.therapist_id == Registration.therapist_id)
_SEEN_REGISTRATIONS_OF = _SEEN_REGISTRATIONS.where(Registration.therapist_id == any_(_THERAPIST_IDS))
_REGISTRATION = _SEEN_REGISTRATIONS.where(Registration.id == bindparam("registration_id", type_=Uuid()))

_HOURS_COLUMNS = (
    WorkingHours.weekday,
    WorkingHours.starts_at,
    WorkingHours.ends_at,
    WorkingHours.valid_from,
    WorkingHours.valid_until,
    WorkingHours.id,
    WorkingHours.therapist_id,
    WorkingHours.clinic_id,
)
_HOURS_ORDER = (
    WorkingHours.therapist_id,
    WorkingHours.clinic_id,
    WorkingHours.weekday,
    WorkingHours.starts_at,
    WorkingHours.valid_from,
)
_SEEN_HOURS = scoped(WorkingHours, *_HOURS_COLUMNS).order_by(*_HOURS_ORDER)
_HOURS_OF_THERAPIST = _SEEN_HOURS.where(WorkingHours.therapist_id == bindparam("therapist_id", type_=Uuid()))
_BETWEEN = and_(
    WorkingHours.therapist_id == any_(_THERAPIST_IDS),
    WorkingHours.valid_from <= bindparam("last_day", type_=Date()),
    or_(WorkingHours.valid_until.is_(None), WorkingHours.valid_until >= bindparam("first_day", type_=Date())),
)
_SEEN_HOURS_BETWEEN = _SEEN_HOURS.where(_BETWEEN)
_HOURS_BETWEEN = (
    scoped_everywhere(WorkingHours, *_HOURS_COLUMNS)
    .where(_BETWEEN, WorkingHours.clinic_id == _CLINIC)
    .order_by(*_HOURS_ORDER)
)


def get_therapist(actor: Actor, therapist_id: UUID) -> TherapistRow:
    """Return one therapist; raises `NotFound` when they work at none of the actor's clinics."""
    row = session().execute(_ONE, scope(actor, "therapists:read") | {"therapist_id": therapist_id}).one_or_none()
    if row is None:
        raise NotFound("therapist")
    return TherapistRow(*row)


def find_own_therapist(actor: Actor) -> TherapistRow | None:
    """Return the therapist that the actor is, None for everybody else; knowing oneself needs no permission."""
    if actor.member_id is None:
        return None
    parameters = {
        "organisation_id": actor.organisation_id,
        "clinic_ids": list(actor.clinic_ids),
        "member_id": actor.member_id,
    }
    row = session().execute(_OWN, parameters).one_or_none()
    return TherapistRow(*row) if row else None


def find_therapists(actor: Actor, therapist_ids: Sequence[UUID]) -> Sequence[TherapistRow]:
    """Return the therapists among `therapist_ids` who work at the actor's clinics, archived ones included."""
    parameters = scope(actor, "therapists:read") | {"therapist_ids": list(therapist_ids)}
    return [TherapistRow(*row) for row in session().execute(_BY_ID, parameters)]


def find_therapist_of_member(actor: Actor, member_id: UUID) -> TherapistRow | None:
    """Return the therapist as whom a member treats at the actor's clinics, or None."""
    row = session().execute(_OWN, scope(actor, "therapists:read") | {"member_id": member_id}).one_or_none()
    return TherapistRow(*row) if row else None


def list_therapists(
    actor: Actor, clinic_id: UUID | None = None, modality: str | None = None, *, archived: Archived = Archived.NO
) -> Sequence[TherapistRow]:
    """Return the therapists of the actor's clinics by name, of one clinic or modality if asked."""
    parameters: dict[str, Any] = scope(actor, "therapists:read")
    if clinic_id is not None:
        scope(actor, "therapists:read", clinic_id=clinic_id)
    parameters |= {"clinic_id": clinic_id, "modality": modality}
    parameters |= {"any_archived": archived is Archived.ANY, "only_archived": archived is Archived.ONLY}
    return [TherapistRow(*row) for row in session().execute(_LIST, parameters)]


def list_registrations(actor: Actor, therapist_ids: Sequence[UUID]) -> Sequence[RegistrationRow]:
    """Return the registrations of therapists whom the actor may see, by modality, newest first."""
    parameters = scope(actor, "therapists:read") | {"therapist_ids": list(therapist_ids)}
    return [RegistrationRow(*row) for row in session().execute(_SEEN_REGISTRATIONS_OF, parameters)]


def get_registration(actor: Actor, registration_id: UUID) -> RegistrationRow:
    """Return one registration; raises `NotFound` when the therapist works at none of the actor's clinics."""
    parameters = scope(actor, "therapists:read") | {"registration_id": registration_id}
    row = session().execute(_REGISTRATION, parameters).one_or_none()
    if row is None:
        raise NotFound("registration")
    return RegistrationRow(*row)


def registration_state(actor: Actor, therapist_id: UUID, modality: str | None, on: date) -> RegistrationState:
    """Return whether a therapist may practise a modality on a day; raises `NotFound` outside the actor's clinics."""
    get_therapist(actor, therapist_id)
    return rules.registration_state(list_registrations(actor, [therapist_id]), modality, on)


def list_working_hours(
    actor: Actor, therapist_ids: Sequence[UUID], clinic_id: UUID | None, first_day: date, last_day: date
) -> Sequence[HoursRow]:
    """Return the weekly hours that count on some day from `first_day` to `last_day`; clinic None = all the actor's."""
    parameters = scope(actor, "therapists:read", clinic_id=clinic_id)
    parameters |= {"therapist_ids": list(therapist_ids), "first_day": first_day, "last_day": last_day}
    return [HoursRow(*row) for row in session().execute(_SEEN_HOURS_BETWEEN, parameters)]


def get_weekly_hours(actor: Actor, therapist_id: UUID, clinic_id: UUID | None = None) -> WeeklyHours:
    """Return all stored hours of a therapist, past and future ones too, at one or all of the actor's clinics."""
    therapist = get_therapist(actor, therapist_id)
    parameters = scope(actor, "therapists:read", clinic_id=clinic_id) | {"therapist_id": therapist_id}
    hours = [HoursRow(*row) for row in session().execute(_HOURS_OF_THERAPIST, parameters)]
    return WeeklyHours(therapist_id, hours, therapist.row_version)


def registration_state_for_booking(
    organisation_id: UUID, therapist_id: UUID, modality: str | None, on: date
) -> RegistrationState:
    """Return the same as `registration_state` for a caller that has already checked what the actor may do."""
    parameters = {"organisation_id": organisation_id, "therapist_ids": [therapist_id]}
    rows = [RegistrationRow(*row) for row in session().execute(_REGISTRATIONS_OF, parameters)]
    return rules.registration_state(rows, modality, on)


def list_working_hours_for_booking(
    organisation_id: UUID, clinic_id: UUID, therapist_ids: Sequence[UUID], days: tuple[date, date]
) -> Sequence[HoursRow]:
    """Return the hours at a clinic that count within `days` (first, last) for a caller that has checked the actor."""
    parameters = {
        "organisation_id": organisation_id,
        "clinic_id": clinic_id,
        "therapist_ids": list(therapist_ids),
        "first_day": days[0],
        "last_day": days[1],
    }
    return [HoursRow(*row) for row in session().execute(_HOURS_BETWEEN, parameters)]


def works_at_clinic_for_booking(organisation_id: UUID, therapist_id: UUID, clinic_id: UUID) -> bool:
    """Tell whether a therapist, not archived, works at a clinic, for a caller that has checked the actor."""
    parameters = {"organisation_id": organisation_id, "therapist_id": therapist_id, "clinic_id": clinic_id}
    return bool(session().execute(_WORKS_AT, parameters).scalar_one())


_WORKS_AT = select(
    scoped_everywhere(TherapistClinic, TherapistClinic.id)
    .join(
        Therapist,
        and_(
            Therapist.organisation_id == TherapistClinic.organisation_id, Therapist.id == TherapistClinic.therapist_id
        ),
    )
    .where(
        TherapistClinic.therapist_id == bindparam("therapist_id", type_=Uuid()),
        TherapistClinic.clinic_id == _CLINIC,
        Therapist.archived_at.is_(None),
    )
    .exists()
)
