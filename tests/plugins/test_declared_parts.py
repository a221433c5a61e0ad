"""Declarations of pages, settings, fields, jobs, reports and documents that break the contract are refused."""

from __future__ import annotations

import pytest

from polyclinic.plugins.loading import load_plugins

MANIFEST = """
    id = "{id}"
    requires_polyclinic = ">=1"
    capabilities = ["pages", "documents", "settings", "fields", "jobs", "reports"]
"""
IMPORTS = """
    from polyclinic.sdk.documents import DocumentTemplate
    from polyclinic.sdk.forms import SectionSchema, number, repeater, text
    from polyclinic.sdk.jobs import Job
    from polyclinic.sdk.pages import PluginPages
    from polyclinic.sdk.reports import Chart, ChartKind, Column, ReportDefinition
    from polyclinic.sdk.settings import Entity, EntityFields, SettingsSchema, SettingsScope

    class Note(SectionSchema):
        remark = text("Remark")

    class Notes(SectionSchema):
        notes = repeater("Note", Note)

    class Needed(SectionSchema):
        remark = text("Remark", required=True)

    def fields_of(schema=Note, version=1, read="services:read"):
        return [EntityFields(Entity.SERVICE, "notes.kept", version, "Notes", schema, read, "services:write")]

    def pages_of(plugin_id, permission):
        pages = PluginPages(plugin_id)
        if permission:
            pages.get("/list", permission=permission)(lambda ctx: "")
        return [pages.declaration()]

    def report(*columns, chart=None):
        words = ("notes.all", "Notes", "Notes", "All notes")
        return [ReportDefinition(*words, columns, lambda ctx, request: [], "clients:read", chart=chart)]

    BOTH = [SettingsSchema(SettingsScope.CLINIC, Note), SettingsSchema(SettingsScope.ORGANISATION, Note)]
"""


def codes(shelf, hook: str, value: str, manifest: str = MANIFEST) -> list[tuple[str, str]]:
    code = f"{IMPORTS}\n    @hookimpl\n    def {hook}():\n        return {value}\n"
    shelf.add("notes", code, manifest=manifest)
    return [(problem.code.value, problem.what) for problem in load_plugins(shelf.entry_points()).problems]


@pytest.mark.parametrize(
    ("hook", "value", "code", "what"),
    [
        ("register_blueprints", "pages_of('other', 'clients:read')", "PC005", "must lie below /ext/notes"),
        ("register_blueprints", "pages_of('notes', '')", "PC010", "the pages name no permission"),
        ("register_blueprints", "pages_of('notes', 'client:read')", "PC010", 'Did you mean "clients:read"?'),
        (
            "register_documents",
            "[DocumentTemplate('notes.page', 'Page', 'notes.x:read', print)]",
            "PC010",
            'document "notes.page" asks for the permission "notes.x:read"',
        ),
        ("register_documents", "[DocumentTemplate('page', 'Page', 'clients:read', print)]", "PC005", '"notes."'),
        ("register_settings", "BOTH", "PC010", 'the setting "remark" stands in both scopes'),
        ("register_settings", "[BOTH[0], BOTH[0]]", "PC008", "declared twice"),
        ("register_settings", "[SettingsSchema(SettingsScope.CLINIC, Needed)]", "PC010", "give it a load_default"),
        ("register_settings", "[SettingsSchema(SettingsScope.CLINIC, dict)]", "PC010", "is not a marshmallow schema"),
        ("register_entity_fields", "fields_of(Notes)", "PC010", "do not show"),
        ("register_entity_fields", "fields_of(version=2)", "PC010", "has no upcaster from version 1"),
        ("register_entity_fields", "fields_of(version=0)", "PC010", "versions start at 1"),
        ("register_entity_fields", "fields_of(read='notes.x:read')", "PC010", 'asks for the permission "notes.x:read"'),
        ("register_jobs", "[Job('notes.sweep', print, cron='hourly')]", "PC010", "cron has five fields"),
        ("register_jobs", "[Job('notes.sweep', print, timeout_seconds=601)]", "PC010", "timeout of 601 s"),
        ("register_reports", "report()", "PC010", "has no columns"),
        ("register_reports", "report(Column('n', 'N'), Column('n', 'N'))", "PC010", 'the column "n" twice'),
        (
            "register_reports",
            "report(Column('n', 'N'), chart=Chart(ChartKind.BAR, 'day', ['n']))",
            "PC010",
            'the chart of the report "notes.all" names the column "day"',
        ),
    ],
)
def test_declaration_that_breaks_the_contract_is_refused(shelf, hook, value, code, what):
    ((found, said),) = codes(shelf, hook, value)

    assert found == code
    assert what in said


def test_plugin_with_personal_data_must_export_and_erase_them(shelf):
    manifest = MANIFEST + "    personal_data = true\n"

    ((code, said),) = codes(shelf, "client_export", "[]", manifest)

    assert (code, '"client_erasing"' in said) == ("PC013", True)


def test_plugin_with_personal_data_that_exports_and_erases_them_is_loaded(shelf):
    code = """
    @hookimpl
    def client_export(ctx, client_id):
        return []

    @hookimpl
    def client_erasing(ctx, erasure):
        return None
    """
    shelf.add("notes", code, manifest=MANIFEST + "    personal_data = true\n")

    assert [problem.code for problem in load_plugins(shelf.entry_points()).problems] == []
