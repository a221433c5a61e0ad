"""Every tenant table is walled in by the database, whatever the code does."""

import psycopg
import pytest

CATALOGUE = """
SELECT c.relname, n.nspname, c.relrowsecurity, c.relforcerowsecurity, c.oid
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attname = 'organisation_id' AND NOT a.attisdropped
  AND (n.nspname = 'public' OR n.nspname LIKE 'plugin\\_%') ORDER BY 2, 1
"""
GLOBAL_TABLES = {"core_version", "organisation", "plugin_installation", "plugin_registry_revision", "user_account"}
KEYS_TO_GLOBAL_ROWS = {"plugin_installation", "user_account"}


@pytest.fixture
def owner(database):
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        yield connection


@pytest.fixture
def tables(owner):
    return owner.execute(CATALOGUE).fetchall()


def test_every_organisations_table_has_forced_row_security(tables):
    assert len(tables) >= 9
    assert [row[0] for row in tables if not (row[2] and row[3])] == []


def test_only_known_tables_belong_to_no_organisation(owner):
    found = owner.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public' AND NOT EXISTS ("
        "SELECT 1 FROM pg_attribute a "
        "WHERE a.attrelid = c.oid AND a.attname = 'organisation_id' AND NOT a.attisdropped)"
    ).fetchall()

    assert {row[0] for row in found} <= GLOBAL_TABLES


def test_every_organisations_table_has_the_policy_for_app_and_worker(owner, tables):
    policies = owner.execute(
        "SELECT schemaname, tablename, roles::text[], qual, with_check FROM pg_policies WHERE policyname = 'tenant'"
    ).fetchall()
    found = {(schema, table): (sorted(roles), qual, check) for schema, table, roles, qual, check in policies}

    for name, schema, *_ in tables:
        roles, qual, check = found[(schema, name)]
        assert roles == [*([schema] if schema != "public" else []), "polyclinic_app", "polyclinic_worker"]
        assert qual == check
        assert "current_setting('app.organisation_id'" in qual


def test_every_key_of_an_organisations_table_starts_with_the_organisation(owner, tables):
    constraints = owner.execute(
        "SELECT c.relname, k.conname, k.contype, (SELECT array_agg(a.attname::text ORDER BY u.position) "
        "FROM unnest(k.conkey) WITH ORDINALITY u(number, position) "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number) "
        "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE k.conrelid = ANY(%s) AND k.contype IN ('p', 'u', 'x')",
        ([row[4] for row in tables],),
    ).fetchall()

    assert [(t, n) for t, n, _, columns in constraints if "organisation_id" not in columns] == []
    assert [(t, n) for t, n, kind, columns in constraints if kind in "pu" and columns[0] != "organisation_id"] == []


def test_every_foreign_key_between_organisations_tables_carries_the_organisation(owner, tables):
    keys = owner.execute(
        "SELECT c.relname, k.conname, (SELECT array_agg(a.attname::text ORDER BY u.position) "
        "FROM unnest(k.conkey) WITH ORDINALITY u(number, position) "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number), "
        "k.confdeltype, t.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "JOIN pg_class t ON t.oid = k.confrelid WHERE k.conrelid = ANY(%s) AND k.contype = 'f'",
        ([row[4] for row in tables],),
    ).fetchall()

    plain = [
        (table, name)
        for table, name, columns, _, target in keys
        if columns[0] != "organisation_id" and target not in KEYS_TO_GLOBAL_ROWS
    ]
    assert plain == []
    own = {row[0] for row in tables if row[1] == "public"}
    assert [(table, name) for table, name, _, on_delete, _ in keys if table in own and on_delete not in "ra"] == []


def test_no_key_of_a_plugin_keeps_core_from_removing_a_row(owner):
    blocking = owner.execute(
        "SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid "
        "WHERE k.contype = 'f' AND c.relnamespace::regnamespace::text LIKE 'plugin\\_%' "
        "AND t.relnamespace = 'public'::regnamespace AND t.relname <> 'organisation' "
        "AND k.confdeltype NOT IN ('n', 'c')"
    ).fetchall()

    assert blocking == []


def test_every_index_but_the_overlap_guard_starts_with_the_organisation(owner, tables):
    indexes = owner.execute(
        "SELECT c.relname, i.relname, a.attname, m.amname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid "
        "JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam "
        "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0] WHERE x.indrelid = ANY(%s)",
        ([row[4] for row in tables],),
    ).fetchall()

    assert [(t, i) for t, i, column, method in indexes if method == "btree" and column != "organisation_id"] == []


def test_app_role_owns_nothing_and_can_neither_truncate_nor_create(owner):
    owned = owner.execute(
        "SELECT relname FROM pg_class WHERE relowner IN (SELECT oid FROM pg_roles WHERE rolname IN "
        "('polyclinic_app', 'polyclinic_worker'))"
    ).fetchall()
    truncatable = owner.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' "
        "AND c.relkind = 'r' AND has_table_privilege('polyclinic_app', c.oid, 'TRUNCATE')"
    ).fetchall()
    may_create = owner.execute("SELECT has_schema_privilege('polyclinic_app', 'public', 'CREATE')").fetchone()

    assert (owned, truncatable, may_create) == ([], [], (False,))


def test_no_role_of_ours_bypasses_row_security(owner):
    found = owner.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'polyclinic%' AND (rolsuper OR rolbypassrls)"
    ).fetchall()

    assert found == []


def test_with_no_organisation_set_every_organisations_table_shows_no_row(database, worlds, tables):
    with psycopg.connect(database.urls.app) as connection:
        for name, schema, *_ in tables:
            may_read = connection.execute(
                "SELECT has_table_privilege(%s, 'SELECT')", (f'"{schema}"."{name}"',)
            ).fetchone()
            if may_read == (True,):
                assert connection.execute(f'SELECT count(*) FROM "{schema}"."{name}"').fetchone() == (0,), name


def test_organisation_that_is_set_sees_its_own_rows_alone(database, worlds):
    first, second = worlds
    with psycopg.connect(database.urls.app) as connection:
        connection.execute("SELECT set_config('app.organisation_id', %s, true)", (str(first.id),))
        found = connection.execute("SELECT id FROM clinic").fetchall()
        renamed = connection.execute("UPDATE clinic SET name = 'x' WHERE id = %s", (second.clinic.id,)).rowcount
        connection.rollback()

    assert {row[0] for row in found} == {clinic.id for clinic in first.clinics}
    assert renamed == 0


def test_definer_functions_have_a_fixed_search_path_and_no_public_execute(owner):
    functions = owner.execute(
        "SELECT p.proname, p.proconfig::text, has_function_privilege('public', p.oid, 'EXECUTE') FROM pg_proc p "
        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prosecdef AND n.nspname IN ('public', 'jobs')"
    ).fetchall()

    assert functions != []
    assert [name for name, config, is_public in functions if is_public or "search_path" not in (config or "")] == []
