"""A worker is killed in the middle of a delivery: after a restart nothing is lost, and nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from polyclinic.audit.trail import Subject
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.running import JobRunner
from polyclinic.kit.db import make_engine, transaction
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import runtime_of
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.worlds import make_organisation
from tests.plugins.conftest import PluginShelf, shelf  # noqa: F401 -- fixture

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\ncapabilities = ["events"]\n'
PLUGIN = """
    import time
    from pathlib import Path
    from polyclinic.sdk.events import EventHandler, EventType

    MARK = Path({mark!r})

    def answer(ctx, event):
        word = event.payload["fields"][0]
        if not ctx.once(event.id):
            return
        ctx.emit("slow.done", "answer", event.aggregate_id, {{"word": word}})
        if word == "two" and not MARK.exists():
            MARK.touch()
            time.sleep(600)

    @hookimpl
    def register_event_types():
        return [EventType("slow.done", 1, "Done", {{"word": "The word."}})]

    @hookimpl
    def register_event_handlers():
        return [EventHandler("client.updated", "slow.answer", answer)]
"""
WORK = "import sys; sys.argv[1:] = ['worker']; from polyclinic.cli.run import main; main()"
WORDS = ("one", "two", "three")
ENABLE = text(
    "INSERT INTO plugin_enablement (organisation_id, id, plugin_id, state, changed_at) "
    "VALUES (:id, gen_random_uuid(), 'slow', 'enabled', now())"
)
DONE = "SELECT payload ->> 'word' FROM event WHERE type = 'slow.done' ORDER BY position"
SECONDS = 60


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "began"


@pytest.fixture
def plugins(shelf: PluginShelf, mark: Path) -> PluginRegistry:  # noqa: F811
    shelf.add("slow", PLUGIN.format(mark=str(mark)), manifest=MANIFEST)
    return load_plugins(shelf.entry_points(), strict=True)


@contextmanager
def worker(database: TestDatabase, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `polyclinic worker` with the plugins of the folder in reach."""
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "DATABASE_URL": database.urls.app,
        "DATABASE_WORKER_URL": database.urls.worker,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    log = folder / "worker.log"
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, "-c", WORK], env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_killed_worker_loses_nothing_and_does_nothing_twice(fresh_database, shelf, plugins, mark):  # noqa: F811
    client_id = announced(fresh_database, plugins)

    with worker(fresh_database, shelf.folder) as first:
        wait_for(mark.exists)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    between = rows(fresh_database, DONE)
    with worker(fresh_database, shelf.folder):
        wait_for(lambda: len(rows(fresh_database, DONE)) == len(WORDS))
        wait_for(lambda: set(states(fresh_database)) == {"done"})

    assert between == ["one"]
    assert rows(fresh_database, DONE) == list(WORDS)
    met = rows(fresh_database, "SELECT key FROM plugin_once")
    about = f"SELECT id::text FROM event WHERE aggregate_id = '{client_id}' AND type = 'client.updated'"
    assert sorted(met) == sorted(rows(fresh_database, about))


def announced(database: TestDatabase, plugins: PluginRegistry) -> UUID:
    """Commit three events about one client in an organisation that has the plugin on."""
    client_id = uuid4()
    with psycopg.connect(database.urls.owner) as owner:
        owner.execute("INSERT INTO plugin_installation VALUES ('slow', '1.0', '1.0', 'installed')")
    engine = make_engine(database.urls.app)
    with (
        runtime_of(plugins),
        transaction(JobRunner.on(engine).connect, organisation_id=new_id(), clinic_ids=[]) as current,
    ):
        organisation = make_organisation(current, "killed", "Killed")
        current.execute(ENABLE, {"id": organisation.id})
        for word in WORDS:
            actor = system_actor(organisation.id)
            announce(actor, "client.updated", Subject("client", client_id), payload={"fields": [word]})
    engine.dispose()
    return client_id


def states(database: TestDatabase) -> list[str]:
    return rows(database, "SELECT state FROM event_delivery")


def rows(database: TestDatabase, query: str) -> list[Any]:
    """Return the first column as the server's administrator sees it."""
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        return [row[0] for row in connection.execute(query.encode()).fetchall()]


def wait_for(is_so: Callable[[], bool]) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
