"""The database guard: whatever a plugin does with the database, core's transaction and settings are as before."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from polyclinic.kit.db import make_engine, make_session_factory, session, transaction
from polyclinic.kit.errors import Conflict
from polyclinic.kit.ids import new_id
from polyclinic.plugins.calls import acting, telling
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core, asking, calling_core, joining, working
from polyclinic.plugins.dispatch import Dispatcher
from polyclinic.plugins.guard import MisusedDatabase
from polyclinic.plugins.loading import load_plugins
from polyclinic.testing.counting import counted

SETTINGS = (
    "SELECT current_user::text, current_setting('statement_timeout'), current_setting('transaction_read_only'), "
    "current_setting('app.organisation_id', true), current_setting('app.clinic_ids', true), "
    "coalesce(current_setting('app.member_id', true), '')"
)
STATE = text(f"{SETTINGS}, (SELECT count(*) FROM clinic), (SELECT count(*) FROM plugin_probing.note)")
INSIDE = text(SETTINGS)
PROBE = """
    from sqlalchemy import text

    @hookimpl
    def client_badges(ctx, client_ids):
        {body}
        return {{}}
"""
NOTE = text("INSERT INTO plugin_probing.note VALUES (:organisation_id, :id, :name)")
NAMES = text("SELECT name FROM plugin_probing.note ORDER BY name")
MISUSES = [
    "ctx.db.execute(text('SELECT 1 / 0'))",
    "ctx.db.execute(text('SELECT nonsense FROM nowhere'))",
    "ctx.db.execute(text('SELECT pg_sleep(10)'))",
    "ctx.db.execute(text('DELETE FROM public.clinic'))",
    "ctx.db.execute(text(\"SELECT set_config('app.organisation_id', '', false)\")); ctx.db.commit()",
    "ctx.db.execute(text(\"SELECT set_config('app.clinic_ids', 'x', true), set_config('app.member_id', 'x', true)\"))",
    "ctx.db.execute(text(\"SELECT set_config('role', 'none', true)\")); ctx.db.commit()",
    "ctx.db.execute(text('RESET ROLE'))",
    "ctx.db.execute(text('SET statement_timeout = 0')); ctx.db.commit()",
    "ctx.db.execute(text('COMMIT'))",
    "ctx.db.execute(text('RELEASE SAVEPOINT sa_savepoint_1'))",
    "ctx.db.execute(text(' rollback to savepoint sa_savepoint_1'))",
    "ctx.db.begin_nested(); ctx.db.execute(text('SELECT 1')); raise SystemExit(1)",
    "ctx.db.connection().begin_nested()",
    "ctx.db.execute(text('SELECT 1')); ctx.db.rollback(); ctx.db.close()",
    "ctx.db.execute(text('SELECT 1')); ctx.db.commit(); ctx.db.execute(text('SELECT 1'))",
]


@pytest.fixture
def state(db, probing):
    """Return a function that tells what core's connection looks like."""
    return lambda: db.execute(STATE).one()


def write(own, world, name: str) -> None:
    own.execute(NOTE, {"organisation_id": world.id, "id": new_id(), "name": name})


def context(world) -> Ctx:
    return Ctx(world.actor(), world.clinic.id)


def ask(shelf, world, body: str) -> Dispatcher:
    shelf.add("probing", PROBE.format(body=body))
    asked = Dispatcher(load_plugins(shelf.entry_points(), strict=True), lambda *_: True)
    asked.ask("client_badges", context(world), client_ids=[])
    return asked


@pytest.mark.parametrize("body", MISUSES)
def test_core_goes_on_as_if_an_asked_hook_had_not_run(shelf, state, world, body):
    before = state()

    ask(shelf, world, body)

    assert state() == before


@pytest.mark.parametrize("body", MISUSES)
def test_core_gets_its_settings_back_from_a_hook_that_joins(state, body):
    before = state()

    with suppress(Exception, SystemExit), joining("probing", 200) as own:
        exec(body, {"ctx": SimpleNamespace(db=own), "text": text})

    assert state() == before


@pytest.mark.parametrize("body", MISUSES)
def test_core_gets_its_settings_back_from_a_page(state, body):
    before = state()

    with suppress(Exception, SystemExit), working("probing", 200) as own:
        exec(body, {"ctx": SimpleNamespace(db=own), "text": text})

    assert state() == before


@pytest.mark.parametrize(("open_db", "read_only"), [(asking, "on"), (joining, "off"), (working, "off")])
def test_plugin_works_under_its_role_and_timeout_in_the_callers_organisation(state, open_db, read_only):
    _, _, _, organisation_id, clinic_ids, member_id, *_ = state()

    with open_db("probing", 777) as own:
        inside = own.execute(INSIDE).one()

    assert inside == ("plugin_probing", "777ms", read_only, organisation_id, clinic_ids, member_id)


def test_worker_takes_on_the_role_too(database, world, probing):
    engine = make_engine(database.urls.worker)
    with transaction(make_session_factory(engine), organisation_id=world.id, clinic_ids=[world.clinic.id]) as current:
        with telling(context(world), "probing", 30) as ctx:
            inside = ctx.db.execute(INSIDE).one()
        after = current.execute(INSIDE).one()
    engine.dispose()

    assert (inside[0], inside[1], after[0]) == ("plugin_probing", "30s", "polyclinic_worker")


def test_plugin_without_a_role_runs_as_the_application_within_its_timeout(db):
    with asking("roleless", 777) as own:
        inside = own.execute(INSIDE).one()

    assert inside[:3] == ("polyclinic_app", "777ms", "on")


def test_hook_sees_what_core_has_not_committed(shelf, db, world, probing):
    db.execute(text("UPDATE clinic SET city = 'Ely' WHERE id = :id"), {"id": world.clinic.id})
    seen = "assert ctx.db.scalar(text(\"SELECT count(*) FROM pub.v1_clinic WHERE city = 'Ely'\")) == 1"

    assert ask(shelf, world, seen).failures() == ()


def test_slow_statement_ends_at_the_hooks_timeout(shelf, db, world, probing):
    (failure,) = ask(shelf, world, "ctx.db.execute(text('SELECT pg_sleep(10)'))").failures()

    assert 200 <= failure.elapsed_ms < 5_000
    assert failure.error.startswith("OperationalError")


def test_nothing_is_sent_before_the_database_is_used(engine, db, world):
    with counted(engine) as sent, acting(context(world), "probing"), as_core():
        pass

    assert sent.texts == []


def test_join_is_kept_on_success_and_undone_on_failure(db, world, probing):
    with joining("probing", 1_000) as own:
        write(own, world, "kept")
    with suppress(ZeroDivisionError), joining("probing", 1_000) as own:
        write(own, world, "undone")
        own.commit()
        raise ZeroDivisionError

    assert db.execute(NAMES).scalars().all() == ["kept"]


def test_page_writes_in_the_requests_transaction(db, world, probing):
    with acting(context(world), "probing") as ctx:
        write(ctx.db, world, "one")
        ctx.db.commit()
        write(ctx.db, world, "two")

    assert db.execute(NAMES).scalars().all() == ["one", "two"]


@pytest.mark.parametrize("open_db", [joining, working])
def test_writing_plugin_cannot_touch_core(db, open_db):
    with db.begin_nested() as whole:
        with pytest.raises(ProgrammingError, match="permission denied"), open_db("probing", 1_000) as own:
            own.execute(text("UPDATE public.clinic SET name = 'x'"))
        whole.rollback()


def swallow(open_db, world) -> None:
    with open_db("probing", 1_000) as own:
        write(own, world, "lost")
        with suppress(DBAPIError):
            own.execute(text("SELECT 1 / 0"))


@pytest.mark.parametrize("open_db", [joining, working])
def test_plugin_that_goes_on_after_a_swallowed_error_is_refused(db, world, probing, open_db):
    with db.begin_nested() as whole:
        with pytest.raises(MisusedDatabase):
            swallow(open_db, world)
        whole.rollback()

    assert db.execute(NAMES).scalars().all() == []


@pytest.mark.parametrize("open_db", [asking, joining, working])
def test_core_called_by_a_plugin_works_with_its_own_settings_and_hands_back(state, db, open_db):
    before = state()

    with open_db("probing", 777) as own:
        inside = own.execute(INSIDE).one()
        own.execute(text("SELECT set_config('app.organisation_id', '', true)"))
        with as_core():
            called = db.execute(STATE).one()
        again = own.execute(INSIDE).one()

    assert (called, again, state()) == (before, inside, before)


def test_what_core_writes_for_an_asking_plugin_is_kept(db, world, probing):
    with asking("probing", 1_000) as own:
        own.execute(INSIDE)
        with as_core():
            session().execute(text("UPDATE clinic SET city = 'Ely' WHERE id = :id"), {"id": world.clinic.id})
        own.execute(INSIDE)

    assert db.scalar(text("SELECT city FROM clinic WHERE id = :id"), {"id": world.clinic.id}) == "Ely"


def test_plugin_may_go_on_after_a_refusal_of_core(db, world, probing):
    with joining("probing", 1_000) as own:
        write(own, world, "kept")
        with suppress(Conflict), calling_core():
            session().execute(text("UPDATE clinic SET city = 'Ely' WHERE id = :id"), {"id": world.clinic.id})
            raise Conflict("taken")
        with pytest.raises(IntegrityError), calling_core():
            session().execute(text("INSERT INTO clinic SELECT * FROM clinic"))
        write(own, world, "kept too")

    city = db.scalar(text("SELECT city FROM clinic WHERE id = :id"), {"id": world.clinic.id})
    assert (db.execute(NAMES).scalars().all(), city) == (["kept", "kept too"], "")


def test_database_of_a_plugin_is_closed_while_core_is_at_work(db, world, probing):
    with acting(context(world), "probing") as ctx, as_core(), pytest.raises(MisusedDatabase):
        ctx.db.execute(INSIDE)
    with acting(context(world), "probing") as ctx:
        own = ctx.db
        own.execute(INSIDE)
        with as_core(), pytest.raises(MisusedDatabase):
            own.execute(INSIDE)
        assert own.execute(INSIDE).one()[0] == "plugin_probing"


def test_plugins_asked_by_core_for_another_plugin_keep_apart(db, world, probing):
    with working("probing", 1_000) as own:
        write(own, world, "kept")
        with as_core(), asking("probing", 250) as other:
            inner = other.execute(INSIDE).one()
        outer = own.execute(INSIDE).one()

    assert (inner[:3], outer[:3]) == (("plugin_probing", "250ms", "on"), ("plugin_probing", "1s", "off"))
    assert db.execute(NAMES).scalars().all() == ["kept"]


def test_timeout_of_a_page_is_an_error_of_the_database(db, probing):
    with db.begin_nested() as whole:
        with pytest.raises(OperationalError), working("probing", 100) as own:
            own.execute(text("SELECT pg_sleep(5)"))
        whole.rollback()
