"""Every declaring hook reaches the registry, and the rarer rules of declarations hold."""

from __future__ import annotations

import pytest

from polyclinic.plugins import specs
from polyclinic.plugins.declaring import FIELD_OF_HOOK
from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.policies import Policy, policies_of

MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1"
    capabilities = [
        "sections", "panels", "api", "commands", "pages", "documents", "settings", "fields", "events", "jobs", "reports"
    ]
"""
EVERYTHING = """
    from decimal import Decimal
    import click
    from polyclinic.sdk.api import PluginRoutes
    from polyclinic.sdk.documents import Document, DocumentTemplate
    from polyclinic.sdk.events import EventHandler, EventType
    from polyclinic.sdk.forms import SectionSchema, text
    from polyclinic.sdk.jobs import Job
    from polyclinic.sdk.measures import Better, Measure
    from polyclinic.sdk.pages import PluginPages
    from polyclinic.sdk.panels import NavItem, Panel, Permission
    from polyclinic.sdk.reports import Column, ColumnType, DailyFigure, ReportDefinition
    from polyclinic.sdk.safety import SafetyRule, SafetySeverity
    from polyclinic.sdk.sections import ChartLayer, DemoSections, SectionType
    from polyclinic.sdk.settings import Entity, EntityFields, SettingsSchema, SettingsScope
    from polyclinic.sdk.upkeep import DemoStep

    class NotesSchema(SectionSchema):
        remark = text("Remark")

    routes = PluginRoutes("notes", tag="Notes")

    @routes.get("/notes", permission="notes.list:read")
    def list_notes(actor):
        return []

    pages = PluginPages("notes")

    @pages.get("/list", permission="notes.list:read")
    def show_list(ctx):
        return "list"

    @click.command()
    def tidy():
        pass

    @hookimpl
    def register_sections():
        return [SectionType("notes.remark", 1, "Notes", NotesSchema)]

    @hookimpl
    def register_measures():
        return [Measure("tension", "Tension", "points", Decimal(0), Decimal(10), Better.LOWER)]

    @hookimpl
    def register_safety_rules():
        return [SafetyRule("fever", "Fever", SafetySeverity.ABSOLUTE, "Any fever?", "Do not treat today.")]

    @hookimpl
    def register_body_charts():
        return [ChartLayer("{chart}.layer", "Layer", {{"soleus": "Soleus"}}, {{"calf": ("soleus",)}})]

    @hookimpl
    def register_demo_data():
        return [DemoSections("{demo}", lambda rng, visit_number, previous: {{}})]

    @hookimpl
    def register_permissions():
        return [Permission("notes.list:read", "Read notes")]

    @hookimpl
    def register_navigation():
        return [NavItem("Notes", "list", "notes.list:read")]

    @hookimpl
    def register_panels():
        return [Panel("client.tab", "notes.tab", "Notes", "clients:read", lambda ctx, subjects: {{}})]

    @hookimpl
    def register_api():
        return [routes.declaration()]

    @hookimpl
    def register_commands():
        return (tidy,)

    @hookimpl
    def register_blueprints():
        return [pages.declaration()]

    @hookimpl
    def register_documents():
        return [DocumentTemplate("notes.page", "Page", "notes.list:read", lambda ctx, subject_id: None)]

    @hookimpl
    def register_settings():
        return [SettingsSchema(SettingsScope.CLINIC, NotesSchema)]

    @hookimpl
    def register_entity_fields():
        return [EntityFields(Entity.SERVICE, "notes.kept", 1, "Notes", NotesSchema, "services:read", "services:write")]

    @hookimpl
    def register_event_types():
        return [EventType("notes.note_written", 1, "A note was written")]

    @hookimpl
    def register_event_handlers():
        return [EventHandler("notes.note_written", "notes.count", lambda ctx, event: None)]

    @hookimpl
    def register_jobs():
        return [Job("notes.sweep", lambda ctx, payload: None, cron="5 3 * * *")]

    @hookimpl
    def register_reports():
        columns = [Column("clinic", "Clinic"), Column("notes", "Notes", ColumnType.INTEGER)]
        words = ("notes.per_clinic", "Notes", "Notes", "How many notes there are.")
        return [ReportDefinition(*words, columns, lambda ctx, request: [], "notes.list:read")]

    @hookimpl
    def register_daily_figures():
        figure = DailyFigure("notes.written", "Notes", ColumnType.INTEGER, "notes.list:read", lambda *_: [])
        return [figure]

    @hookimpl
    def register_demo_steps():
        return [DemoStep("notes", lambda ctx, chain: None)]
"""


def everything(chart: str = "notes", demo: str = "notes.remark") -> str:
    return EVERYTHING.format(chart=chart, demo=demo)


def test_every_declaring_hook_reaches_the_registry(shelf):
    shelf.add("notes", everything(), manifest=MANIFEST)

    declared = load_plugins(shelf.entry_points(), strict=True).get("notes").declarations

    assert {name: len(getattr(declared, name)) for name in vars(declared)} == dict.fromkeys(FIELD_OF_HOOK.values(), 1)


def test_every_declaring_hookspec_has_its_place():
    declaring = {name for name, policy in policies_of(specs).items() if policy.policy is Policy.DECLARE}

    assert declaring == set(FIELD_OF_HOOK)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (everything(chart="other"), "PC005"),
        (everything(demo="other.remark"), "PC005"),
        (everything(demo="notes.x"), "PC010"),
    ],
)
def test_layers_and_demo_data_belong_to_the_plugin(shelf, code, expected):
    shelf.add("notes", code, manifest=MANIFEST)

    assert [problem.code for problem in load_plugins(shelf.entry_points()).problems] == [expected]


def test_migrations_without_the_capability_tables_are_refused(shelf):
    shelf.add("notes", "", manifest=MANIFEST)
    (shelf.folder / "polyclinic_notes" / "migrations").mkdir()

    assert [problem.code for problem in load_plugins(shelf.entry_points()).problems] == ["PC006"]


def test_reserved_plugin_id_is_refused(shelf):
    shelf.add("records", "", manifest=MANIFEST)

    (problem,) = load_plugins(shelf.entry_points()).problems

    assert (problem.code, problem.what) == (
        "PC009",
        '"records" cannot be a plugin id: 3 to 31 of a-z, 0-9 and _, a letter first, not reserved.',
    )


def test_slow_loading_is_reported_and_the_plugin_loaded(shelf, monkeypatch):
    monkeypatch.setattr("polyclinic.plugins.loading.SLOW_SECONDS", 0)
    shelf.add("notes", everything(), manifest=MANIFEST)

    (plugin,) = load_plugins(shelf.entry_points(), strict=True).plugins

    assert (plugin.state, [problem.code for problem in plugin.problems]) == ("available", ["PC011"])
