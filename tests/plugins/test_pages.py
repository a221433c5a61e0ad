"""Pages of a plugin: below its own address, permitted, absent where it is off, isolated from core when they break."""

from __future__ import annotations

import psycopg
import pytest

from polyclinic.app import create_app
from polyclinic.kit.config import Config
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.plugins.services import disable_plugin, enable_plugin
from polyclinic.testing.clients import PageClient, RestClient

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\ncapabilities = ["api", "pages"]'
PLUGIN = """
    from marshmallow import fields, validate
    from sqlalchemy import text
    from polyclinic.sdk.api import PluginRoutes, Schema
    from polyclinic.sdk.documents import Document
    from polyclinic.sdk.errors import Conflict, NotFound
    from polyclinic.sdk.pages import (
        FormState, PluginPages, form_arguments, is_htmx, load_form, query_arguments, redirect, render, render_fragment,
        send, toast,
    )
    from polyclinic.sdk.panels import Permission

    class NoteSchema(Schema):
        words = fields.String(required=True, validate=validate.Length(min=1, max=20))

    pages = PluginPages("notes")
    routes = PluginRoutes("notes", tag="Notes", takes_context=True)

    @pages.get("/list", permission="notes.list:read")
    def show_list(ctx):
        values = query_arguments()
        if is_htmx():
            toast("Näher", tone="info")
            return render_fragment("notes/part.html", words=values.get("words"))
        return render("notes/list.html", words=values.getlist("words"), clinic=ctx.clinic_id, form=FormState())

    @pages.post("/list", permission="notes.list:read")
    def write_note(ctx):
        data, form = load_form(NoteSchema)
        if data is None:
            return render("notes/list.html", words=form_arguments().getlist("words"), clinic=None, form=form), 422
        ctx.audit("note_written", "note", detail={"length": len(data["words"])})
        toast("Written")
        return redirect("list")

    @pages.get("/file", permission="notes.list:read")
    def send_file(ctx):
        return send(Document("a/b \\N{POUND SIGN}.pdf", b"%PDF"), inline="inline" in query_arguments())

    @pages.get("/break/<how>", permission="notes.list:read")
    def break_down(ctx, how):
        ctx.audit("half", "note")
        if how == "raise":
            raise ValueError("no personal text")
        if how == "exit":
            raise SystemExit(1)
        if how == "sql":
            ctx.db.execute(text("SELECT nothing FROM nowhere"))
        if how == "slow":
            ctx.db.execute(text("SET LOCAL statement_timeout = 50"))
            ctx.db.execute(text("SELECT pg_sleep(1)"))
        if how == "template":
            return render("records/edit.html")
        if how == "away":
            return redirect("https://example.org/")
        if how == "type":
            return 5
        if how == "absent":
            raise NotFound("note")
        raise Conflict("Closed.")

    @routes.get("/notes", permission="clients:read")
    def list_notes(ctx):
        return [{"clinics": len(ctx.actor.clinic_ids), "clinic": ctx.clinic_id, "one": ctx.db.scalar(text("SELECT 1"))}]

    @routes.post("/notes", permission="clients:read", body=NoteSchema, status=201, needs_key=True)
    def create_note(ctx, body):
        ctx.audit("note_written", "note")
        if body["words"] == "break":
            raise ValueError
        return body

    @hookimpl
    def register_permissions():
        return [Permission("notes.list:read", "Read notes", ("therapist", "chain_administrator"))]

    @hookimpl
    def register_blueprints():
        return [pages.declaration()]

    @hookimpl
    def register_api():
        return [routes.declaration()]
"""
PAGE = """{% extends "web/base.html" %}{% import "web/_ui.html" as ui %}
{% block content %}{% call ui.page_header("Notes") %}{% endcall %}
<p data-words>{{ words|join("|") }}</p><p data-clinic>{{ clinic }}</p>
{{ ui.form_errors(form.errors) }}{{ slot("today.card", "x") }}
{% endblock %}"""


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
    shelf.add("notes", PLUGIN, manifest=MANIFEST)
    templates = shelf.folder / "polyclinic_notes" / "templates"
    templates.mkdir()
    (templates / "list.html").write_text(PAGE, encoding="utf-8")
    (templates / "part.html").write_text("<p>{{ words }}</p>", encoding="utf-8")
    monkeypatch.setattr("polyclinic.plugins.loading.installed_entry_points", shelf.entry_points)
    before: PluginRuntime = runtime()
    app = create_app(Config(database_url=database.urls.app, secure_cookies=False, threads=1))
    app.extensions["polyclinic_session"] = joined
    yield app
    use_runtime(before)


@pytest.fixture
def registry(shelf, notes_app):
    return load_plugins(shelf.entry_points(), strict=True)


@pytest.fixture
def on(world, registry):
    """Switch the plugin on at the first clinic."""
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)


def reader(app, person) -> PageClient:
    client = PageClient(app)
    client.sign_in(person.email, person.password)
    return client


def audited(db, world) -> list[str]:
    rows = db.connection().exec_driver_sql(
        "SELECT action FROM audit_event WHERE organisation_id = %s AND action LIKE 'notes.%%' ORDER BY at", (world.id,)
    )
    return [action for (action,) in rows]


def test_pages_answer_only_where_the_plugin_is_on(notes_app, registry, world, other_world):
    north = reader(notes_app, world.people["therapist"])
    south, foreign = (
        reader(notes_app, person) for person in (world.elsewhere["therapist"], other_world.people["therapist"])
    )
    before = north.get("/ext/notes/list").status_code
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)

    answers = [client.get("/ext/notes/list").status_code for client in (north, south, foreign)]
    disable_plugin(world.actor(), DisablePlugin("notes", world.clinic.id), registry=registry)

    assert (before, answers, north.get("/ext/notes/list").status_code) == (404, [200, 404, 404], 404)


def test_page_needs_its_permission(notes_app, on, world):
    answer = reader(notes_app, world.people["front_desk"]).get("/ext/notes/list")

    assert (answer.status_code, "notes.list:read" in answer.get_data(as_text=True)) == (403, True)


def test_page_of_a_clinic_where_the_plugin_is_off_is_absent(notes_app, on, world):
    admin = reader(notes_app, world.people["chain_administrator"])

    answers = [admin.get(f"/ext/notes/list?clinic={clinic}").status_code for clinic in (*ids(world), "all")]

    assert answers == [200, 404, 200]


def ids(world) -> list[str]:
    return [str(clinic.id) for clinic in world.clinics]


def test_page_shows_core_frame_parameters_and_the_chosen_clinic(notes_app, on, world):
    page = (
        reader(notes_app, world.people["therapist"]).get("/ext/notes/list?words=one&words=<b>").get_data(as_text=True)
    )

    assert "<p data-words>one|&lt;b&gt;</p>" in page
    assert f"<p data-clinic>{world.clinic.id}</p>" in page
    assert 'class="pc-shell"' in page


def test_form_without_the_token_is_refused_and_nothing_written(notes_app, on, world, db):
    client = reader(notes_app, world.people["therapist"])

    answer = client.post("/ext/notes/list", {"csrf_token": "wrong", "words": "tea"})

    assert (answer.status_code, audited(db, world)) == (403, [])


def test_refused_form_keeps_what_was_typed(notes_app, on, world):
    client = reader(notes_app, world.people["therapist"])

    answer = client.post("/ext/notes/list", {"words": "x" * 21})

    assert (answer.status_code, "x" * 21 in answer.get_data(as_text=True)) == (422, True)


def test_accepted_form_is_audited_and_its_message_shown_once_on_the_next_page(notes_app, on, world, db):
    client = reader(notes_app, world.people["therapist"])

    answer = client.post("/ext/notes/list", {"words": "tea"})
    pages = [client.get("/ext/notes/list").get_data(as_text=True) for _ in range(2)]

    assert (answer.status_code, answer.headers["Location"]) == (303, "/ext/notes/list")
    assert [page.count("Written") for page in pages] == [1, 0]
    assert audited(db, world) == ["notes.note_written"]


def test_message_that_another_sign_in_was_told_is_not_shown(notes_app, on, world):
    first, second = (reader(notes_app, world.people["therapist"]) for _ in range(2))
    first.post("/ext/notes/list", {"words": "tea"})
    cookie = first._client.get_cookie("toast")

    second._client.set_cookie("toast", cookie.value)

    assert "Written" not in second.get("/ext/notes/list").get_data(as_text=True)


def test_fragment_carries_its_message_in_a_header_of_ascii(notes_app, on, world):
    client = reader(notes_app, world.people["therapist"])

    answer = client.get("/ext/notes/list?words=tea", headers={"HX-Request": "true"})

    assert answer.get_data(as_text=True) == "<p>tea</p>"
    assert answer.headers["HX-Trigger"] == '{"toast":{"text":"N\\u00e4her","tone":"info"}}'


@pytest.mark.parametrize(("query", "disposition"), [("", "attachment"), ("?inline=1", "inline")])
def test_file_is_held_in_a_sandbox(notes_app, on, world, query, disposition):
    answer = reader(notes_app, world.people["therapist"]).get(f"/ext/notes/file{query}")

    assert answer.get_data() == b"%PDF"
    assert answer.headers["Content-Disposition"].partition(";")[0] == disposition
    assert "/" not in answer.headers["Content-Disposition"].replace("UTF-8''", "").partition("filename")[2]
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize("how", ["raise", "exit", "sql", "slow", "template", "away"])
def test_broken_page_names_plugin_and_log_and_keeps_nothing(notes_app, on, world, db, how):
    client = reader(notes_app, world.people["therapist"])

    answer = client.get(f"/ext/notes/break/{how}")
    failure = runtime().dispatcher.failures()[0]
    page = answer.get_data(as_text=True)

    assert (answer.status_code, failure.plugin_id, failure.hook) == (500, "notes", "break_down")
    assert f"The plugin notes failed in break_down (log {failure.log_id})." in page
    assert ("no personal text" in page, audited(db, world)) == (False, [])
    assert client.get("/today").status_code == 200


@pytest.mark.parametrize(("how", "status"), [("absent", 404), ("closed", 409)])
def test_errors_that_a_page_raises_on_purpose_are_answers(notes_app, on, world, how, status):
    before = len(runtime().dispatcher.failures())

    answer = reader(notes_app, world.people["therapist"]).get(f"/ext/notes/break/{how}")

    assert (answer.status_code, len(runtime().dispatcher.failures())) == (status, before)


def test_rest_view_gets_a_context(notes_app, on, world):
    answer = RestClient(notes_app, world.people["therapist"].token).get("/api/v1/ext/notes/notes")

    assert answer.get_json()["data"] == [{"clinics": 1, "clinic": None, "one": 1}]


def test_rest_view_that_breaks_names_plugin_and_log(notes_app, on, world, db):
    client = RestClient(notes_app, world.people["therapist"].token)

    answer = client.post("/api/v1/ext/notes/notes", {"words": "break"}, key="k1")

    failure = runtime().dispatcher.failures()[0]
    assert (answer.status_code, answer.get_json()["code"]) == (500, "plugin_failed")
    assert failure.log_id in answer.get_json()["detail"]
    assert audited(db, world) == []


def test_rest_write_repeated_with_its_key_has_one_effect(notes_app, on, world, db):
    client = RestClient(notes_app, world.people["therapist"].token)

    answers = [client.post("/api/v1/ext/notes/notes", {"words": "tea"}, key="k1") for _ in range(2)]
    without_key = client.post("/api/v1/ext/notes/notes", {"words": "tea"})

    assert [answer.status_code for answer in (*answers, without_key)] == [201, 201, 400]
    assert audited(db, world) == ["notes.note_written"]
