"""The snippets of the guide about pages, settings, fields and calling core make one plugin that does what it says."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta
from pathlib import Path
from textwrap import indent

import pytest

from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing
from polyclinic.plugins.extension_services import put_extension
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.testing.anchors import Factories
from tests.plugins.shelved import reader, recorded, served

GUIDE = Path(__file__).parents[2] / "docs" / "plugins" / "README.md"
SECTIONS = ("Pages", "Settings", "Fields on core's things", "Calling core")
MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1.1"
    level = "both"
    capabilities = ["pages", "settings", "fields"]
    scopes = ["clients:read", "appointments:read", "clinics:read"]
"""


def snippets(language: str) -> str:
    text = GUIDE.read_text(encoding="utf-8")
    sections = [re.search(rf"^## {re.escape(name)}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1] for name in SECTIONS]
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return "\n\n".join(block for section in sections for block in pattern.findall(section))


@pytest.fixture(scope="module", autouse=True)
def installed(database):
    with recorded(database, "breathing"):
        yield


@pytest.fixture
def guide_app(shelf, monkeypatch, database, db, joined, world):
    shelf.add("breathing", indent(snippets("python"), "    "), manifest=MANIFEST)
    templates = shelf.folder / "polyclinic_breathing" / "templates"
    templates.mkdir()
    (templates / "lessons.html").write_text(snippets("html"), encoding="utf-8")
    with served(shelf, monkeypatch, database, joined) as app:
        enable_plugin(world.actor(), EnablePlugin("breathing"), registry=runtime().registry)
        yield app


@pytest.fixture
def plugin(guide_app):
    return importlib.import_module("polyclinic_breathing.plugin")


def test_guides_page_shows_corrects_and_accepts_its_form(guide_app, world):
    desk = reader(guide_app, world.people["front_desk"])

    refused = desk.post("/ext/breathing/lessons", {"title": "x" * 41})
    accepted = desk.post("/ext/breathing/lessons", {"title": "Box breathing"})

    assert (refused.status_code, "x" * 41 in refused.get_data(as_text=True)) == (422, True)
    assert (accepted.status_code, accepted.headers["Location"]) == (303, "/ext/breathing/lessons")
    assert "Lesson added." in desk.get("/ext/breathing/lessons").get_data(as_text=True)


def test_guides_settings_fields_and_calls_answer(plugin, world):
    ctx, make = Ctx(world.actor(), world.clinic.id, "breathing"), Factories(world)
    visit, service = make.appointment(), make.service()
    thing = Thing(Entity.SERVICE, service.id)
    put_extension(world.actor(), thing, "breathing", row_version=0, values={"needs_mat": True})

    found = plugin.names_of_today(ctx, visit.starts_at, visit.starts_at + timedelta(minutes=1))

    assert plugin.rounds_at(ctx, world.other_clinic.id) == 5
    assert plugin.services_that_need_a_mat(ctx, [service.id, visit.service_id]) == [service.id]
    assert found == [visit.client_name]
