"""Which database the demo uses: its own, or the one that the environment names, passwords or not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from polyclinic.demo.database import DATABASE, has_data, open_database
from polyclinic.demo.stopping import StopSignals
from polyclinic.kit.config import ConfigError
from polyclinic.kit.embedded_postgres import EmbeddedServer, start_embedded_postgres
from polyclinic.testing.databases import TestDatabase
from tests.demo.conftest import new_folder

SECRET = "seven-brass-kettles"


@pytest.fixture(scope="module")
def strict_server() -> Iterator[EmbeddedServer]:
    """Return a server that asks everybody for a password; the administrator's is `SECRET`."""
    folder = new_folder()
    with start_embedded_postgres(folder / "data", durable=False) as server:
        with psycopg.connect(server.admin_url(), autocommit=True) as connection:
            connection.execute(f"ALTER ROLE postgres PASSWORD '{SECRET}'".encode())
            (server.data_dir / "cluster" / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="ascii")
            connection.execute("SELECT pg_reload_conf()")
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def current_user(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_user || '@' || current_database()").fetchone()
    assert row is not None
    return str(row[0])


def test_administrator_with_a_password_gives_logins_with_one(strict_server: EmbeddedServer, tmp_path: Path) -> None:
    admin_url = strict_server.admin_url().replace("postgres@", f"postgres:{SECRET}@")

    for _ in range(2):
        with open_database(tmp_path, {"DATABASE_ADMIN_URL": admin_url}, StopSignals(), reset=False) as database:
            logins = [current_user(url) for url in (database.urls.app, database.urls.owner, database.urls.worker)]
            is_seeded = has_data(database.urls, ["riverbend"])

        assert logins == [f"{role}@{DATABASE}" for role in ("polyclinic_app", "polyclinic_owner", "polyclinic_worker")]
        assert not is_seeded
    assert list(tmp_path.iterdir()) == []


def test_superuser_in_database_url_is_enough(strict_server: EmbeddedServer, tmp_path: Path) -> None:
    url = strict_server.admin_url("postgres").replace("postgres@", f"postgres:{SECRET}@")

    with open_database(tmp_path, {"DATABASE_URL": url}, StopSignals(), reset=False) as database:
        login = current_user(database.urls.app)

    assert login == f"polyclinic_app@{DATABASE}"


def test_reset_removes_the_named_database_alone(strict_server: EmbeddedServer, tmp_path: Path) -> None:
    admin_url = strict_server.admin_url().replace("postgres@", f"postgres:{SECRET}@")
    environment = {"DATABASE_ADMIN_URL": admin_url}
    with (
        open_database(tmp_path, environment, StopSignals(), reset=False) as database,
        psycopg.connect(database.admin_url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE left_over ()")

    with (
        open_database(tmp_path, environment, StopSignals(), reset=True) as database,
        psycopg.connect(database.admin_url) as connection,
    ):
        found = connection.execute("SELECT to_regclass('public.left_over')").fetchone()

    assert found == (None,)


def test_application_login_alone_is_not_enough(database: TestDatabase, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database.urls.app}

    with (
        pytest.raises(ConfigError, match="give DATABASE_ADMIN_URL as well"),
        open_database(tmp_path, environment, StopSignals(), reset=False),
    ):
        pass


def test_given_logins_are_used_as_they_are(database: TestDatabase, tmp_path: Path) -> None:
    environment = {
        "DATABASE_URL": database.urls.app,
        "DATABASE_OWNER_URL": database.urls.owner,
        "DATABASE_WORKER_URL": database.urls.worker,
    }

    with open_database(tmp_path, environment, StopSignals(), reset=False) as found:
        urls = found.urls

    assert urls == database.urls


def test_reset_without_an_administrator_is_refused(database: TestDatabase, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database.urls.app}

    with (
        pytest.raises(ConfigError, match="only an administrator may remove the database"),
        open_database(tmp_path, environment, StopSignals(), reset=True),
    ):
        pass
