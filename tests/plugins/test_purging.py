"""Purging a plugin: looked at first, dumped first, gone for good, installable again; signed records stay."""

from __future__ import annotations

from textwrap import dedent

import psycopg
import pytest
from click.testing import CliRunner

from polyclinic.cli.plugins import plugin
from polyclinic.kit.errors import Conflict, NotFound
from polyclinic.plugins.dumping import dump_schema
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins
from polyclinic.plugins.purging import KEPT, Purge, plan_purge, purge_plugin

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\ncapabilities = ["tables"]'
TABLES = """
    from polyclinic.sdk.tables import INSERT_ONLY, immutable_rows, organisation_table, refers_to_own
    from polyclinic.sdk.tables import text_column, uuid_column

    revision = "0001"
    down_revision = None

    def upgrade():
        organisation_table("book", text_column("title"))
        organisation_table("page", uuid_column("book_id"), refers_to_own("book_id", "book"), grants=INSERT_ONLY)
        immutable_rows("page")
"""
ID = "01a2284d-159c-7199-a836-9363e37c6feb"
SWITCHED_ON = (
    "INSERT INTO plugin_enablement (organisation_id, id, plugin_id, state, changed_at) "
    "VALUES (%(id)s, %(id)s, 'library', 'enabled', now())"
)
ENQUEUED = (
    "SELECT jobs.procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'plugins.deliver', 0, NULL, NULL, "
    "jsonb_build_object('organisation_id', %(id)s::text, 'payload', jsonb_build_object('plugin_id', 'library')), NULL)"
    "::jobs.procrastinate_job_to_defer_v1, ROW('default', 'plugin:library.remind', 0, NULL, NULL, "
    "jsonb_build_object('organisation_id', %(id)s::text, 'payload', '{}'::jsonb), NULL)"
    "::jobs.procrastinate_job_to_defer_v1])"
)
MAILED = (
    "INSERT INTO mail_message (organisation_id, id, recipient, subject, body, plugin_id, next_attempt_at, created_at) "
    "VALUES (%(id)s, %(id)s, 'tom@example.org', 'Due', 'Back by Monday.', 'library', now(), now())"
)
OWN = (("book", 1), ("page", 1), ("plugin_version", 1))


@pytest.fixture
def registry(shelf):
    shelf.add("library", "", manifest=MANIFEST)
    folder = shelf.folder / "polyclinic_library" / "migrations"
    folder.mkdir()
    (folder / "0001_create.py").write_text(dedent(TABLES), encoding="utf-8")
    return load_plugins(shelf.entry_points(), strict=True)


@pytest.fixture
def installed(registry, fresh_database):
    """Install the plugin, switch it on and give it rows, settings and a job."""
    upgrade_plugins(fresh_database.urls.owner, registry)
    with psycopg.connect(fresh_database.urls.owner, autocommit=True) as owner:
        for statement in (
            "INSERT INTO organisation (id, name, slug) VALUES (%(id)s, 'Reed', 'reed')",
            "INSERT INTO plugin_library.book VALUES (%(id)s, %(id)s, 'Herons')",
            "INSERT INTO plugin_library.page VALUES (%(id)s, %(id)s, %(id)s)",
            SWITCHED_ON,
            "INSERT INTO setting (organisation_id, id, key, value) VALUES (%(id)s, %(id)s, 'library.days', '3')",
            "INSERT INTO setting (organisation_id, id, key, value) VALUES (%(id)s, gen_random_uuid(), 'lib', '3')",
            ENQUEUED,
            MAILED,
        ):
            owner.execute(statement, {"id": ID})
    return fresh_database


@pytest.fixture
def owner(installed):
    with psycopg.connect(installed.urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def run(installed, shelf, monkeypatch, tmp_path):
    """Return a runner of `polyclinic plugin` in an empty folder."""
    monkeypatch.setattr("polyclinic.plugins.loading.installed_entry_points", shelf.entry_points)
    monkeypatch.setenv("DATABASE_OWNER_URL", installed.urls.owner)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **options: CliRunner().invoke(plugin, arguments, catch_exceptions=False, **options)


def about(plan: Purge) -> dict[str, int]:
    return {name: rows for name, rows in plan.about if rows}


def left(owner) -> tuple:
    counts = owner.execute(
        "SELECT to_regnamespace('plugin_library') IS NOT NULL, (SELECT count(*) FROM plugin_installation), "
        "(SELECT count(*) FROM plugin_enablement), (SELECT string_agg(key, ',') FROM setting), "
        "(SELECT count(*) FROM jobs.procrastinate_jobs)"
    )
    return counts.fetchone()


def test_plan_counts_the_rows_and_removes_nothing(installed, registry, owner):
    before = left(owner)

    plan = plan_purge(installed.urls.owner, "library", registry)

    assert (plan.tables, about(plan)) == (OWN, {"plugin_enablement": 1, "setting": 1})
    assert left(owner) == before == (True, 1, 1, "library.days,lib", 2)


def test_purge_removes_tables_switches_settings_and_jobs_and_writes_them_down(installed, registry, owner, tmp_path):
    done = purge_plugin(installed.urls.owner, "library", registry, dump=tmp_path / "dump.sql")

    text = (tmp_path / "dump.sql").read_text(encoding="utf-8")
    audit = owner.execute("SELECT organisation_id::text, action, detail FROM audit_event").fetchall()
    assert (done.tables, done.dump) == (OWN, tmp_path / "dump.sql")
    assert left(owner) == (False, 0, 0, "lib", 0)
    assert "CREATE TABLE plugin_library.book" in text
    assert "Herons" in text
    assert (tmp_path / "dump.sql").stat().st_mode & 0o077 == 0
    assert owner.execute("SELECT state FROM mail_message").fetchall() == [("queued",)]
    assert audit == [(ID, "plugin.purged", {"plugin": "library"})]


def test_purged_plugin_is_installed_again_from_nothing(installed, registry, owner, tmp_path):
    purge_plugin(installed.urls.owner, "library", registry, dump=tmp_path / "dump.sql")

    (done,) = upgrade_plugins(installed.urls.owner, registry)

    assert done.error == ""
    assert owner.execute("SELECT count(*) FROM plugin_library.book").fetchone() == (0,)
    with psycopg.connect(installed.urls.app) as app:
        app.execute("SELECT set_config('app.organisation_id', %s, true)", (ID,))
        app.execute("SET LOCAL ROLE plugin_library")
        app.execute("INSERT INTO plugin_library.book VALUES (%s, %s, 'Egrets')", (ID, ID))


def test_purge_works_when_the_code_is_gone(installed, owner, tmp_path):
    purge_plugin(installed.urls.owner, "library", load_plugins([]), dump=tmp_path / "dump.sql")

    assert left(owner) == (False, 0, 0, "lib", 0)


def test_role_goes_with_the_last_database_that_uses_it(installed, registry, owner, tmp_path, admin_url):
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE uses_library OWNER polyclinic_owner")
    with psycopg.connect(admin_url, dbname="uses_library", autocommit=True) as elsewhere:
        elsewhere.execute("CREATE TABLE shelf (id int)")
        elsewhere.execute("GRANT SELECT ON shelf TO plugin_library")
    used = purge_plugin(installed.urls.owner, "library", registry, dump=tmp_path / "first.sql")
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE uses_library")
    upgrade_plugins(installed.urls.owner, registry)
    last = purge_plugin(installed.urls.owner, "library", registry, dump=tmp_path / "second.sql")

    assert (used.role_is_kept, last.role_is_kept) == (True, False)
    assert owner.execute("SELECT to_regrole('plugin_library')").fetchone() == (None,)


def test_unwritable_dump_stops_the_purge(installed, registry, owner, tmp_path):
    before = left(owner)
    (tmp_path / "dump.sql").write_text("earlier")

    with pytest.raises(FileExistsError):
        purge_plugin(installed.urls.owner, "library", registry, dump=tmp_path / "dump.sql")

    assert left(owner) == before


def test_plugin_that_another_one_needs_is_not_purged(installed, shelf, tmp_path):
    shelf.add("reader", "", manifest=MANIFEST + '\n[requires_plugins]\nlibrary = ">=1"')
    registry = load_plugins(shelf.entry_points(), strict=True)

    with pytest.raises(Conflict, match="reader needs library"):
        purge_plugin(installed.urls.owner, "library", registry, dump=tmp_path / "dump.sql")


def test_plugin_that_was_never_installed_is_not_found(installed, registry):
    with pytest.raises(NotFound):
        plan_purge(installed.urls.owner, "unknown", registry)


def test_without_pg_dump_the_rows_are_written_for_tables_made_anew(installed, registry, owner, tmp_path):
    dump = tmp_path / "copy.sql"
    dump_schema(owner, installed.urls.owner, "plugin_library", dump, programs=())

    assert dump.read_text(encoding="utf-8").split("\n\n")[:2] == [
        f'COPY "plugin_library"."book" FROM stdin;\n{ID}\t{ID}\tHerons\n\\.',
        f'COPY "plugin_library"."page" FROM stdin;\n{ID}\t{ID}\t{ID}\n\\.',
    ]


def test_dry_run_of_the_command_lists_the_tables(run, owner):
    before = left(owner)

    result = run("purge", "library", "--dry-run")

    assert result.output.splitlines()[:2] == [
        "Rows of library that a purge removes:",
        "  plugin_library.book: 1",
    ]
    assert result.output.endswith("This was a dry run. Nothing was removed.\n")
    assert left(owner) == before


@pytest.mark.parametrize("typed", ["\n", "Library\n", "yes\n"])
def test_command_removes_nothing_unless_the_id_is_typed(run, owner, typed):
    before = left(owner)

    result = run("purge", "library", input=typed)

    assert (result.exit_code, left(owner)) == (1, before)
    assert result.output.endswith("is not library. Nothing was removed.\n")


@pytest.mark.parametrize(("options", "typed"), [((), "library\n"), (("--yes-purge", "library"), "")])
def test_command_purges_once_the_id_is_typed(run, owner, tmp_path, options, typed):
    result = run("purge", "library", *options, input=typed)

    dumps = [path.name for path in tmp_path.glob("polyclinic-purge-library-*.sql")]
    assert (result.exit_code, left(owner)[0], len(dumps)) == (0, False, 1)
    assert f"library is purged. Its tables were written to {dumps[0]}." in result.output


def test_tables_whose_rows_never_change_are_left_alone(owner):
    immutable = owner.execute(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_attribute a "
        "ON a.attrelid = c.oid WHERE t.tgname = 'immutable_row' AND a.attname = 'plugin_id'"
    ).fetchall()

    assert {row[0] for row in immutable} == {"treatment_record_section"}
    assert "treatment_record_section" in KEPT
