"""The pytest fixtures of Polyclinic: where it is installed, pytest loads them by itself (entry point `pytest11`).

`database`    a clone of the migrated template for the whole worker process; tests leave it as they found it
`fresh_database`  a clone for one test: for row security, races, jobs, faults
`db`          one transaction of the first world's organisation, rolled back after the test (services, queries)
`worlds`      (first, second): two unrelated organisations, committed once per worker; never change them outside `db`
`world`       the first world; `other_world` the second
`app`         the application on `database`; requests inside a test share one transaction that is rolled back after it
`live`        an application on a database of its own whose requests really commit
`http`        function (role or person) -> RestClient;  `browse` function (role or person) -> signed-in PageClient

What the tests of plugins need besides stands in `anchors`, `authoring`, `working`, `letters`, `watching`, `browsers`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from polyclinic.app import create_app
from polyclinic.kit.config import Config
from polyclinic.kit.db import JOINED, TenantSession, install_tenant_setting, make_engine, restore_tenant, transaction
from polyclinic.kit.embedded_postgres import start_embedded_postgres
from polyclinic.kit.ids import new_id
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.testing.clients import PageClient, RestClient
from polyclinic.testing.databases import TestDatabase, build_template, clone, drop
from polyclinic.testing.worlds import Person, World, make_world
from polyclinic.web.rate_limit import Buckets

pytest_plugins = [
    "polyclinic.testing.browsers",
    "polyclinic.testing.anchors",
    "polyclinic.testing.authoring",
    "polyclinic.testing.watching",
    "polyclinic.testing.working",
    "polyclinic.testing.letters",
]

ADMIN_URL = "POLYCLINIC_TEST_ADMIN_URL"
_made: list[TestDatabase] = []
RATE_LIMITS = ("polyclinic_buckets", "polyclinic_sign_in_by_email", "polyclinic_sign_in_by_address")


@pytest.fixture(scope="session")
def admin_url() -> Iterator[str]:
    """Return the administrator's address of the run's cluster; a missing PostgreSQL fails the run."""
    inherited = os.environ.get(ADMIN_URL)
    if inherited:
        yield inherited
        drop_two_worlds()
        return
    with _cluster() as url:
        build_template(url)
        yield url
        drop_two_worlds()


def pytest_configure(config: pytest.Config) -> None:
    """Start the cluster once in the controller, so that xdist workers only clone."""
    use_pinned_zones()
    is_worker = hasattr(config, "workerinput")
    if is_worker or not getattr(config.option, "numprocesses", None) or os.environ.get(ADMIN_URL):
        return
    context = _cluster()
    url = context.__enter__()
    config.add_cleanup(partial(_leave, context))
    build_template(url)
    os.environ[ADMIN_URL] = url
    config.add_cleanup(partial(os.environ.__delitem__, ADMIN_URL))


def _leave(context: AbstractContextManager[str]) -> None:
    context.__exit__(None, None, None)


@contextmanager
def _cluster() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="polyclinic-test-") as folder:
        Path(folder).chmod(0o755)
        with start_embedded_postgres(Path(folder) / "data", durable=False) as server:
            yield server.admin_url()


@pytest.fixture(scope="session")
def database(admin_url: str) -> Iterator[TestDatabase]:
    """Return this worker's clone of the template."""
    made = clone(admin_url)
    yield made
    drop(made)


@pytest.fixture
def fresh_database(admin_url: str) -> Iterator[TestDatabase]:
    """Return a clone for one test."""
    made = clone(admin_url)
    yield made
    drop(made)


@pytest.fixture(scope="session")
def engine(database: TestDatabase) -> Iterator[Engine]:
    """Return an engine that signs in as the app role."""
    made = make_engine(database.urls.app, pool_size=2, pool_timeout=5)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def worlds(engine: Engine) -> tuple[World, World]:
    """Return two unrelated organisations, committed."""
    return commit_world(engine, "harbour", "Harbour"), commit_world(engine, "meadow", "Meadow")


def commit_world(engine: Engine, slug: str, name: str) -> World:
    """Create and commit a world in the engine's database."""
    factory = sessionmaker(engine, expire_on_commit=False)
    install_tenant_setting(factory)
    with transaction(factory, organisation_id=new_id(), clinic_ids=[]):
        return make_world(slug, name)


@cache
def _two_worlds(admin_url: str) -> tuple[TestDatabase, tuple[World, World]]:
    """Commit two unrelated organisations to a database that is only ever cloned: hashing passwords takes seconds."""
    made = clone(admin_url)
    engine = make_engine(made.urls.app, pool_size=2, pool_timeout=5)
    worlds = commit_world(engine, "harbour", "Harbour"), commit_world(engine, "meadow", "Meadow")
    engine.dispose()
    _made.append(made)
    return made, worlds


def clone_two_worlds(admin_url: str) -> tuple[TestDatabase, tuple[World, World]]:
    """Return a fresh database that holds two unrelated organisations, and these; never change the objects."""
    template, worlds = _two_worlds(admin_url)
    return clone(admin_url, template.name), worlds


def drop_two_worlds() -> None:
    """Remove what `clone_two_worlds` cloned from."""
    _two_worlds.cache_clear()
    while _made:
        drop(_made.pop())


@pytest.fixture(scope="session")
def world(worlds: tuple[World, World]) -> World:
    """Return the first organisation."""
    return worlds[0]


@pytest.fixture(scope="session")
def other_world(worlds: tuple[World, World]) -> World:
    """Return the second organisation, which shares nothing with the first."""
    return worlds[1]


class JoinedSession(TenantSession):
    """A session that is a savepoint of the test's transaction; closing it gives the tenant of `db` back."""

    outer: Session | None = None

    def close(self) -> None:
        """Close, then restore what row security showed before."""
        super().close()
        outer = JoinedSession.outer
        if outer is not None and outer is not self:
            restore_tenant(outer)


@pytest.fixture
def joined(engine: Engine) -> Iterator[Callable[[], Session]]:
    """Return a session factory whose sessions share one transaction that is rolled back after the test."""
    with engine.connect().execution_options(**{JOINED: True}) as connection:
        outer = connection.begin()
        factory = sessionmaker(
            connection, class_=JoinedSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        install_tenant_setting(factory)
        yield factory
        outer.rollback()


@pytest.fixture
def db(joined: Callable[[], Session], world: World) -> Iterator[Session]:
    """Open the transaction of `world` that services and queries use; rolled back after the test."""
    with in_organisation(joined, world) as current:
        JoinedSession.outer = current
        try:
            yield current
        finally:
            JoinedSession.outer = None
            current.rollback()


@contextmanager
def in_organisation(factory: Callable[[], Session], world: World) -> Iterator[Session]:
    """Run a transaction of `world` in which row security shows all its clinics."""
    with transaction(factory, organisation_id=world.id, clinic_ids=[clinic.id for clinic in world.clinics]) as current:
        yield current


@pytest.fixture(scope="session")
def built_app(database: TestDatabase) -> Flask:
    """Return the application, built once per worker."""
    return create_app(config_of(database))


def config_of(database: TestDatabase) -> Config:
    """Return the configuration of an application on a test database."""
    return Config(
        database_url=database.urls.app,
        owner_url=database.urls.owner,
        worker_url=database.urls.worker,
        secure_cookies=False,
        threads=4,
    )


@dataclass(frozen=True)
class Live:
    """An application on a database of its own, with real connections and commits."""

    app: Flask
    database: TestDatabase
    engine: Engine
    world: World
    other_world: World


@pytest.fixture
def live(admin_url: str) -> Iterator[Live]:
    """Return an application whose requests commit, for races, faults and whatever needs real transactions."""
    with open_live(admin_url) as opened:
        yield opened


@contextmanager
def open_live(admin_url: str, pool_size: int = 4, pool_timeout: int = 5) -> Iterator[Live]:
    """Put an application with two organisations together on a fresh database; the pool is that of `Live.engine`."""
    database, worlds = clone_two_worlds(admin_url)
    engine = make_engine(database.urls.app, pool_size=pool_size, pool_timeout=pool_timeout)
    app = create_app(config_of(database))
    yield Live(app, database, engine, *worlds)
    engine.dispose()
    app.extensions["polyclinic_engine"].dispose()
    drop(database)


@pytest.fixture
def app(built_app: Flask, joined: Callable[[], Session]) -> Iterator[Flask]:
    """Return the application; its requests share the test's transaction."""
    original = built_app.extensions["polyclinic_session"]
    built_app.extensions["polyclinic_session"] = joined
    # Every test starts with full buckets: the sign-ins of other tests are not its own.
    for name in RATE_LIMITS:
        built_app.extensions[name] = Buckets(built_app.extensions[name].per_minute)
    yield built_app
    built_app.extensions["polyclinic_session"] = original


Who: TypeAlias = str | Person | None


@pytest.fixture
def http(app: Flask, world: World) -> Callable[..., RestClient]:
    """Return a maker of REST clients: a role of `world`, a person, or None for no key."""

    def make(role: Who = "chain_administrator") -> RestClient:
        person = world.people[role] if isinstance(role, str) else role
        return RestClient(app, person.token if person else None)

    return make


@pytest.fixture
def browse(app: Flask, world: World) -> Callable[..., PageClient]:
    """Return a maker of signed-in page clients: a role of `world` or a person."""

    def make(role: str | Person = "chain_administrator") -> PageClient:
        client = PageClient(app)
        client.enter(world.people[role] if isinstance(role, str) else role)
        return client

    return make
