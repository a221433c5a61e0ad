"""Make planned visits real: booked by the front desk, held by the therapist, each act at its own time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.demo.calendar import PlannedVisit
from polyclinic.demo.chain import Chain
from polyclinic.demo.diary import Diary
from polyclinic.demo.offers import modality_of
from polyclinic.demo.plan import SHOWN_THERAPIST
from polyclinic.identity.vocabulary import Role
from polyclinic.kit import clock
from polyclinic.kit.errors import Conflict
from polyclinic.kit.gathering import savepoint
from polyclinic.kit.zones import to_instant, to_local
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, Start
from polyclinic.scheduling.queries import AppointmentRow
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus as Status

_CANCEL_REASONS = ("Client is ill", "Client has to work", "Client travels", "Moved by phone, new date to follow")
_EARLY = timedelta(minutes=15)
"""Clients arrive up to this long before their visit."""
_OPEN = frozenset({Status.BOOKED, Status.CONFIRMED})
_SHOWN_HOURS = (time(9, 20), time(11, 20))
_PATHS: Mapping[Status, tuple[Status, ...]] = {
    Status.COMPLETED: (Status.STARTED, Status.COMPLETED),
    Status.STARTED: (Status.ARRIVED, Status.STARTED),
}


@dataclass(frozen=True)
class Held:
    """A visit that took place (or is under way), for its record."""

    visit: PlannedVisit
    appointment: AppointmentRow


@dataclass
class Desk:
    """Books and moves along the visits of one chain; `now` is the real instant of this start.

    `diary` holds the calendar of a chain that is being made; without one every act goes through scheduling's services.
    """

    chain: Chain
    now: datetime
    diary: Diary | None = None
    _actors: dict[tuple[Role, int], Actor] = field(default_factory=dict, repr=False)

    def appointment_id(self, visit: PlannedVisit) -> UUID:
        """Return the id of the visit's appointment."""
        return self.chain.made("appointment", visit.key)

    def starts_at(self, visit: PlannedVisit) -> datetime:
        """Return the instant of the visit's start."""
        zone = self.chain.place_of(visit.therapist)[1].time_zone
        return to_instant(visit.starts_at, zone, fold=0)

    def actor(self, role: Role, number: int) -> Actor:
        """Return the actor of a member, made once."""
        key = (role, number)
        if key not in self._actors:
            self._actors[key] = self.chain.member(role, number)
        return self._actors[key]

    def book(self, visit: PlannedVisit) -> AppointmentRow | None:
        """Book a visit some days before it, or just now; None when somebody else has the time."""
        starts_at = self.starts_at(visit)
        booked_at = min(starts_at - timedelta(days=_chance(self.chain, visit, "booked").randint(2, 18)), self.now)
        desk = self.actor(Role.FRONT_DESK, self.chain.therapist(visit.therapist).clinic)
        modality = modality_of(visit.starts_at.day) if visit.is_specialised else None
        # A registration that has ended leaves the services that ask for none.
        for wanted in dict.fromkeys((modality, None)):
            try:
                with clock.frozen(booked_at):
                    return self._book(desk, self._booking(visit, wanted, starts_at))
            except Conflict:
                continue
        return None

    def advance(self, visit: PlannedVisit, row: AppointmentRow, to: Status | None = None) -> AppointmentRow:
        """Bring an appointment to where it stands now, or to a given state."""
        for step, at in _steps(row, to or self._state(visit, row)):
            desk = step not in {Status.STARTED, Status.COMPLETED}
            clinic = self.chain.therapist(visit.therapist).clinic
            actor = self.actor(Role.FRONT_DESK, clinic) if desk else self.actor(Role.THERAPIST, visit.therapist)
            reason = _chance(self.chain, visit, "reason").choice(_CANCEL_REASONS) if step is Status.CANCELLED else ""
            with clock.frozen(min(at, self.now)):
                row = self._advance(actor, AdvanceAppointment(row.id, row.row_version, step, reason))
        return row

    def enliven(self, shown: Sequence[Held]) -> list[Held]:
        """Let one of the shown therapist's visits of today be in the room and one in the waiting room.

        `shown` are those visits in order of time; the answer is what changed.
        """
        changed: list[Held] = []
        for wanted in (Status.STARTED, Status.ARRIVED):
            open_ones = [item for item in shown if item.appointment.status in _OPEN and item not in changed]
            if open_ones and wanted not in {item.appointment.status for item in [*shown, *changed]}:
                first = open_ones[0]
                changed.append(Held(first.visit, self.advance(first.visit, first.appointment, wanted)))
                shown = [item for item in shown if item is not first]
        return changed

    def is_shown_today(self, visit: PlannedVisit) -> bool:
        """Tell whether the visit is one of today's of the therapist whom visitors sign in as."""
        local = to_local(self.now, self.chain.place_of(visit.therapist)[1].time_zone)
        return visit.therapist == SHOWN_THERAPIST and visit.starts_at.date() == local.date()

    def _book(self, actor: Actor, command: BookAppointment) -> AppointmentRow:
        if self.diary is not None:
            return self.diary.book(actor, command)
        with savepoint():
            return book_appointment(actor, command)

    def _advance(self, actor: Actor, command: AdvanceAppointment) -> AppointmentRow:
        if self.diary is not None:
            return self.diary.advance(actor, command)
        return advance_appointment(actor, command)

    def _moment(self, visit: PlannedVisit) -> datetime:
        """Return the instant by which the visit's state is judged: the real one, but for whom visitors sign in as.

        That therapist's day stands still in the late morning, so that at any hour one visit is under way and others
        are to come.
        """
        if not self.is_shown_today(visit):
            return self.now
        zone = self.chain.place_of(visit.therapist)[1].time_zone
        local = to_local(self.now, zone).replace(tzinfo=None)
        earliest, latest = (datetime.combine(local.date(), wall) for wall in _SHOWN_HOURS)
        return to_instant(min(max(local, earliest), latest), zone, fold=0)

    def _booking(self, visit: PlannedVisit, modality: str | None, starts_at: datetime) -> BookAppointment:
        clinic_id, _ = self.chain.place_of(visit.therapist)
        return BookAppointment(
            clinic_id,
            self.chain.client_id(visit.client),
            self.chain.therapist_id(visit.therapist),
            self.chain.made("service", f"{modality or ''}/{visit.minutes}"),
            Start(starts_at),
            id=self.appointment_id(visit),
        )

    def _state(self, visit: PlannedVisit, row: AppointmentRow) -> Status:
        """Return the state that fits the time of day."""
        status = Status(row.status)
        if status in {Status.CANCELLED, Status.NO_SHOW, Status.COMPLETED}:
            return status
        fate = _fate(self.chain, visit)
        if status in _OPEN and fate is Status.CANCELLED:
            return fate if self.now > row.starts_at - timedelta(hours=20) else status
        moment = self._moment(visit)
        if row.ends_at <= moment:
            return fate if status in _OPEN else Status.COMPLETED
        if row.starts_at <= moment:
            return Status.STARTED
        if row.starts_at - _EARLY <= moment:
            return Status.ARRIVED
        if status is Status.BOOKED and _chance(self.chain, visit, "confirmed").random() < 0.35:
            return Status.CONFIRMED
        return status


def _steps(row: AppointmentRow, wanted: Status) -> Iterator[tuple[Status, datetime]]:
    """Yield the steps that lead from the stored state to the wanted one, with their times."""
    status = Status(row.status)
    times = {
        Status.CONFIRMED: row.starts_at - timedelta(days=1),
        Status.CANCELLED: row.starts_at - timedelta(hours=20),
        Status.ARRIVED: row.starts_at - timedelta(minutes=6),
        Status.STARTED: row.starts_at,
        Status.COMPLETED: row.ends_at,
        Status.NO_SHOW: row.starts_at + timedelta(minutes=20),
    }
    path = _PATHS.get(wanted, (wanted,))
    if status in path:
        path = path[path.index(status) + 1 :]
    for step in path:
        if step is not status:
            yield step, times[step]


def _fate(chain: Chain, visit: PlannedVisit) -> Status:
    if visit.is_history:
        return Status.COMPLETED
    return _chance(chain, visit, "fate").choices((Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW), (88, 7, 5))[0]


def _chance(chain: Chain, visit: PlannedVisit, what: str) -> Random:
    return Random(f"{chain.plan.slug}/{visit.key}/{what}")  # noqa: S311 -- demo data
