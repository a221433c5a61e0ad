"""Documents of plugins: made read only, permitted, sent as files; a failure names the plugin and the log entry."""

from __future__ import annotations

from uuid import uuid4

import pytest

from polyclinic.identity.commands import CreateApiKey
from polyclinic.identity.services.api_keys import mint_api_key
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import disable_plugin, enable_plugin
from polyclinic.testing.clients import RestClient
from tests.plugins.shelved import reader, recorded, served

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\ncapabilities = ["documents"]'
PLUGIN = """
    from sqlalchemy import text
    from polyclinic.sdk.documents import Document, DocumentTemplate
    from polyclinic.sdk.errors import NotFound
    from polyclinic.sdk.panels import Permission

    def page(ctx, subject_id):
        return Document("page.pdf", f"%PDF {subject_id} {len(ctx.actor.clinic_ids)}".encode())

    def html(ctx, subject_id):
        return Document("page.html", b"<script>alert(1)</script>", "text/html")

    def absent(ctx, subject_id):
        raise NotFound("note")

    def broken(ctx, subject_id):
        raise SystemExit(1)

    def other(ctx, subject_id):
        return "a text"

    def writing(ctx, subject_id):
        ctx.db.execute(text("CREATE TABLE plugin_notes.x (id int)"))

    @hookimpl
    def register_permissions():
        return [Permission("notes.pages:read", "Read pages", ("therapist",))]

    @hookimpl
    def register_documents():
        makers = (page, html, absent, broken, other, writing)
        return [DocumentTemplate(f"notes.{m.__name__}", "Page", "notes.pages:read", m) for m in makers]
"""


@pytest.fixture(scope="module", autouse=True)
def installed(database):
    with recorded(database, "notes"):
        yield


@pytest.fixture
def notes_app(shelf, monkeypatch, database, db, joined, world):
    """Serve the plugin, on at the first clinic."""
    shelf.add("notes", PLUGIN, manifest=MANIFEST)
    with served(shelf, monkeypatch, database, joined) as app:
        enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=runtime().registry)
        yield app


@pytest.fixture
def therapist(notes_app, world):
    return reader(notes_app, world.people["therapist"])


@pytest.mark.parametrize(("query", "disposition"), [("", "attachment"), ("?inline=1", "inline")])
def test_document_is_a_file_in_a_sandbox_and_its_reading_audited(therapist, world, db, query, disposition):
    subject = uuid4()

    answer = therapist.get(f"/documents/notes.page/{subject}{query}")

    assert (answer.status_code, answer.get_data()) == (200, f"%PDF {subject} 1".encode())
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f"{disposition}; filename=page.pdf"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    rows = db.connection().exec_driver_sql("SELECT action, detail FROM audit_event WHERE object_type = 'notes.page'")
    assert [action for action, _ in rows] == ["notes.page.read"]


def test_document_that_a_browser_could_run_is_held_in_a_sandbox(therapist):
    answer = therapist.get(f"/documents/notes.html/{uuid4()}?inline=1")

    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["broken", "other", "writing"])
def test_failing_document_names_plugin_and_log_and_core_goes_on(therapist, name):
    answer = therapist.get(f"/documents/notes.{name}/{uuid4()}")

    failure = runtime().dispatcher.failures()[0]
    assert (answer.status_code, failure.plugin_id) == (500, "notes")
    assert f"The plugin notes failed in notes.{name} (log {failure.log_id})." in answer.get_data(as_text=True)
    assert therapist.get("/today").status_code == 200


@pytest.mark.parametrize("key", ["notes.absent", "notes.nothing", "other.page", "notes", "core.page"])
def test_document_that_is_not_there_is_not_found(therapist, key):
    before = len(runtime().dispatcher.failures())

    assert therapist.get(f"/documents/{key}/{uuid4()}").status_code == 404
    assert len(runtime().dispatcher.failures()) == before


def test_document_needs_its_permission_and_a_plugin_that_is_on(notes_app, therapist, world, other_world):
    address = f"/documents/notes.page/{uuid4()}"
    desk, south, foreign = (
        reader(notes_app, person)
        for person in (world.people["front_desk"], world.elsewhere["therapist"], other_world.people["therapist"])
    )

    answers = [client.get(address).status_code for client in (desk, south, foreign)]
    disable_plugin(world.actor(), DisablePlugin("notes", world.clinic.id), registry=runtime().registry)

    assert (answers, therapist.get(address).status_code) == ([403, 404, 404], 404)


def test_document_is_had_over_rest_by_a_key_that_may_read_it(notes_app, world, db):
    subject = uuid4()
    path = f"/api/v1/documents/notes.page/{subject}"
    therapist = world.people["therapist"]
    key = mint_api_key(world.actor(), therapist.member.id, CreateApiKey("papers", ("notes.pages:read",)))

    answer = RestClient(notes_app, key.token).get(path)
    refused = RestClient(notes_app, therapist.token).get(path)
    unknown = RestClient(notes_app, key.token).get(f"/api/v1/documents/notes.nothing/{subject}")

    assert (answer.status_code, answer.get_data()) == (200, f"%PDF {subject} 1".encode())
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=page.pdf"
    assert (refused.status_code, refused.get_json()["permission"]) == (403, "notes.pages:read")
    assert unknown.status_code == 404
