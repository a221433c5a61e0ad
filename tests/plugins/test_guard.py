"""The database guard: whatever an asked hook does with the database, core's transaction is as before."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.guard import read_only_savepoint
from polyclinic.plugins.loading import load_plugins

STATE = text(
    "SELECT current_user, current_setting('statement_timeout'), current_setting('transaction_read_only'), "
    "current_setting('app.organisation_id', true), (SELECT count(*) FROM clinic)"
)
PROBE = """
    from sqlalchemy import text

    @hookimpl
    def client_badges(ctx, client_ids):
        {body}
        return {{}}
"""


def ask(shelf, world, body: str) -> Dispatcher:
    shelf.add("probing", PROBE.format(body=body))
    asked = Dispatcher(load_plugins(shelf.entry_points(), strict=True), lambda *_: True, read_only_savepoint)
    asked.ask("client_badges", Ctx(world.actor(), world.clinic.id), client_ids=[])
    return asked


@pytest.mark.parametrize(
    "body",
    [
        "ctx.db.execute(text('SELECT 1 / 0'))",
        "ctx.db.execute(text('SELECT nonsense FROM nowhere'))",
        "ctx.db.execute(text('SELECT pg_sleep(10)'))",
        "ctx.db.execute(text('DELETE FROM clinic'))",
        "ctx.db.execute(text(\"SELECT set_config('app.organisation_id', '', false)\")); ctx.db.commit()",
        "ctx.db.execute(text('SET statement_timeout = 0')); ctx.db.commit()",
        "ctx.db.begin_nested(); ctx.db.execute(text('SELECT 1')); raise SystemExit(1)",
        "ctx.db.connection().begin_nested()",
        "ctx.db.execute(text('SELECT 1')); ctx.db.rollback(); ctx.db.close()",
    ],
)
def test_core_goes_on_as_if_nothing_had_happened(shelf, db, world, body):
    before = db.execute(STATE).one()

    ask(shelf, world, body)

    assert db.execute(STATE).one() == before


def test_hook_sees_the_organisation_and_what_core_has_not_committed(shelf, db, world):
    db.execute(text("UPDATE clinic SET city = 'Ely' WHERE id = :id"), {"id": world.clinic.id})
    seen = "assert ctx.db.scalar(text(\"SELECT count(*) FROM clinic WHERE city = 'Ely'\")) == 1"

    assert ask(shelf, world, seen).failures() == ()


def test_slow_statement_ends_at_the_hooks_timeout(shelf, db, world):
    (failure,) = ask(shelf, world, "ctx.db.execute(text('SELECT pg_sleep(10)'))").failures()

    assert 200 <= failure.elapsed_ms < 5_000
    assert failure.error.startswith("OperationalError")
