"""The loader fills a real database, foreign keys and constraints included, and the product reads what it loaded."""

from dataclasses import replace
from datetime import date

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from benchmarks.dataset import dataset_of
from benchmarks.founding import found
from benchmarks.loading import load_dataset
from benchmarks.operations import Operations
from benchmarks.tables import TABLES, load_of
from polyclinic.app import create_app
from polyclinic.cli.acting import open_for_plugin
from polyclinic.kit.config import Config
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins
from polyclinic_reporting.services.rollup import compare

CLIENTS = 60


@pytest.fixture
def loaded(fresh_database, monkeypatch):
    """Load one clinic with two weeks of data."""
    monkeypatch.setattr("benchmarks.dataset.WEEKS", 4)
    monkeypatch.setattr("benchmarks.dataset.RECORDED_WEEKS", 1)
    monkeypatch.setattr("benchmarks.dataset.UNWRITTEN_WEEKS", 1)
    monkeypatch.setattr("benchmarks.tables.RECORDED_WEEKS", 1)
    monkeypatch.setattr("benchmarks.tables.UNWRITTEN_WEEKS", 1)
    monkeypatch.setattr("benchmarks.written.TEXTS", 5)
    registry = load_plugins()
    upgrade_plugins(fresh_database.urls.owner, registry)
    data = replace(dataset_of(0.05), clients=CLIENTS)
    founded = found(fresh_database.urls.app, data, registry, signers=1)
    load = load_of(founded, registry)
    address = make_conninfo(fresh_database.admin_url, dbname=fresh_database.name)
    return fresh_database, founded, load_dataset(address, load, is_checked=True)


def test_loader_fills_every_table_and_the_product_answers_from_it(loaded):
    database, founded, rows = loaded
    visits = sum(1 for _ in founded.dataset.visits())
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        counts = {
            table.name: connection.execute(f'SELECT count(*) FROM "{table.schema}"."{table.name}"').fetchone()[0]
            for table in TABLES
        }
    app = create_app(Config(database_url=database.urls.app))
    operations = Operations(founded)

    answered = {operation: _answer(app, operations.acts(operation, 1)[0]) for operation in "abcdefg"}

    assert rows == sum(counts.values())
    assert counts["client"] == CLIENTS
    assert (counts["appointment"], counts["reservation"]) == (visits, 3 * visits)
    assert counts["treatment_record"] == counts["treatment_record_version"] == visits // 4
    assert answered == dict.fromkeys("abcdefg", True)


def _answer(app, act):
    """Do an act in this process: the bytes on the wire are taken apart for the test client."""
    client, bodies, statuses = app.test_client(), [], []
    for request in act.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines if not line.startswith("Content-Length"))
        answer = client.open(path, method=method, headers=headers, data=body or None)
        bodies.append(answer.get_data())
        statuses.append(answer.status_code)
    return tuple(statuses) == act.statuses and act.is_right(bodies)


def test_loaded_rollup_is_what_the_product_would_build(loaded, monkeypatch):
    database, founded, _ = loaded
    monkeypatch.setenv("DATABASE_URL", database.urls.app)
    monkeypatch.setenv("DATABASE_OWNER_URL", database.urls.owner)
    data = founded.dataset
    names = ("booked", "completed", "minutes_booked", "minutes_bookable", "records_signed")
    keys = [f"core.{name}" for name in names]

    with open_for_plugin("reporting", "benchmark-0") as ctx:
        differences = list(compare(ctx, data.day(0), data.day(data.days - 1), keys))

    assert differences == []


def test_dates_of_the_dataset_follow_the_week():
    assert dataset_of(0.05, today=date(2026, 11, 29)).monday == date(2026, 11, 23)
