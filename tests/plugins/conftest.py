"""Throw-away plugin distributions, written to a folder and found like installed ones."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from polyclinic.kit.db import make_engine
from polyclinic.plugins.roles import ensure_role, grant_to_role
from polyclinic.sdk.tables import organisation_table, text_column
from polyclinic.testing.databases import TestDatabase

MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1.0,<2"
    capabilities = ["sections", "panels", "api", "commands"]
"""


class PluginShelf:
    """A folder of throw-away distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        plugin_id: str,
        code: str,
        *,
        manifest: str | None = MANIFEST,
        version: str = "1.0",
        dist: str | None = None,
    ) -> None:
        """Write a distribution whose plugin module holds `code`; `manifest` None writes no manifest."""
        package = self.folder / f"polyclinic_{plugin_id}"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").write_text("", encoding="utf-8")
        imports = "from polyclinic.sdk.hooks import hookimpl\n"
        (package / "plugin.py").write_text(imports + dedent(code), encoding="utf-8")
        if manifest is not None:
            text = dedent(manifest).format(id=plugin_id)
            (package / "polyclinic-plugin.toml").write_text(text, encoding="utf-8")
        name = dist or f"polyclinic-{plugin_id}"
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        entry = f"[polyclinic.plugins]\n{plugin_id} = polyclinic_{plugin_id}.plugin\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        importlib.invalidate_caches()

    def entry_points(self) -> list[EntryPoint]:
        """Return the entry points of all distributions of this folder."""
        found = distributions(path=[str(self.folder)])
        return [point for dist in found for point in dist.entry_points.select(group="polyclinic.plugins")]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginShelf]:
    """A folder on the import path; what was imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield PluginShelf(tmp_path)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def fresh_database(fresh_database: TestDatabase) -> TestDatabase:
    """Return a database that knows of no plugin yet: these tests bring their own."""
    with psycopg.connect(fresh_database.admin_url, dbname=fresh_database.name) as connection:
        connection.execute("DELETE FROM plugin_installation")
    return fresh_database


@pytest.fixture(scope="module")
def probing(database: TestDatabase) -> Iterator[str]:
    """Give the plugin `probing` its role and a table `note`, as `db upgrade` would."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        assert ensure_role(owner, "probing")
        owner.execute("CREATE SCHEMA plugin_probing")
        owner.execute("GRANT USAGE ON SCHEMA plugin_probing TO polyclinic_app, polyclinic_worker")
        engine = make_engine(database.urls.owner)
        with engine.begin() as connection:
            context = MigrationContext.configure(connection, opts={"version_table_schema": "plugin_probing"})
            with Operations.context(context):
                organisation_table("note", text_column("name"))
            grant_to_role(connection, "probing")
        engine.dispose()
        yield "probing"
        owner.execute("DROP SCHEMA plugin_probing CASCADE")
