"""What the pages of therapists show, ready for the templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.identity import queries as identity_queries
from polyclinic.organisation import queries as organisation_queries
from polyclinic.plugins.runtime import runtime
from polyclinic.therapists import queries, rules
from polyclinic.therapists.rows import HoursRow, RegistrationRow, RegistrationState, TherapistRow
from polyclinic.therapists.vocabulary import WEEKDAYS, RegistrationStatus

_TONES = MappingProxyType(
    {RegistrationStatus.VALID: "good", RegistrationStatus.EXPIRED: "bad", RegistrationStatus.MISSING: "bad"}
)


@dataclass(frozen=True)
class RegistrationNotice:
    """How a therapist's registration for one modality stands today."""

    modality: str
    state: RegistrationState
    is_expiring: bool
    tone: str


@dataclass(frozen=True)
class TherapistLine:
    """One line of the list."""

    therapist: TherapistRow
    clinics: str
    notices: Sequence[RegistrationNotice]


@dataclass(frozen=True)
class ClinicHours:
    """A therapist's weekly hours at one clinic."""

    clinic_id: UUID
    name: str
    time_zone: str
    hours: Sequence[tuple[str, HoursRow]]
    can_write: bool


@dataclass(frozen=True)
class TherapistView:
    """One therapist with registrations and hours."""

    therapist: TherapistRow
    notices: Sequence[RegistrationNotice]
    registrations: Sequence[RegistrationRow]
    clinics: Sequence[ClinicHours]
    other_clinics: Sequence[tuple[UUID, str]]
    modalities: Sequence[tuple[str, str]]
    members: Sequence[tuple[UUID, str]]
    can_write: bool

    @property
    def writable_clinics(self) -> Sequence[tuple[UUID, str]]:
        """Return the clinics at which hours may be added."""
        return [(clinic.clinic_id, clinic.name) for clinic in self.clinics if clinic.can_write]


def therapist_lines(actor: Actor, clinic_id: UUID | None, today: date) -> Sequence[TherapistLine]:
    """Return the list page's lines; three statements for any number of therapists."""
    names = {clinic.id: clinic.name for clinic in organisation_queries.list_clinics(actor)}
    therapists = queries.list_therapists(actor, clinic_id)
    registrations: dict[UUID, list[RegistrationRow]] = {}
    for row in queries.list_registrations(actor, [therapist.id for therapist in therapists]):
        registrations.setdefault(row.therapist_id, []).append(row)
    return [
        TherapistLine(
            therapist,
            ", ".join(sorted(names[clinic] for clinic in therapist.clinic_ids if clinic in names)),
            _notices(therapist, registrations.get(therapist.id, []), today),
        )
        for therapist in therapists
    ]


def therapist_view(actor: Actor, therapist_id: UUID, today: date) -> TherapistView:
    """Return one therapist's page."""
    therapist = queries.get_therapist(actor, therapist_id)
    registrations = queries.list_registrations(actor, [therapist_id])
    hours = queries.get_weekly_hours(actor, therapist_id).hours
    clinics = organisation_queries.list_clinics(actor)
    return TherapistView(
        therapist=therapist,
        notices=_notices(therapist, registrations, today),
        registrations=registrations,
        clinics=[
            ClinicHours(
                clinic.id,
                clinic.name,
                clinic.time_zone,
                [(WEEKDAYS[row.weekday], row) for row in hours if row.clinic_id == clinic.id],
                actor.can("therapists:write", clinic.id),
            )
            for clinic in clinics
            if clinic.id in therapist.clinic_ids
        ],
        other_clinics=[
            (clinic.id, clinic.name)
            for clinic in clinics
            if clinic.id not in therapist.clinic_ids and actor.can("therapists:write", clinic.id)
        ],
        modalities=[(name, name) for name in sorted({*therapist.modalities, *runtime().modalities()})],
        members=member_options(actor),
        can_write=any(actor.can("therapists:write", clinic_id) for clinic_id in therapist.clinic_ids),
    )


def member_options(actor: Actor) -> Sequence[tuple[UUID, str]]:
    """Return the sign-ins a therapist may be joined to, none for an actor who may not see members."""
    if not actor.can("members:read"):
        return []
    return [(member.id, member.display_name) for member in identity_queries.list_members(actor)]


def clinic_options(actor: Actor) -> Sequence[tuple[UUID, str]]:
    """Return the clinics at which the actor may let a therapist work."""
    writable = set(actor.clinics_with("therapists:write"))
    clinics = organisation_queries.list_clinics(actor)
    return [(clinic.id, clinic.name) for clinic in clinics if clinic.id in writable and clinic.archived_at is None]


def _notices(
    therapist: TherapistRow, registrations: Sequence[RegistrationRow], today: date
) -> Sequence[RegistrationNotice]:
    states = [(modality, rules.registration_state(registrations, modality, today)) for modality in therapist.modalities]
    return [_notice(modality, state, today) for modality, state in states]


def _notice(modality: str, state: RegistrationState, today: date) -> RegistrationNotice:
    is_expiring = rules.expires_soon(state, today)
    return RegistrationNotice(modality, state, is_expiring, "warn" if is_expiring else _TONES[state.status])
