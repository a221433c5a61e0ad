"""Plugins' own tables: in their schema, secured, upgraded as a whole or not at all."""

from __future__ import annotations

from textwrap import dedent

import psycopg
import pytest

from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import PluginUpgrade, upgrade_plugins
from polyclinic.plugins.vocabulary import InstallationState

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\ncapabilities = ["tables"]'
FIRST = """
    import sqlalchemy as sa
    from alembic import op
    from polyclinic.sdk.tables import OnErase, organisation_table, refers_to_core, refers_to_own
    from polyclinic.sdk.tables import text_column, uuid_column

    revision = "0001"
    down_revision = None

    def upgrade():
        organisation_table("price", text_column("label"), uuid_column("clinic_id", nullable=True),
                     refers_to_core("clinic_id", "clinic", on_erase=OnErase.SET_NULL))
        organisation_table("discount", uuid_column("price_id"), refers_to_own("price_id", "price"))
        op.create_table("note", sa.Column("id", sa.Integer(), primary_key=True))
"""
SECOND = """
    from alembic import op
    revision = "0002"
    down_revision = "0001"

    def upgrade():
        op.execute("CREATE TABLE half_done (id int)")
        {last}
"""


def add_migration(shelf, plugin_id: str, name: str, code: str) -> None:
    folder = shelf.folder / f"polyclinic_{plugin_id}" / "migrations"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(dedent(code), encoding="utf-8")


@pytest.fixture
def owner(fresh_database):
    with psycopg.connect(fresh_database.urls.owner, autocommit=True) as connection:
        yield connection


def upgrade(shelf, database):
    return upgrade_plugins(database.urls.owner, load_plugins(shelf.entry_points(), strict=True))


def tables(owner, schema: str) -> list[str]:
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", (schema,))
    return [row[0] for row in rows]


def installations(owner) -> list[tuple[str, str, str]]:
    return owner.execute("SELECT plugin_id, version, state FROM plugin_installation ORDER BY 1").fetchall()


def test_tables_and_version_lie_in_the_plugins_schema(shelf, fresh_database, owner):
    shelf.add("prices", "", manifest=MANIFEST)
    add_migration(shelf, "prices", "0001_create_price", FIRST)

    done = upgrade(shelf, fresh_database)

    assert done == (PluginUpgrade("prices", "1.0", InstallationState.INSTALLED),)
    assert tables(owner, "plugin_prices") == ["discount", "note", "plugin_version", "price"]
    assert "note" not in tables(owner, "public")
    assert installations(owner) == [("prices", "1.0", "installed")]


def test_tables_force_row_security_and_keep_organisations_apart(shelf, fresh_database, owner):
    shelf.add("prices", "", manifest=MANIFEST)
    add_migration(shelf, "prices", "0001_create_price", FIRST)
    upgrade(shelf, fresh_database)
    for slug in ("one", "two"):
        owner.execute("INSERT INTO organisation (id, name, slug) VALUES (gen_random_uuid(), %s, %s)", (slug, slug))
        organisation = owner.execute("SELECT id FROM organisation WHERE slug = %s", (slug,)).fetchone()[0]
        owner.execute("INSERT INTO plugin_prices.price VALUES (%s, gen_random_uuid(), %s)", (organisation, slug))

    secured = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'plugin_prices.price'::regclass"
    with psycopg.connect(fresh_database.urls.app) as app:
        without_organisation = app.execute("SELECT label FROM plugin_prices.price").fetchall()
        app.execute("SELECT set_config('app.organisation_id', %s, true)", (str(organisation),))
        of_two = app.execute("SELECT label FROM plugin_prices.price").fetchall()

    assert owner.execute(secured).fetchone() == (True,)
    assert (without_organisation, of_two) == ([], [("two",)])


def test_upgrading_twice_changes_nothing(shelf, fresh_database, owner):
    shelf.add("prices", "", manifest=MANIFEST)
    add_migration(shelf, "prices", "0001_create_price", FIRST)

    assert upgrade(shelf, fresh_database) == upgrade(shelf, fresh_database)


def test_failing_migration_leaves_the_tables_as_they_were_and_spares_others(shelf, fresh_database, owner):
    shelf.add("notes", "", manifest='id = "{id}"\nrequires_polyclinic = ">=1"')
    shelf.add("prices", "", manifest=MANIFEST)
    shelf.add("receipts", "", manifest='id = "{id}"\nrequires_polyclinic = ">=1"\n[requires_plugins]\nprices = ">=1"')
    add_migration(shelf, "prices", "0001_create_price", FIRST)
    upgrade(shelf, fresh_database)
    add_migration(shelf, "prices", "0002_break", SECOND.format(last="raise SystemExit(1)"))

    done = upgrade(shelf, fresh_database)

    assert done == (
        PluginUpgrade("notes", "1.0", InstallationState.INSTALLED),
        PluginUpgrade("prices", "1.0", InstallationState.BROKEN, "SystemExit: 1"),
        PluginUpgrade("receipts", "1.0", InstallationState.BROKEN, "it needs prices, which could not be upgraded"),
    )
    assert tables(owner, "plugin_prices") == ["discount", "note", "plugin_version", "price"]
    assert installations(owner) == [
        ("notes", "1.0", "installed"),
        ("prices", "1.0", "broken"),
        ("receipts", "1.0", "broken"),
    ]


def test_reference_to_a_table_that_is_no_anchor_is_refused(shelf, fresh_database):
    shelf.add("prices", "", manifest=MANIFEST)
    add_migration(shelf, "prices", "0001_create_price", FIRST.replace('"clinic", on', '"clients", on'))

    (done,) = upgrade(shelf, fresh_database)

    assert done.error == 'ValueError: plugins may not refer to "clients". Did you mean "client"?'


def test_plugin_whose_code_is_gone_is_archived_with_its_tables(shelf, fresh_database, owner):
    shelf.add("prices", "", manifest=MANIFEST)
    add_migration(shelf, "prices", "0001_create_price", FIRST)
    upgrade(shelf, fresh_database)

    upgrade_plugins(fresh_database.urls.owner, load_plugins([]))

    assert installations(owner) == [("prices", "1.0", "archived")]
    assert "price" in tables(owner, "plugin_prices")


def test_dropped_schema_makes_room_for_a_new_installation(shelf, fresh_database, owner):
    shelf.add("prices", "", manifest=MANIFEST)
    add_migration(shelf, "prices", "0001_create_price", FIRST)
    upgrade(shelf, fresh_database)
    owner.execute("DROP SCHEMA plugin_prices CASCADE")

    upgrade(shelf, fresh_database)

    assert "price" in tables(owner, "plugin_prices")
