"""An application with one throw-away plugin, on the test's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from flask import Flask

from polyclinic.app import create_app
from polyclinic.kit.config import Config
from polyclinic.plugins.ports import ports, use_ports
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.testing.clients import PageClient
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.worlds import Person


@contextmanager
def recorded(database: TestDatabase, plugin_id: str) -> Iterator[None]:
    """Record the plugin as `db upgrade` does, and take the record back afterwards."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        owner.execute(
            "INSERT INTO plugin_installation VALUES (%s, '1.0', '1.0', 'installed') ON CONFLICT DO NOTHING",
            (plugin_id,),
        )
        yield
        owner.execute("DELETE FROM plugin_installation WHERE plugin_id = %s", (plugin_id,))


@contextmanager
def served(shelf, monkeypatch, database: TestDatabase, joined) -> Iterator[Flask]:
    """Build an application with the shelf's plugins alone; its requests share the test's transaction."""
    monkeypatch.setattr("polyclinic.plugins.loading.installed_entry_points", shelf.entry_points)
    before = runtime(), ports()
    app = create_app(Config(database_url=database.urls.app, secure_cookies=False, threads=1))
    app.extensions["polyclinic_session"] = joined
    assert [str(problem) for problem in runtime().registry.problems] == []
    try:
        yield app
    finally:
        use_runtime(before[0])
        use_ports(before[1])
        app.extensions["polyclinic_engine"].dispose()


def reader(app: Flask, person: Person) -> PageClient:
    """Return a signed-in page client."""
    client = PageClient(app)
    client.enter(person)
    return client
