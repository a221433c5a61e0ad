"""A served, committed pair of organisations and writers that remember what was acknowledged."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import psycopg
import pytest

from polyclinic.kit.db import make_engine
from polyclinic.testing.databases import TestDatabase, clone, drop
from polyclinic.testing.plugin import commit_world
from polyclinic.testing.servers import Answer, GunicornServer, gunicorn_server
from polyclinic.testing.worlds import World

CLIENTS = "/api/v1/clients"


@dataclass(frozen=True)
class Served:
    """A real server on a database of its own."""

    server: GunicornServer
    database: TestDatabase
    world: World

    @property
    def token(self) -> str:
        return self.world.people["front_desk"].token

    def body(self, name: str) -> dict[str, str]:
        return {"clinic_id": str(self.world.clinic.id), "given_name": name}

    def clients(self, *, like: str = "%") -> Counter[str]:
        """Return how many clients each given name has."""
        with psycopg.connect(self.database.admin_url, dbname=self.database.name) as connection:
            found = connection.execute("SELECT given_name FROM client WHERE given_name LIKE %s", [like])
            return Counter(row[0] for row in found)


@dataclass
class Writer:
    """Registers clients one after another, each under a key of its own, and repeats until the answer is 201."""

    served: Served
    name: str
    stop: Event
    limit: int
    acknowledged: list[str] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)
    refusals: list[Answer] = field(default_factory=list)
    broken: int = 0

    @property
    def is_working(self) -> bool:
        return len(self.acknowledged) < self.limit and not self.stop.is_set()

    def run(self) -> Writer:
        caller = self.served.server.caller(self.served.token)
        while self.is_working:
            self.register(caller, f"{self.name}-{len(self.acknowledged)}")
        caller.close()
        return self

    def register(self, caller, name: str) -> None:
        while not self.stop.is_set():
            try:
                answer = caller.post(CLIENTS, self.served.body(name), key=name)
            except ConnectionError:
                self.broken += 1
                continue
            if answer.status == 201:
                self.acknowledged_at.append(time.monotonic())
                self.acknowledged.append(name)
                return
            self.refusals.append(answer)


@dataclass(frozen=True)
class Load:
    """Writers at work; leave the block when they are done."""

    writers: tuple[Writer, ...]

    @property
    def acknowledged(self) -> list[str]:
        return [name for writer in self.writers for name in writer.acknowledged]

    @property
    def refusals(self) -> list[Answer]:
        return [answer for writer in self.writers for answer in writer.refusals]

    def wait_for(self, count: int) -> None:
        """Return once so many writes were acknowledged."""
        while len(self.acknowledged) < count and any(writer.is_working for writer in self.writers):
            time.sleep(0.005)

    def first_after(self, moment: float) -> float:
        """Return the seconds from a moment to the next acknowledged write."""
        return min(at for writer in self.writers for at in writer.acknowledged_at if at > moment) - moment


@contextmanager
def load(served: Served, *, writers: int, each: int) -> Iterator[Load]:
    """Let writers register clients while the block runs, and wait for them at its end."""
    stop = Event()
    made = Load(tuple(Writer(served, f"writer{number}", stop, each) for number in range(writers)))
    with ThreadPoolExecutor(writers) as pool:
        running = [pool.submit(writer.run) for writer in made.writers]
        try:
            yield made
            for done in running:
                done.result(timeout=60)
        finally:
            stop.set()


@contextmanager
def serving(database: TestDatabase, folder: Path) -> Iterator[Served]:
    """Run the real server on a database with one organisation."""
    engine = make_engine(database.urls.app, pool_size=2, pool_timeout=5)
    world = commit_world(engine, "harbour", "Harbour")
    engine.dispose()
    with gunicorn_server(database.urls.app, folder) as server:
        yield Served(server, database, world)


@pytest.fixture(scope="module")
def served(admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    database = clone(admin_url)
    with serving(database, tmp_path_factory.mktemp("served")) as made:
        yield made
    drop(database)
