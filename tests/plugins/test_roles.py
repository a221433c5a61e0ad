"""A plugin's database role: it reads the published views, writes its own schema, and can do nothing else."""

from __future__ import annotations

from textwrap import dedent

import psycopg
import pytest
from psycopg import errors, sql

from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins
from polyclinic.plugins.published import PUBLISHED
from polyclinic.plugins.roles import ensure_role, plugins_without_role

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\ncapabilities = ["tables"]'
TABLES = """
    from alembic import op
    import sqlalchemy as sa
    from polyclinic.sdk.tables import in_clinics, organisation_table, text_column, uuid_column

    revision = "0001"
    down_revision = None

    def upgrade():
        organisation_table("label", text_column("name"))
        organisation_table("till", uuid_column("clinic_id"), clinic_predicate=in_clinics())
        op.create_table("counter", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("value", sa.Integer()))
        op.execute("GRANT SELECT, UPDATE (value) ON counter TO polyclinic_app")
"""


@pytest.fixture
def installed(shelf, fresh_database):
    """Install the plugin `labels` and return its database."""
    shelf.add("labels", "", manifest=MANIFEST)
    folder = shelf.folder / "polyclinic_labels" / "migrations"
    folder.mkdir()
    (folder / "0001_create.py").write_text(dedent(TABLES), encoding="utf-8")
    upgrade_plugins(fresh_database.urls.owner, load_plugins(shelf.entry_points(), strict=True))
    return fresh_database


@pytest.fixture
def organisations(installed):
    with psycopg.connect(installed.urls.owner, autocommit=True) as owner:
        made = "INSERT INTO organisation (id, name, slug) VALUES (gen_random_uuid(), %s, %s) RETURNING id"
        return [owner.execute(made, (slug, slug)).fetchone()[0] for slug in ("one", "two")]


@pytest.fixture(params=["app", "worker"])
def plugin(request, installed, organisations):
    """Return a connection of either login that has taken on the plugin's role, in the first organisation."""
    with psycopg.connect(getattr(installed.urls, request.param)) as connection:
        connection.execute("SELECT set_config('app.organisation_id', %s, true)", (str(organisations[0]),))
        connection.execute("SET LOCAL ROLE plugin_labels")
        yield connection


def test_role_cannot_sign_in_create_or_see_past_row_security(installed, admin_url):
    with psycopg.connect(admin_url) as admin:
        row = admin.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolinherit FROM pg_roles "
            "WHERE rolname = 'plugin_labels'"
        ).fetchone()

    assert row == (False,) * 6


def test_logins_get_none_of_the_roles_rights_unless_they_take_it_on(installed, admin_url):
    with psycopg.connect(admin_url) as admin:
        found = admin.execute(
            "SELECT m.member::regrole::text, m.inherit_option, m.set_option, m.admin_option FROM pg_auth_members m "
            "WHERE m.roleid = 'plugin_labels'::regrole AND m.member::regrole::text IN "
            "('polyclinic_app', 'polyclinic_worker') ORDER BY 1"
        ).fetchall()

    assert found == [("polyclinic_app", False, True, False), ("polyclinic_worker", False, True, False)]


def test_role_reads_every_published_view(plugin):
    for published in PUBLISHED:
        plugin.execute(sql.SQL("SELECT * FROM pub.{}").format(sql.Identifier(published.table_name)))


def test_role_may_do_nothing_with_tables_of_core(installed, admin_url):
    with psycopg.connect(admin_url, dbname=installed.name) as admin:
        readable = admin.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'S') AND n.nspname IN ('public', 'jobs') AND "
            "(CASE c.relkind WHEN 'S' THEN has_sequence_privilege('plugin_labels', c.oid, 'USAGE, SELECT, UPDATE') "
            "ELSE has_table_privilege('plugin_labels', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE') "
            "OR has_any_column_privilege('plugin_labels', c.oid, 'SELECT, INSERT, UPDATE') END)"
        ).fetchall()
        schemas = admin.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)' "
            "AND (has_schema_privilege('plugin_labels', oid, 'USAGE') "
            "OR has_schema_privilege('plugin_labels', oid, 'CREATE')) ORDER BY 1"
        ).fetchall()
        creatable = admin.execute(
            "SELECT nspname FROM pg_namespace WHERE has_schema_privilege('plugin_labels', oid, 'CREATE')"
        ).fetchall()

    assert (readable, schemas, creatable) == ([], [("plugin_labels",), ("pub",)], [])


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM public.client",
        "UPDATE public.organisation SET name = 'x'",
        "INSERT INTO pub.v1_organisation (name) VALUES ('x')",
        "CREATE TABLE plugin_labels.more (id int)",
        "DROP TABLE plugin_labels.label",
        "TRUNCATE plugin_labels.label",
        "DELETE FROM plugin_labels.label",
        "UPDATE plugin_labels.counter SET id = 2",
        "SET ROLE polyclinic_owner",
    ],
)
def test_role_is_refused_what_is_not_its_own(plugin, statement):
    with pytest.raises(errors.InsufficientPrivilege):
        plugin.execute(statement)


def test_role_writes_its_own_tables_within_the_organisation(plugin, organisations):
    own, foreign = organisations
    plugin.execute("INSERT INTO plugin_labels.label VALUES (%s, gen_random_uuid(), 'blue')", (own,))
    plugin.execute("UPDATE plugin_labels.counter SET value = 2")

    assert plugin.execute("SELECT organisation_id, name FROM plugin_labels.label").fetchall() == [(own, "blue")]
    with pytest.raises(errors.InsufficientPrivilege):
        plugin.execute("INSERT INTO plugin_labels.label VALUES (%s, gen_random_uuid(), 'red')", (foreign,))


def test_role_sees_rows_of_its_clinics_alone(plugin, organisations):
    clinic_id = "01a2284d-159c-7199-a836-9363e37c6feb"
    plugin.execute("SELECT set_config('app.clinic_ids', %s, true)", (clinic_id,))
    statement = "INSERT INTO plugin_labels.till VALUES (%s, gen_random_uuid(), %s)"
    plugin.execute(statement, (organisations[0], clinic_id))
    plugin.execute("SELECT set_config('app.clinic_ids', '', true)")

    assert plugin.execute("SELECT count(*) FROM plugin_labels.till").fetchone() == (0,)
    with pytest.raises(errors.InsufficientPrivilege):
        plugin.execute(statement, (organisations[0], clinic_id))


def test_upgrading_again_changes_no_right(shelf, installed, admin_url):
    rights = (
        "SELECT oid::regclass::text, relacl::text FROM pg_class WHERE relnamespace IN "
        "('plugin_labels'::regnamespace, 'pub'::regnamespace) ORDER BY 1"
    )
    policies = (
        "SELECT tablename, policyname, roles::text FROM pg_policies WHERE schemaname = 'plugin_labels' ORDER BY 1, 2"
    )
    with psycopg.connect(admin_url, dbname=installed.name, autocommit=True) as admin:
        before = admin.execute(rights).fetchall(), admin.execute(policies).fetchall()
        upgrade_plugins(installed.urls.owner, load_plugins(shelf.entry_points(), strict=True))
        after = admin.execute(rights).fetchall(), admin.execute(policies).fetchall()

    assert after == before
    assert ("label", "tenant", "{plugin_labels,polyclinic_app,polyclinic_worker}") in after[1]


def test_without_the_right_to_create_roles_plugins_are_installed_and_the_operator_is_told(shelf, fresh_database):
    shelf.add("roleless", "", manifest=MANIFEST)
    with psycopg.connect(fresh_database.admin_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE polyclinic_owner NOCREATEROLE")
        try:
            (done,) = upgrade_plugins(fresh_database.urls.owner, load_plugins(shelf.entry_points(), strict=True))
        finally:
            admin.execute("ALTER ROLE polyclinic_owner CREATEROLE")
    with psycopg.connect(fresh_database.urls.app) as app:
        missing = plugins_without_role(app)

    assert (done.error, missing) == ("", ["roleless"])


def test_role_of_another_databases_installation_is_shared(installed):
    with psycopg.connect(installed.urls.owner, autocommit=True) as owner:
        assert ensure_role(owner, "labels") is True
