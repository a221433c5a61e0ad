"""Make the therapists of a chain: what they practise, their registrations and their weekly hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from polyclinic.demo.chain import Chain
from polyclinic.demo.plan import SPANS, Licence, TherapistPlan
from polyclinic.identity.vocabulary import Role
from polyclinic.plugins.runtime import runtime
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist, HoursAtClinic, SetWorkingHours
from polyclinic.therapists.rows import HoursSpan
from polyclinic.therapists.services.hours import set_working_hours
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration

MASSAGE = "massage"
"""What every therapist is registered for; plugins add the modalities that they document."""
EXPIRED_DAYS_AGO = 12
EXPIRES_IN_DAYS = 25
_BEFORE_ALL_VISITS = timedelta(days=400)


def hire_team(chain: Chain, today: date) -> None:
    """Make every therapist of the plan."""
    for number, plan in enumerate(chain.plan.therapists):
        _hire(chain, number, plan, today)


def modalities_of(plan: TherapistPlan) -> tuple[str, ...]:
    """Return what a therapist practises."""
    return (MASSAGE, *(runtime().modalities() if plan.is_specialised else ()))


def _hire(chain: Chain, number: int, plan: TherapistPlan, today: date) -> None:
    clinic_id, clinic = chain.place_of(number)
    therapist = create_therapist(
        chain.system,
        CreateTherapist(
            plan.name,
            (clinic_id,),
            modalities_of(plan),
            chain.member_id(Role.THERAPIST, number),
            id=chain.therapist_id(number),
        ),
    )
    started_on = today - _BEFORE_ALL_VISITS
    hours = HoursAtClinic(clinic_id, tuple(_spans(plan, started_on)))
    set_working_hours(chain.system, SetWorkingHours(therapist.id, therapist.row_version, hours))
    for place, modality in enumerate(modalities_of(plan)):
        create_registration(
            chain.system,
            CreateRegistration(
                therapist.id,
                clinic.authority,
                f"{clinic.country}-{41_200 + 37 * number + 1_000 * place}",
                modality,
                started_on,
                _expires_on(plan.licence, today),
            ),
        )


def _spans(plan: TherapistPlan, valid_from: date) -> Iterator[HoursSpan]:
    for weekday in sorted(set(range(7)) - set(plan.days_off)):
        for starts_at, ends_at in SPANS[plan.shift]:
            yield HoursSpan(weekday, starts_at, ends_at, valid_from)


def _expires_on(licence: Licence, today: date) -> date:
    match licence:
        case Licence.VALID:
            return today + timedelta(days=365 + 120)
        case Licence.EXPIRES_SOON:
            return today + timedelta(days=EXPIRES_IN_DAYS)
        case Licence.EXPIRED:
            return today - timedelta(days=EXPIRED_DAYS_AGO)
