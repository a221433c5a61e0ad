"""REST routes of a plugin: below its own address, documented, permitted, and absent where the plugin is off."""

from __future__ import annotations

import psycopg
import pytest

from polyclinic.app import create_app
from polyclinic.kit.config import Config
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.plugins.services import disable_plugin, enable_plugin
from polyclinic.testing.clients import RestClient

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\ncapabilities = ["api"]'
ROUTES = """
    from marshmallow import fields
    from polyclinic.sdk.api import PluginRoutes, Schema

    class NoteSchema(Schema):
        text = fields.String()

    routes = PluginRoutes("{id}", tag="Notes")

    @routes.get("/notes", permission="{permission}", response=NoteSchema)
    def list_notes(actor):
        return []

    @hookimpl
    def register_api():
        return [routes.declaration()]
"""


@pytest.fixture(scope="module", autouse=True)
def installed(database):
    """Record the plugin as `db upgrade` does, and take the record back after every test's transaction."""
    with psycopg.connect(database.urls.owner, autocommit=True) as owner:
        owner.execute("INSERT INTO plugin_installation VALUES ('notes', '1.0', '1.0', 'installed')")
        yield
        owner.execute("DELETE FROM plugin_installation WHERE plugin_id = 'notes'")


@pytest.fixture
def notes_app(shelf, monkeypatch, database, db, joined):
    """Build an application with the plugin `notes`, on the test's transaction."""
    shelf.add("notes", ROUTES.format(id="notes", permission="clients:read"), manifest=MANIFEST)
    monkeypatch.setattr("polyclinic.plugins.loading.installed_entry_points", shelf.entry_points)
    before: PluginRuntime = runtime()
    app = create_app(Config(database_url=database.urls.app, secure_cookies=False, threads=1))
    app.extensions["polyclinic_session"] = joined
    yield app
    use_runtime(before)


@pytest.fixture
def registry(shelf, notes_app):
    return load_plugins(shelf.entry_points(), strict=True)


def ask(app, person) -> int:
    return RestClient(app, person.token).get("/api/v1/ext/notes/notes").status_code


def test_routes_answer_only_where_the_plugin_is_on(notes_app, registry, world, other_world):
    north, south = world.people["therapist"], world.elsewhere["therapist"]
    before = ask(notes_app, north)
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)

    answers = [ask(notes_app, person) for person in (north, south, other_world.people["therapist"])]
    disable_plugin(world.actor(), DisablePlugin("notes", world.clinic.id), registry=registry)

    assert (before, answers, ask(notes_app, north)) == (404, [200, 404, 404], 404)


def test_routes_are_part_of_the_api_document(notes_app):
    document = notes_app.extensions["polyclinic_api"].spec.to_dict()

    assert document["paths"]["/api/v1/ext/notes/notes"]["get"]["tags"] == ["Notes"]


@pytest.mark.parametrize(
    ("plugin_id", "permission", "code"),
    [("notes", "notes.list:read", "PC010"), ("other", "clients:read", "PC005")],
)
def test_routes_with_unknown_permission_or_foreign_address_are_refused(shelf, plugin_id, permission, code):
    shelf.add("notes", ROUTES.format(id=plugin_id, permission=permission), manifest=MANIFEST)

    assert [problem.code for problem in load_plugins(shelf.entry_points()).problems] == [code]
