"""Make the clients of a chain, with contact data that reach nobody and a few things to heed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.catalogue import flag_kinds
from polyclinic.clients.commands import CreateClient, HealthAnswer, RaiseFlag, RecordAnswers
from polyclinic.clients.services.clients import create_client
from polyclinic.clients.services.flags import raise_flag
from polyclinic.clients.services.health_history import record_answers
from polyclinic.clients.vocabulary import Answer
from polyclinic.demo.calendar import clients_of
from polyclinic.demo.chain import Chain
from polyclinic.demo.names import SHORT_FORMS, Name, make_names
from polyclinic.demo.plan import ClinicPlan
from polyclinic.demo.progress import Progress
from polyclinic.identity.vocabulary import Role

FLAGGED_SHARE = 0.22
# Codes of conditions as safety rules name them; those that no installed rule knows are left out.
COMMON_FLAGS = (
    *("anticoagulants", "fibromyalgia", "hypertension_controlled", "pregnancy", "asthma_respiratory", "epilepsy"),
    *("osteoporosis", "diabetes_neuropathy", "hypermobility", "allergy_product", "pain_medication", "rheumatoid"),
)
_NOTES = {
    "anticoagulants": "Takes an anticoagulant daily. Ask about bruises before each visit.",
    "fibromyalgia": "Prefers light work and short sessions on bad days.",
    "pregnancy": "Lies on the side; asks for a pillow between the knees.",
    "allergy_product": "Reacts to nut oils. Use the unscented lotion.",
}
# Number ranges that regulators keep free for fiction.
_NUMBERS = {"GB": ("+44 7700 900{:03d}", 1000), "CA": ("+1 604 555 01{:02d}", 100), "IE": ("+353 20 914 {:04d}", 1000)}


def make_clients(chain: Chain, today: date, progress: Progress) -> None:
    """Make every client of the plan."""
    rng = Random(f"{chain.plan.slug}/clients")  # noqa: S311 -- demo data
    names = make_names(rng, chain.plan.clients)
    known = [code for code in COMMON_FLAGS if code in flag_kinds(chain.id)]
    for therapist in range(len(chain.plan.therapists)):
        desk = chain.member(Role.FRONT_DESK, chain.therapist(therapist).clinic)
        own_therapist = chain.member(Role.THERAPIST, therapist)
        clinic_id, clinic = chain.place_of(therapist)
        for number in clients_of(chain.plan, therapist):
            person = _Person(rng, number, names[number], today)
            details = _details(person) | _contact(person, clinic)
            create_client(desk, CreateClient(clinic_id, id=chain.client_id(number), **details))
            if known and rng.random() < FLAGGED_SHARE:
                _heed(own_therapist, chain.client_id(number), person, known)
            progress.step()


@dataclass(frozen=True)
class _Person:
    rng: Random
    number: int
    name: Name
    today: date


def _details(person: _Person) -> dict[str, Any]:
    rng, name = person.rng, person.name
    age = min(84, max(18, round(rng.gauss(43, 15))))
    return {
        "given_name": name.given,
        "family_name": name.family,
        "preferred_name": SHORT_FORMS.get(name.given, ""),
        "pronouns": name.pronouns,
        "birth_on": person.today - timedelta(days=age * 365 + rng.randrange(365)),
        "reminder_channel": rng.choice(("email", "sms", "sms", "phone")),
        "aftercare_channel": rng.choice(("email", "none")),
        "marketing_channel": rng.choice(("none", "none", "email")),
    }


def _contact(person: _Person, clinic: ClinicPlan) -> dict[str, Any]:
    pattern, size = _NUMBERS[clinic.country]
    return {
        "email": f"client{person.number + 1:03d}@mail.example",
        "phone": pattern.format(person.number % size),
        "street": f"{person.rng.randint(1, 120)} {person.rng.choice(clinic.streets)}",
        "postal_code": clinic.postal_code,
        "city": clinic.city,
        "country": clinic.country,
    }


def _heed(actor: Actor, client_id: UUID, person: _Person, known: list[str]) -> None:
    """Raise one flag, the common ones more often, and keep the answer that led to it."""
    code = person.rng.choices(known, range(2 * len(known), len(known), -1))[0]
    note = _NOTES.get(code, "")
    since = person.today - timedelta(days=person.rng.randint(60, 900))
    raise_flag(actor, RaiseFlag(client_id, code, note=note, since_on=since))
    answers = (HealthAnswer(code, Answer.YES, note), HealthAnswer("operations", Answer.NO))
    record_answers(actor, RecordAnswers(client_id, answers))
