"""What the demo consists of: chains, clinics, who works there and when. Pure data; the seeding makes it real."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum


class Licence(StrEnum):
    """How a therapist's registration stands."""

    VALID = "valid"
    EXPIRED = "expired"
    EXPIRES_SOON = "expires_soon"


class Shift(StrEnum):
    """When a therapist works; all breaks lie between two spans."""

    SHORT = "short"
    EARLY = "early"
    LATE = "late"


SHOWN_THERAPIST = 0
"""The number of the therapist whose sign-in the demo prints."""

SPANS: dict[Shift, tuple[tuple[time, time], ...]] = {
    Shift.SHORT: ((time(9), time(13)), (time(14), time(16))),
    Shift.EARLY: ((time(7), time(11)), (time(11, 30), time(14, 30))),
    Shift.LATE: ((time(13), time(16, 45)), (time(17, 15), time(21))),
}


@dataclass(frozen=True)
class ClinicPlan:
    """One clinic; `authority` registers its therapists, phone numbers start with `phone_stem`."""

    name: str
    time_zone: str
    street: str
    postal_code: str
    city: str
    country: str
    phone: str
    authority: str
    streets: tuple[str, ...]


@dataclass(frozen=True)
class TherapistPlan:
    """One therapist at one clinic (by number); `days_off` are weekdays, 0 = Monday."""

    name: str
    clinic: int
    shift: Shift
    days_off: tuple[int, ...]
    licence: Licence = Licence.VALID
    is_specialised: bool = True


@dataclass(frozen=True)
class ChainPlan:
    """One organisation of the demo; `domain` ends its people's e-mail addresses."""

    name: str
    slug: str
    domain: str
    clinics: tuple[ClinicPlan, ...]
    administrator: str
    front_desk: tuple[str, ...]
    therapists: tuple[TherapistPlan, ...]
    clients: int
    records: int
    filled_share: float = 0.8
    """How much of the working time holds a place for a visit."""

    def scaled(self, scale: float) -> ChainPlan:
        """Return the same chain with a part of its people and records; every clinic keeps a therapist."""
        if scale >= 1:
            return self
        wanted = max(len(self.clinics), round(len(self.therapists) * scale))
        return replace(
            self,
            therapists=tuple(sorted(self.therapists, key=self._rank)[:wanted]),
            clients=max(10 * wanted, round(self.clients * scale)),
            records=max(20 * wanted, round(self.records * scale)),
            filled_share=max(0.2, self.filled_share * scale),
        )

    def _rank(self, therapist: TherapistPlan) -> tuple[int, int]:
        before = self.therapists[: self.therapists.index(therapist)]
        return (sum(other.clinic == therapist.clinic for other in before), therapist.clinic)


_LONDON = ("Lamb's Walk", "Orchard Mews", "Tallow Street", "Coram Rise", "Herbal Lane", "Ropewalk Yard")
_BRISTOL = ("Cooper's Steps", "Harbour View", "Quay Lane", "Vine Terrace", "Signal Hill Road")
_VANCOUVER = ("Arbutus Lane", "Heron Street", "Cedar Crescent", "Point Grey Mews", "Salish Way")
_DUBLIN = ("Weaver Square", "Canal Bank", "Lime Street", "Thorncastle Row")

RIVERBEND = ChainPlan(
    name="Riverbend Massage",
    slug="riverbend",
    domain="riverbend.example",
    clinics=(
        ClinicPlan(
            *("Riverbend Bloomsbury", "Europe/London", "14 Lamb's Walk", "WC1N 3XX", "London", "GB"),
            *("+44 20 7946 0140", "Complementary and Natural Healthcare Council", _LONDON),
        ),
        ClinicPlan(
            *("Riverbend Harbourside", "Europe/London", "3 Quay Lane", "BS1 5XX", "Bristol", "GB"),
            *("+44 117 496 0171", "Federation of Holistic Therapists", _BRISTOL),
        ),
        ClinicPlan(
            *("Riverbend Kitsilano", "America/Vancouver", "2210 Arbutus Lane", "V6K 1X1", "Vancouver", "CA"),
            *("+1 604 555 0118", "College of Complementary Health Professionals of BC", _VANCOUVER),
        ),
    ),
    administrator="Ines Achterberg",
    front_desk=("Callum Reid", "Priya Raman", "Noah Lindqvist"),
    therapists=(
        TherapistPlan("Mara Okafor", 0, Shift.SHORT, ()),
        TherapistPlan("Tomasz Wilk", 0, Shift.EARLY, (5, 6)),
        TherapistPlan("Aoife Brennan", 0, Shift.LATE, (0, 1), Licence.EXPIRES_SOON),
        TherapistPlan("Deniz Aydin", 0, Shift.LATE, (3, 6), is_specialised=False),
        TherapistPlan("Leila Haddad", 1, Shift.EARLY, (2, 6)),
        TherapistPlan("Gareth Pugh", 1, Shift.LATE, (0, 5)),
        TherapistPlan("Sunita Rao", 1, Shift.EARLY, (0, 1), Licence.EXPIRED),
        TherapistPlan("Emily Chow", 2, Shift.EARLY, (5, 6)),
        TherapistPlan("Kenji Watanabe", 2, Shift.LATE, (1, 2)),
        TherapistPlan("Rosa Delgado", 2, Shift.SHORT, (0, 3)),
    ),
    clients=300,
    records=600,
)

NORTHLIGHT = ChainPlan(
    name="Northlight Bodywork",
    slug="northlight",
    domain="northlight.example",
    clinics=(
        ClinicPlan(
            *("Northlight Portobello", "Europe/Dublin", "8 Canal Bank", "D08 XX00", "Dublin", "IE"),
            *("+353 20 913 0142", "Irish Massage Therapists Association", _DUBLIN),
        ),
    ),
    administrator="Fionn Gallagher",
    front_desk=("Saoirse Nolan",),
    therapists=(
        TherapistPlan("Orla Keane", 0, Shift.SHORT, ()),
        TherapistPlan("Pavel Novotny", 0, Shift.LATE, (0, 6), is_specialised=False),
    ),
    clients=20,
    records=24,
)

CHAINS = (RIVERBEND, NORTHLIGHT)
