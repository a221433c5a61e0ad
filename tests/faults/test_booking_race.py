"""Many ask for the same time at once, over real HTTP and real connections: one gets it, nobody meets an error."""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from werkzeug.serving import make_server

from polyclinic.app import create_app
from polyclinic.kit.db import make_engine, make_session_factory, transaction
from polyclinic.kit.ids import new_id
from polyclinic.organisation.commands import CreateRoom
from polyclinic.organisation.services import create_room
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.plugin import commit_world, config_of
from polyclinic.testing.worlds import World
from tests.scheduling.conftest import Diary, make_client, make_diary, make_therapist

RACERS = 200
MIXED = 500
THERAPISTS, ROOMS, CLIENTS = 6, 4, 40

OVERLAPS = """
SELECT count(*) FROM reservation a JOIN reservation b
  ON a.organisation_id = b.organisation_id AND a.resource_id = b.resource_id AND a.id < b.id
 AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
WHERE a.active AND b.active AND NOT a.overbooked AND NOT b.overbooked
"""
INCOMPLETE = """
SELECT count(*) FROM appointment a WHERE 3 <> (
  SELECT count(*) FROM reservation r
  WHERE r.organisation_id = a.organisation_id AND r.appointment_id = a.id AND r.active)
"""


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Practice:
    """A served application with a diary and more people than the diary has."""

    database: TestDatabase
    port: int
    token: str
    diary: Diary
    day: datetime
    therapists: Sequence[UUID]
    rooms: Sequence[UUID]
    clients: Sequence[UUID]

    def book(self, body: dict[str, Any]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(new_id()),
        }
        connection.request("POST", "/api/v1/appointments", json.dumps(body), headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.getheader("Content-Type", ""), json.loads(response.read()))
        connection.close()
        return answer

    def count(self, statement: str) -> int:
        with psycopg.connect(self.database.admin_url, dbname=self.database.name) as connection:
            row = connection.execute(statement).fetchone()
            return int(row[0]) if row else 0


@pytest.fixture
def practice(fresh_database: TestDatabase) -> Iterator[Practice]:
    engine = make_engine(fresh_database.urls.app, pool_size=2, pool_timeout=5)
    world = commit_world(engine, "harbour", "Harbour")
    people = fill(engine, world)
    engine.dispose()
    # Every racer waits for a connection instead of being turned away: the lock is what is tried here, not the pool.
    app = create_app(replace(config_of(fresh_database), threads=8, pool_timeout_seconds=60))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Practice(fresh_database, server.server_port, world.people["front_desk"].token, *people)
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["polyclinic_engine"].dispose()


def fill(engine: Any, world: World) -> tuple[Diary, datetime, list[UUID], list[UUID], list[UUID]]:
    with transaction(
        make_session_factory(engine), organisation_id=world.id, clinic_ids=[clinic.id for clinic in world.clinics]
    ):
        actor, clinic_id = world.actor(), world.clinic.id
        diary = make_diary(world)
        therapists = [make_therapist(actor, clinic_id, f"Therapist {number}").id for number in range(THERAPISTS)]
        rooms = [create_room(actor, CreateRoom(clinic_id, f"Extra {number}")).id for number in range(ROOMS)]
        clients = [make_client(actor, clinic_id, f"Client {number}") for number in range(CLIENTS)]
    return diary, next_weekday(), therapists, rooms, clients


def next_weekday() -> datetime:
    day = datetime.now(UTC).date() + timedelta(days=2)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return datetime.combine(day, time(), UTC)


def all_at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_200_racers_for_one_time_exactly_one_wins_and_the_rest_hear_every_reason(practice: Practice) -> None:
    body = practice.diary.body(practice.day + timedelta(hours=11))

    answers = all_at_once([lambda: practice.book(body)] * RACERS)

    won = [answer for answer in answers if answer.status == 201]
    lost = [answer for answer in answers if answer.status != 201]
    assert Counter(answer.status for answer in answers) == {201: 1, 409: RACERS - 1}
    assert {answer.content_type for answer in lost} == {"application/problem+json"}
    reasons = {tuple((c["code"], c["ref"]) for c in answer.body["conflicts"]) for answer in lost}
    assert reasons == {(("therapist_busy", won[0].body["id"]), ("client_busy", won[0].body["id"]))}
    assert practice.count("SELECT count(*) FROM appointment") == 1


def test_500_mixed_bookings_neither_overlap_nor_fail(practice: Practice) -> None:
    choose = random.Random(20261123)
    bodies = [mixed_body(practice, choose) for _ in range(MIXED)]

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(practice.book, bodies))

    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) == {201, 409}
    assert all(answer.body["conflicts"] for answer in answers if answer.status == 409)
    assert practice.count("SELECT count(*) FROM appointment") == statuses[201] > 20
    assert practice.count(OVERLAPS) == 0
    assert practice.count(INCOMPLETE) == 0


def mixed_body(practice: Practice, choose: random.Random) -> dict[str, Any]:
    """Return a booking at some quarter of an hour; every other one wishes for a room."""
    start = practice.day + timedelta(days=choose.choice((0, 7)), hours=9, minutes=15 * choose.randrange(28))
    room = str(choose.choice(practice.rooms)) if choose.random() < 0.5 else None
    return practice.diary.body(
        start,
        therapist_id=str(choose.choice(practice.therapists)),
        client_id=str(choose.choice(practice.clients)),
        room_id=room,
    )
