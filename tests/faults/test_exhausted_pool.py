"""Every connection is busy, or somebody holds a lock: the answer is quick, honest and says when to come back."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from flask import Flask

from polyclinic.app import create_app
from polyclinic.kit.db import make_engine
from polyclinic.testing.clients import RestClient
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.plugin import commit_world, config_of
from polyclinic.testing.worlds import World

CONNECTIONS = 2
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = %s)"
)


@dataclass(frozen=True)
class Narrow:
    """An application with two connections to its database."""

    app: Flask
    database: TestDatabase
    world: World

    def register(self, name: str = "Probe"):
        body = {"clinic_id": str(self.world.clinic.id), "given_name": name}
        return RestClient(self.app, self.world.people["front_desk"].token).post("/api/v1/clients", body)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.database.admin_url, dbname=self.database.name)

    def wait_for_lock(self, waiting: list[Future[Any]]) -> None:
        """Return once all of these requests wait for a lock."""
        with self.connect() as watcher:
            while watcher.execute(WAITING, [self.database.name]).fetchone() != (len(waiting),):
                assert not any(each.done() for each in waiting), [each.result() for each in waiting]
                watcher.rollback()

    def clients(self) -> int:
        with self.connect() as connection:
            return connection.execute("SELECT count(*) FROM client").fetchone()[0]


@pytest.fixture
def narrow(fresh_database: TestDatabase) -> Iterator[Narrow]:
    engine = make_engine(fresh_database.urls.app, pool_size=1)
    world = commit_world(engine, "harbour", "Harbour")
    engine.dispose()
    app = create_app(replace(config_of(fresh_database), threads=CONNECTIONS))
    yield Narrow(app, fresh_database, world)
    app.extensions["polyclinic_engine"].dispose()


def test_full_pool_answers_503_with_retry_after_and_works_again_once_it_is_free(narrow):
    with ThreadPoolExecutor(CONNECTIONS) as pool, narrow.connect() as holder:
        holder.execute("LOCK TABLE client IN ACCESS EXCLUSIVE MODE")
        busy = [pool.submit(narrow.register, f"Busy {number}") for number in range(CONNECTIONS)]
        narrow.wait_for_lock(busy)
        turned_away = narrow.register("Turned away")
        holder.rollback()
        statuses = [each.result().status_code for each in busy]

    assert (turned_away.status_code, turned_away.content_type) == (503, "application/problem+json")
    assert int(turned_away.headers["Retry-After"]) >= 1
    assert statuses == [201, 201]
    assert (narrow.register("Afterwards").status_code, narrow.clients()) == (201, CONNECTIONS + 1)


def test_full_pool_turns_pages_away_too(narrow):
    engine = narrow.app.extensions["polyclinic_engine"]
    held = [engine.connect() for _ in range(CONNECTIONS)]

    answer = narrow.app.test_client().get("/healthz")
    for connection in held:
        connection.close()

    assert (answer.status_code, int(answer.headers["Retry-After"]) >= 1) == (503, True)
    assert narrow.app.test_client().get("/healthz").status_code == 200


def test_lock_that_is_not_given_back_answers_409_and_changes_nothing(narrow):
    with narrow.connect() as holder:
        holder.execute("LOCK TABLE client IN ACCESS EXCLUSIVE MODE")
        answer = narrow.register()
        holder.rollback()

    assert (answer.status_code, answer.json["code"]) == (409, "locked")
    assert narrow.clients() == 0


def test_statement_that_takes_too_long_answers_503_and_changes_nothing(narrow):
    with narrow.connect() as owner:
        owner.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END'"
        )
        owner.execute("CREATE TRIGGER slow BEFORE INSERT ON client FOR EACH ROW EXECUTE FUNCTION slow()")
        owner.execute(f'ALTER ROLE polyclinic_app IN DATABASE "{narrow.database.name}" SET statement_timeout = 300')
    narrow.app.extensions["polyclinic_engine"].dispose()

    answer = narrow.register()

    assert (answer.status_code, answer.content_type, narrow.clients()) == (503, "application/problem+json", 0)
