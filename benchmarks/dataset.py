"""The shape of the data, without a database: who works when, which half-hours are taken, who visits whom.

Everything follows from the scale and the Monday of the current week; two runs in one week hold the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from polyclinic.kit.zones import to_instant

ZONE = "Europe/London"
THERAPISTS_PER_CLINIC = 10
SLOTS_PER_DAY = 20
SLOT = timedelta(minutes=30)
OPENS = time(9)
CLOSES = time(19)
WEEKS = 20
RECORDED_WEEKS = 10
UNWRITTEN_WEEKS = 4
"""Weeks before the current one whose visits have no record yet: operation f writes them."""
SERVICES = ("Neuromuscular 30", "Deep tissue 30", "Sports 30", "Relaxation 30", "Lymphatic 30", "Follow-up 30")
REGULAR_SHARE = 5
"""Every fifth client is a regular; of five visits four are theirs."""

_EPOCH_MS = 1_700_000_000_000
_SPREAD = 0x9E37_79B9_7F4A_7C15
_KINDS = (
    *("organisation", "clinic", "room", "member", "therapist", "therapist_clinic", "registration", "working_hours"),
    *("service", "client", "client_clinic", "appointment", "reservation", "treatment_record", "version", "section"),
    *("measurement", "booked", "written", "rollup"),
)
_GIVEN = ("Anna", "Ben", "Chloe", "Dev", "Elsie", "Farid", "Grace", "Hugo", "Iris", "Jonas", "Kira", "Liam", "Mina")
_ONSETS = ("Bar", "Cor", "Dun", "Fen", "Gal", "Har", "Kel", "Lor", "Mar", "Nor", "Pem", "Ros", "Sel", "Tor", "Wes")
_ENDINGS = ("bury", "combe", "dale", "field", "gate", "ham", "ley", "mond", "ney", "ridge", "stead", "ton", "wick")


@dataclass(frozen=True)
class Slot:
    """One half-hour of one working day, `day` and `number` counted from 0."""

    day: int
    number: int
    starts_at: datetime
    ends_at: datetime
    local_start: datetime


@dataclass(frozen=True)
class Visit:
    """One appointment: numbers of therapist, client and service within the organisation."""

    number: int
    slot: Slot
    therapist: int
    client: int
    service: int


@dataclass(frozen=True)
class Dataset:
    """One organisation's data; `monday` starts the current week."""

    clinics: int
    clients: int
    monday: date
    organisation: int = 0

    @property
    def therapists(self) -> int:
        """Return how many therapists work here; therapist n works at clinic n // 10, in its room n % 10."""
        return self.clinics * THERAPISTS_PER_CLINIC

    @property
    def days(self) -> int:
        """Return the number of working days."""
        return WEEKS * 5

    @property
    def recorded_days(self) -> int:
        """Return how many days, from the first, have signed records."""
        return RECORDED_WEEKS * 5

    def id(self, kind: str, number: int = 0) -> UUID:
        """Return a version 7 UUID that is the same in every run and rises with the number."""
        milliseconds = _EPOCH_MS + number
        spread = ((number + 1) * _SPREAD ^ (self.organisation + 1) << 40) & (1 << 62) - 1
        return UUID(int=milliseconds << 80 | 7 << 76 | _KINDS.index(kind) << 64 | 2 << 62 | spread)

    def day(self, number: int) -> date:
        """Return the date of a working day."""
        first = self.monday - timedelta(weeks=RECORDED_WEEKS + UNWRITTEN_WEEKS)
        return first + timedelta(weeks=number // 5, days=number % 5)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """Return all half-hours in the order of time."""
        return tuple(self._slot(day, number) for day in range(self.days) for number in range(SLOTS_PER_DAY))

    def is_taken(self, slot: Slot, therapist: int) -> bool:
        """Tell whether the dataset holds a visit there: every other half-hour."""
        return (slot.number + slot.day + therapist) % 2 == 0

    def visits(self) -> Iterator[Visit]:
        """Yield all visits in the order of time; nobody is in two places at once."""
        regulars = max(self.clients // REGULAR_SHARE, 1)
        others = self.clients - regulars
        number = 0
        for slot in self.slots:
            for therapist in range(self.therapists):
                if not self.is_taken(slot, therapist):
                    continue
                rank, place = divmod(number, REGULAR_SHARE)
                is_other = place == REGULAR_SHARE - 1
                client = regulars + rank % others if is_other else (rank * 4 + place) % regulars
                yield Visit(number, slot, therapist, client, number % len(SERVICES))
                number += 1

    def free_slots(self) -> Iterator[tuple[Slot, int]]:
        """Yield the free half-hours of the weeks after this one with their therapist."""
        first = (RECORDED_WEEKS + UNWRITTEN_WEEKS + 1) * 5
        for slot in self.slots[first * SLOTS_PER_DAY :]:
            for therapist in range(self.therapists):
                if not self.is_taken(slot, therapist):
                    yield slot, therapist

    def unwritten_visits(self) -> Iterator[Visit]:
        """Yield the past visits without a record."""
        last = (RECORDED_WEEKS + UNWRITTEN_WEEKS) * 5
        return (visit for visit in self.visits() if self.recorded_days <= visit.slot.day < last)

    def client_name(self, number: int) -> tuple[str, str]:
        """Return given and family name."""
        given = _GIVEN[number % len(_GIVEN)]
        onset, ending = divmod(number // len(_GIVEN), len(_ENDINGS))
        return given, _ONSETS[onset % len(_ONSETS)] + _ENDINGS[ending]

    def _slot(self, day: int, number: int) -> Slot:
        local = datetime.combine(self.day(day), OPENS) + number * SLOT
        starts_at = to_instant(local, ZONE)
        return Slot(day, number, starts_at, starts_at + SLOT, local)


def dataset_of(scale: float, *, today: date | None = None, organisation: int = 0) -> Dataset:
    """Return the data of one organisation at a scale up to 1; larger scales are several organisations."""
    day = today or datetime.now(UTC).date()
    clinics = max(round(20 * min(scale, 1)), 1)
    return Dataset(clinics, max(clinics * 1_000, 50), day - timedelta(days=day.weekday()), organisation)
