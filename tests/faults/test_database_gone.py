"""While the database cannot be reached every route says 503, none breaks; afterwards everything works again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.exc import OperationalError

from polyclinic.kit.errors import Unavailable
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.populated import populated_live, populated_template  # noqa: F401
from polyclinic.testing.probes import Probe, address, operation_of, own_request, routes
from polyclinic.testing.probing import Sender
from polyclinic.web.edge import answer_for

NEEDS_NO_DATABASE = {"api_docs", "health.live", "shell.root", "shell.set_public_theme", "sign_in.show_sign_in"}


@contextmanager
def gone(database: TestDatabase) -> Iterator[None]:
    """Close the database to everybody while the block runs."""
    name = sql.Identifier(database.name)
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database.name])
        try:
            yield
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def test_every_route_answers_503_while_the_database_is_gone(populated_live):  # noqa: F811
    live, ids = populated_live, populated_live.own.here
    sender = Sender(live.app, live.world.people["chain_administrator"])
    names = {**ids, "object_id": ids["client_id"], "organisation_id": live.world.id}
    probes = [request_to(live.app, rule, method, names) for rule, method in routes(live.app)]

    with gone(live.database):
        answers = {str(probe): sender.send(probe) for probe in probes if not is_without_database(probe)}
    again = {str(probe): sender.send(probe).status_code for probe in probes if probe.method == "GET"}

    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 503} == {}
    assert {name for name, answer in answers.items() if "Retry-After" not in answer.headers} == set()
    assert {name: status for name, status in again.items() if status >= 500} == {}


@pytest.mark.parametrize(("method", "is_known"), [("GET", True), ("POST", False)])
def test_change_whose_end_nobody_saw_is_not_called_undone(app, method, is_known):
    broken = OperationalError("COMMIT", {}, psycopg.OperationalError("server closed the connection"))
    broken.connection_invalidated = True

    with app.test_request_context("/clients", method=method):
        told = answer_for(broken)

    assert isinstance(told, Unavailable)
    assert ("Nothing was changed" in told.detail) is is_known


def request_to(app, rule, method, names) -> Probe:
    operation = operation_of(app, rule)
    if operation is not None:
        return own_request(rule, method, operation, names)
    form = (("email", "nobody@example.org"), ("password", "four quiet herons wading")) if method == "POST" else None
    return Probe(rule.endpoint, method, address(rule, names), form=form)


def is_without_database(probe: Probe) -> bool:
    return probe.endpoint in NEEDS_NO_DATABASE or probe.endpoint.split(".")[0] in NEEDS_NO_DATABASE
