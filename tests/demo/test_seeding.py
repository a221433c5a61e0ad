"""The demo's data: signed records that verify, a calendar that moves along, and no plugin needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine

from polyclinic.cli.records import verify_all
from polyclinic.demo.seeding import Seeder
from polyclinic.identity.commands import SignInWithPassword
from polyclinic.identity.passwords import DEMO_PASSWORD
from polyclinic.identity.services.signing_in import find_memberships
from polyclinic.jobs.running import JobRunner
from polyclinic.kit import clock
from polyclinic.kit.config import ConfigError
from polyclinic.kit.db import make_engine, transaction
from polyclinic.kit.errors import NotSignedIn
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins
from polyclinic.plugins.ports import ports, use_ports
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.testing.databases import TestDatabase, clone, drop
from polyclinic.wiring import wire

# A Wednesday on which both zones are at work: 18:20 in London, 11:20 in Vancouver.
NOON = datetime(2026, 3, 18, 18, 20, tzinfo=UTC)
SCALE = 0.05
RECORDS = 60


@contextmanager
def plugins(registry: PluginRegistry) -> Iterator[None]:
    before = runtime(), ports()
    wire(registry)
    yield
    use_runtime(before[0])
    use_ports(before[1])


Seed = Callable[..., None]


@contextmanager
def seeding(database: TestDatabase) -> Iterator[Seed]:
    """Yield a function that seeds (or tops up) the database at an instant."""
    engine = make_engine(database.urls.app, pool_size=1, pool_timeout=10)
    registry = load_plugins()
    upgrade_plugins(database.urls.owner, registry)

    def run(at: datetime, scale: float = SCALE, registry: PluginRegistry = registry) -> None:
        with plugins(registry), clock.frozen(at):
            Seeder(JobRunner.on(engine).connect, scale).seed()

    yield run
    engine.dispose()


@pytest.fixture(scope="module")
def at_noon(admin_url: str) -> Iterator[TestDatabase]:
    """Return a database that was seeded at `NOON`; tests leave it as it is."""
    database = clone(admin_url)
    with seeding(database) as run:
        run(NOON)
    yield database
    drop(database)


@pytest.fixture
def at_noon_copy(admin_url: str, at_noon: TestDatabase) -> Iterator[TestDatabase]:
    """Return a copy of it, for a test that changes it."""
    database = clone(admin_url, at_noon.name)
    yield database
    drop(database)


@pytest.fixture(scope="module")
def at_night(admin_url: str) -> Iterator[TestDatabase]:
    """Return a database that was seeded late at night and without any plugin; tests leave it as it is."""
    database = clone(admin_url)
    with seeding(database) as run:
        run(NOON.replace(hour=23), registry=load_plugins(only=()))
    yield database
    drop(database)


def rows(database: TestDatabase, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        return connection.execute(query.encode()).fetchall()


def differences(database: TestDatabase) -> list[object]:
    engine = create_engine(database.urls.owner.replace("postgresql://", "postgresql+psycopg://", 1))
    try:
        return [difference for item in verify_all(engine) for difference in item.differences]
    finally:
        engine.dispose()


SIGNED = "SELECT count(*) FROM treatment_record_version v JOIN organisation o ON o.id = v.organisation_id \
WHERE o.slug = 'riverbend'"
UNDECIDED = (
    "SELECT count(*) FROM appointment WHERE status IN ('booked', 'confirmed', 'arrived') AND local_start::date < '{}'"
)
LAST_DAY = "SELECT max(local_start)::date FROM appointment"
COUNTS = "SELECT (SELECT count(*) FROM appointment), (SELECT count(*) FROM treatment_record), \
(SELECT count(*) FROM audit_event), (SELECT count(*) FROM client)"


def test_signed_records_are_enough_and_verify(at_noon: TestDatabase) -> None:
    assert rows(at_noon, SIGNED)[0][0] >= RECORDS
    assert differences(at_noon) == []


def test_pain_falls_over_the_visits_of_a_course(at_noon: TestDatabase) -> None:
    first_and_last = rows(
        at_noon,
        "SELECT avg(first), avg(last) FROM (SELECT client_id, "
        "(array_agg(value ORDER BY service_at))[1] AS first, (array_agg(value ORDER BY service_at DESC))[1] AS last "
        "FROM measurement WHERE code = 'nrs11' AND moment = 'before' AND subject_id IS NULL "
        "GROUP BY client_id HAVING count(*) >= 4) AS courses",
    )

    [(first, last)] = first_and_last
    assert last < first - 1


def test_the_demos_past_is_recorded_and_told_to_no_plugin(at_noon: TestDatabase) -> None:
    [(booked, events, deliveries)] = rows(
        at_noon,
        "SELECT (SELECT count(*) FROM appointment), "
        "(SELECT count(*) FROM event WHERE type = 'appointment.booked' AND NOT payload ? 'from'), "
        "(SELECT count(*) FROM event_delivery)",
    )

    assert (events, deliveries) == (booked, 0)


def test_topping_up_at_the_same_moment_changes_nothing(at_noon: TestDatabase) -> None:
    before = rows(at_noon, COUNTS)

    with seeding(at_noon) as seed:
        seed(NOON)

    assert rows(at_noon, COUNTS) == before


def test_another_scale_is_refused_with_the_remedy(at_noon: TestDatabase) -> None:
    with seeding(at_noon) as seed, pytest.raises(ConfigError, match="RESET=1"):
        seed(NOON, scale=0.5)


def test_published_password_opens_the_demo_alone(at_noon: TestDatabase) -> None:
    engine = make_engine(at_noon.urls.app, pool_size=1)
    command = SignInWithPassword("therapist@riverbend.example", DEMO_PASSWORD)

    with transaction(JobRunner.on(engine).connect):
        with pytest.raises(NotSignedIn):
            find_memberships(command)
        in_the_demo = [membership.organisation_name for membership in find_memberships(command, is_demo=True)]

    engine.dispose()
    assert in_the_demo == ["Riverbend Massage"]


def test_today_of_the_shown_therapist_is_under_way_late_at_night(at_night: TestDatabase) -> None:
    stages = rows(
        at_night,
        "SELECT DISTINCT status FROM appointment a JOIN therapist t ON t.id = a.therapist_id "
        "WHERE t.display_name = 'Mara Okafor' AND local_start::date = '2026-03-18'",
    )
    assert {"started", "arrived"} <= {stage for (stage,) in stages}
    assert {"booked", "confirmed"} & {stage for (stage,) in stages}


def test_topping_up_moves_the_calendar_along(at_noon_copy: TestDatabase) -> None:
    before = rows(at_noon_copy, SIGNED)[0][0]
    later = NOON + timedelta(days=9)

    with seeding(at_noon_copy) as seed:
        seed(later)

    assert rows(at_noon_copy, LAST_DAY) == [(date(2026, 3, 27) + timedelta(days=21),)]
    assert rows(at_noon_copy, UNDECIDED.format(later.date())) == [(0,)]
    assert rows(at_noon_copy, SIGNED)[0][0] > before
    assert differences(at_noon_copy) == []


def test_demo_needs_no_plugin(at_night: TestDatabase) -> None:
    sections = rows(at_night, "SELECT DISTINCT section_key FROM treatment_record_section ORDER BY 1")
    services = rows(at_night, "SELECT DISTINCT modality FROM service")
    assert rows(at_night, SIGNED)[0][0] >= RECORDS
    assert sections == [("core.safety",), ("core.soap",)]
    assert services == [(None,)]
