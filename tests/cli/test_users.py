"""The operator's first steps: a chain, its administrator, and members, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from polyclinic.cli.users import users
from polyclinic.identity.commands import SignInWithPassword
from polyclinic.identity.passwords import DEMO_PASSWORD
from polyclinic.identity.services.signing_in import find_memberships
from polyclinic.jobs.running import JobRunner
from polyclinic.kit.db import make_engine, transaction
from polyclinic.testing.databases import TestDatabase

PASSWORD = "seven brass kettles"
CHAIN = (
    *("create-organisation", "--name", "Fern Massage", "--slug", "fern", "--clinic", "Fern Hill"),
    *("--time-zone", "Europe/London", "--email", "ada@fern.example", "--person", "Ada Fern"),
)


@pytest.fixture
def engine_of_app(fresh_database: TestDatabase) -> Iterator[Engine]:
    made = make_engine(fresh_database.urls.app, pool_size=1)
    yield made
    made.dispose()


def run(database: TestDatabase, *arguments: str, password: str = PASSWORD) -> Result:
    answers = f"{password}\n{password}\n"
    return CliRunner().invoke(users, arguments, input=answers, env={"DATABASE_URL": database.urls.app})


def rows(database: TestDatabase, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        return connection.execute(query.encode()).fetchall()


def organisations_of(engine: Engine, email: str) -> list[str]:
    with transaction(JobRunner.on(engine).connect):
        return [found.organisation_name for found in find_memberships(SignInWithPassword(email, PASSWORD))]


def test_first_administrator_can_sign_in(fresh_database: TestDatabase, engine_of_app: Engine) -> None:
    result = run(fresh_database, *CHAIN)

    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    assert organisations_of(engine_of_app, "ada@fern.example") == ["Fern Massage"]
    assert rows(fresh_database, "SELECT role, clinic_id FROM role_assignment") == [("chain_administrator", None)]
    assert rows(fresh_database, "SELECT name, time_zone FROM clinic") == [("Fern Hill", "Europe/London")]


def test_member_works_at_the_named_clinic(fresh_database: TestDatabase, engine_of_app: Engine) -> None:
    run(fresh_database, *CHAIN)
    [(organisation_id,)] = rows(fresh_database, "SELECT id FROM organisation")
    who = ("--organisation", str(organisation_id), "--email", "ben@fern.example", "--person", "Ben Fern")

    result = run(fresh_database, "create-member", *who, "--role", "front_desk", "--clinic", "Fern Hill")

    assert result.exit_code == 0, result.output
    assert organisations_of(engine_of_app, "ben@fern.example") == ["Fern Massage"]
    assert rows(
        fresh_database,
        "SELECT a.role, c.name FROM role_assignment a JOIN clinic c ON c.id = a.clinic_id",
    ) == [("front_desk", "Fern Hill")]


def test_unknown_clinic_is_named(fresh_database: TestDatabase) -> None:
    run(fresh_database, *CHAIN)
    [(organisation_id,)] = rows(fresh_database, "SELECT id FROM organisation")
    who = ("--organisation", str(organisation_id), "--email", "ben@fern.example", "--person", "Ben Fern")

    result = run(fresh_database, "create-member", *who, "--role", "front_desk", "--clinic", "Moss Hill")

    assert result.exit_code == 1
    assert "There is no clinic Moss Hill. Known: Fern Hill." in result.output


def test_password_of_the_demo_is_refused(fresh_database: TestDatabase) -> None:
    result = run(fresh_database, *CHAIN, password=DEMO_PASSWORD)

    assert result.exit_code == 1
    assert "This is the published password of the demo." in result.output
    assert rows(fresh_database, "SELECT count(*) FROM organisation") == [(0,)]


def test_taken_short_name_leaves_nothing(fresh_database: TestDatabase) -> None:
    run(fresh_database, *CHAIN)

    result = run(fresh_database, *CHAIN)

    assert result.exit_code == 1
    assert "The short name fern is taken." in result.output
    assert rows(fresh_database, "SELECT count(*) FROM member") == [(1,)]
