"""The demo's diary books and advances as scheduling's own services do: the same rows, the same refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from polyclinic.demo.diary import Diary
from polyclinic.kit import clock
from polyclinic.kit.errors import Conflict
from polyclinic.kit.ids import new_id
from polyclinic.scheduling.commands import AdvanceAppointment, BookAppointment, Start
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.testing.anchors import Factories

BEFORE = datetime(2026, 3, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
S = AppointmentStatus
COURSES = (
    (),
    (S.CONFIRMED,),
    (S.CANCELLED,),
    (S.NO_SHOW,),
    (S.ARRIVED, S.STARTED),
    (S.ARRIVED, S.STARTED, S.COMPLETED),
)
APPOINTMENTS = text("SELECT to_jsonb(a) FROM appointment a WHERE organisation_id = :organisation_id ORDER BY id")
RESERVATIONS = text(
    "SELECT to_jsonb(r) - 'id' FROM reservation r WHERE organisation_id = :organisation_id "
    "ORDER BY appointment_id, resource_kind, resource_id"
)
TOLD = text(
    "SELECT action, object_id, clinic_id, detail FROM audit_event WHERE organisation_id = :organisation_id "
    "AND object_type = 'appointment' ORDER BY object_id, action, detail::text"
)
ANNOUNCED = text(
    "SELECT type, aggregate_id, clinic_id, payload FROM event WHERE organisation_id = :organisation_id "
    "AND aggregate = 'appointment' ORDER BY aggregate_id, type, payload::text"
)


@dataclass(frozen=True)
class Wish:
    """One visit: what is booked, and the steps that it then takes."""

    command: BookAppointment
    steps: tuple[AppointmentStatus, ...]


@pytest.fixture
def wishes(db, world) -> list[Wish]:
    """Forty visits of three therapists in two days, many of which cannot be had."""
    chance, make = Random(7), Factories(world)
    with clock.frozen(BEFORE):
        therapists = [make.therapist() for _ in range(3)]
        clients = [make.client() for _ in range(4)]
        services = [make.service(minutes=minutes) for minutes in (30, 60)]
    return [wish_of(chance, world, therapists, clients, services) for _ in range(40)]


def wish_of(chance, world, therapists, clients, services) -> Wish:
    start = NOW + timedelta(minutes=15 * chance.randrange(-100, 100))
    parties = (chance.choice(clients).id, chance.choice(therapists).id, chance.choice(services).id)
    command = BookAppointment(world.clinic.id, *parties, Start(starts_at=start), note="n", id=new_id())
    return Wish(command, chance.choice(COURSES))


class Services:
    """The way that everybody else books."""

    book = staticmethod(book_appointment)
    advance = staticmethod(advance_appointment)

    def write(self) -> None:
        """Do nothing: all is written."""


def carried_out(db, world, wishes, desk) -> tuple[dict[UUID, str], list]:
    """Book and advance all in a savepoint; return what became of each, and all rows; nothing stays."""
    outcomes: dict[UUID, str] = {}
    savepoint = db.begin_nested()
    for wish in wishes:
        with clock.frozen(BEFORE):
            outcomes[wish.command.id] = attempt(world, desk, wish)
    for wish in wishes:
        if outcomes[wish.command.id] == "booked":
            outcomes[wish.command.id] = advanced(world, desk, wish)
    desk.write()
    db.flush()
    asked = {"organisation_id": world.id}
    found = [db.execute(query, asked).all() for query in (APPOINTMENTS, RESERVATIONS, TOLD, ANNOUNCED)]
    savepoint.rollback()
    db.expire_all()
    return outcomes, found


def attempt(world, desk, wish) -> str:
    try:
        desk.book(world.actor(), wish.command)
    except Conflict:
        return "refused"
    return "booked"


def advanced(world, desk, wish) -> str:
    version = 1
    at = max(NOW, wish.command.start.starts_at + timedelta(hours=2))
    with clock.frozen(at):
        for step in wish.steps:
            command = AdvanceAppointment(wish.command.id, version, step, "r")
            try:
                version = desk.advance(world.actor(), command).row_version
            except Conflict:
                return f"not {step}"
    return "done"


def test_diary_leaves_what_scheduling_would_leave(db, world, wishes):
    by_services = carried_out(db, world, wishes, Services())
    by_diary = carried_out(db, world, wishes, Diary(world.id))

    assert by_diary[0] == by_services[0]
    assert by_diary[1] == by_services[1]
    assert {"refused", "done"} <= set(by_services[0].values())
    assert all(by_services[1])
