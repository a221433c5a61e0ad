"""Settings of plugins: the clinic's value, the organisation's, the default; kept by core, set in a generated form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from polyclinic.kit.db import session
from polyclinic.kit.errors import Invalid, NotAllowed, NotFound, Stale
from polyclinic.plugins.commands import PutSettings
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.setting_queries import get_settings
from polyclinic.plugins.setting_services import put_settings
from polyclinic.testing.clients import RestClient
from polyclinic.testing.counting import counted
from polyclinic.testing.worlds import without
from tests.plugins.shelved import reader, recorded, served

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\ncapabilities = ["settings"]'
PLUGIN = """
    from datetime import date as day
    from decimal import Decimal
    from marshmallow import fields, validate
    from polyclinic.sdk.forms import SectionSchema, boolean, choice, date, decimal, multichoice, number, text
    from polyclinic.sdk.settings import SettingsSchema, SettingsScope

    class Everywhere(SectionSchema):
        seller = text("Seller", maximum=40)

    class PerClinic(SectionSchema):
        till = text("Till", maximum=20)
        rate = decimal("Rate", unit="%", default=Decimal("20.00"))
        rounds = boolean("Rounds up", default=False)
        days = number("Days", minimum=1, maximum=90, default=14)
        since = date("Since", default=day(2026, 1, 1))
        ways = multichoice("Ways", {"cash": "Cash", "card": "Card"}, default=lambda: ["cash"])

    @hookimpl
    def register_settings():
        return [SettingsSchema(SettingsScope.ORGANISATION, Everywhere), SettingsSchema(SettingsScope.CLINIC, PerClinic)]
"""
DEFAULTS = {
    "seller": None,
    "till": None,
    "rate": Decimal("20.00"),
    "rounds": False,
    "days": 14,
    "since": date(2026, 1, 1),
    "ways": ["cash"],
}
URL = "/api/v1/plugins/notes/settings"


@pytest.fixture(scope="module", autouse=True)
def installed(database):
    with recorded(database, "notes"):
        yield


@pytest.fixture
def notes_app(shelf, monkeypatch, database, db, joined):
    shelf.add("notes", PLUGIN, manifest=MANIFEST)
    with served(shelf, monkeypatch, database, joined) as app:
        yield app


@pytest.fixture
def settings_at(notes_app, world):
    """Return a function that reads what the plugin reads at a clinic."""
    return lambda clinic_id=None: dict(Ctx(world.actor(), clinic_id, "notes").settings)


def put(world, clinic_id=None, version=0, actor=None, **values):
    return put_settings(actor or world.actor(), PutSettings("notes", clinic_id, version, values))


def test_defaults_count_while_nothing_is_set(settings_at, world):
    assert settings_at() == DEFAULTS
    assert settings_at(world.clinic.id) == DEFAULTS
    assert dict(Ctx(world.actor(), None, "other").settings) == {}


def test_clinic_value_beats_the_organisations_and_emptying_it_inherits_again(settings_at, world):
    here, there = world.clinic.id, world.other_clinic.id
    organisation = put(world, till="Main", days=30, rate="17.50", rounds=True, since="2026-02-03", ways=["card"])
    clinic = put(world, here, organisation.row_version, till="Desk", days=7)

    set_ = {"till": "Main", "days": 30, "rate": Decimal("17.50"), "rounds": True, "since": date(2026, 2, 3)}
    everywhere = DEFAULTS | set_ | {"ways": ["card"]}
    assert (settings_at(), settings_at(there)) == (everywhere, everywhere)
    assert settings_at(here) == everywhere | {"till": "Desk", "days": 7}
    put(world, here, clinic.row_version, till="Desk")
    assert settings_at(here) == everywhere | {"till": "Desk"}


def test_source_of_each_value_is_told(notes_app, world):
    organisation = put(world, till="Main", days=30)
    found = put(world, world.clinic.id, organisation.row_version, days=7)

    rows = {row.name: (row.value, row.source, row.own, row.inherited, row.inherited_from) for row in found.settings}
    assert rows["days"] == (7, "clinic", 7, 30, "organisation")
    assert rows["till"] == ("Main", "organisation", None, "Main", "organisation")
    assert rows["rate"] == ("20.00", "default", None, "20.00", "default")
    assert found.row_version > organisation.row_version


def test_values_the_schema_refuses_name_their_field(notes_app, world):
    with pytest.raises(Invalid) as refusal:
        put(world, days=0, till="x" * 21, colour="red", rate="much")

    assert {error.pointer for error in refusal.value.errors} == {
        *("/values/days", "/values/till", "/values/colour", "/values/rate")
    }
    assert get_settings(world.actor(), "notes", None).row_version == 0


def test_organisations_settings_cannot_be_set_at_a_clinic(notes_app, world):
    with pytest.raises(Invalid) as refusal:
        put(world, world.clinic.id, seller="Reed")

    assert [error.pointer for error in refusal.value.errors] == ["/values/seller"]


def test_nul_character_is_refused(notes_app, world):
    with pytest.raises(Invalid):
        put(world, till="a\x00b")


def test_stale_version_changes_nothing(settings_at, world):
    first = put(world, till="One")
    put(world, None, first.row_version, till="Two")

    with pytest.raises(Stale) as refusal:
        put(world, None, first.row_version, till="Three")

    assert (refusal.value.row_version, settings_at()["till"]) == (first.row_version + 1, "Two")


def test_setting_needs_permissions_and_a_clinic_of_ones_own(notes_app, world, other_world):
    admin = world.actor()

    with pytest.raises(NotAllowed):
        put(world, actor=without(admin, "plugins:write"), till="One")
    with pytest.raises(NotAllowed):
        put(world, actor=without(admin, "organisation:write"), till="One")
    with pytest.raises(NotFound):
        put(world, other_world.clinic.id, till="One")
    with pytest.raises(NotFound):
        put_settings(admin, PutSettings("other", None, 0, {}))
    with pytest.raises(NotAllowed):
        get_settings(without(admin, "plugins:read"), "notes", None)


def test_values_of_another_organisation_are_never_read(settings_at, world, other_world, db):
    put(world, till="Main")
    foreign = Ctx(other_world.actor(), None, "notes")

    assert foreign.settings["till"] is None


def test_value_that_a_newer_schema_refuses_counts_as_not_set(settings_at, world):
    put(world, days=30)
    session().connection().exec_driver_sql("UPDATE setting SET value = '900' WHERE key = 'notes.days'")

    assert settings_at()["days"] == 14


def test_change_is_audited_by_name_without_the_values(notes_app, world, db):
    put(world, world.clinic.id, till="Desk", days=7)

    rows = db.connection().exec_driver_sql(
        "SELECT clinic_id, detail FROM audit_event WHERE action = 'plugin.settings_changed' AND organisation_id = %s",
        (world.id,),
    )
    assert rows.all() == [(world.clinic.id, {"plugin": "notes", "names": ["days", "till"]})]


def test_settings_cost_one_statement_for_each_place(notes_app, world, engine):
    ctx = Ctx(world.actor(), world.clinic.id, "notes")
    assert ctx.at_clinic(None).settings["till"] is None

    with counted(engine) as statements:
        _ = ctx.settings["till"], ctx.settings["days"], ctx.at_clinic(world.other_clinic.id).settings["till"]

    assert statements.count == 2


def test_rest_shows_and_replaces_the_settings_of_a_place(notes_app, admin_key, world):
    at = f"{URL}?clinic_id={world.clinic.id}"
    before = admin_key.get(at)
    stale = admin_key.put(at, {"values": {"till": "Desk"}}, etag=7)
    answer = admin_key.put(at, {"values": {"till": "Desk"}}, etag=before.headers["ETag"])

    assert (before.status_code, stale.status_code, answer.status_code) == (200, 412, 200)
    assert answer.get_json() == admin_key.get(at).get_json()
    (till,) = (row for row in answer.get_json()["settings"] if row["name"] == "till")
    assert till == {
        "name": "till",
        "label": "Till",
        "scope": "clinic",
        "value": "Desk",
        "source": "clinic",
        "own": "Desk",
    }
    assert admin_key.put(at, {"values": {"days": 0}}, etag=answer.headers["ETag"]).get_json()["errors"][0] == {
        "pointer": "/values/days",
        "code": "invalid",
        "detail": "Must be greater than or equal to 1 and less than or equal to 90.",
    }
    assert admin_key.get("/api/v1/plugins/other/settings").status_code == 404
    assert admin_key.get(f"{URL}?clinic_id={uuid4()}").status_code == 404


@pytest.fixture
def admin_key(notes_app, world):
    return RestClient(notes_app, world.people["chain_administrator"].token)


def test_form_shows_what_is_inherited_and_saves_what_is_typed(notes_app, world, settings_at):
    version = put(world, till="Main").row_version
    admin = reader(notes_app, world.people["chain_administrator"])
    at = f"/plugins/notes/settings?clinic_id={world.clinic.id}"
    page = admin.get(at).get_data(as_text=True)

    answer = admin.post(
        "/plugins/notes/settings",
        {
            "clinic_id": str(world.clinic.id),
            "row_version": str(version),
            "settings:till": "",
            "settings:rate": "12.5",
            "settings:rounds": "true",
            "settings:ways": ["cash", "card"],
        },
    )

    assert "Inherited from the organisation: Main." in page
    assert "Default: 20.00." in page
    assert "Seller" not in page
    assert (answer.status_code, answer.headers["Location"]) == (302, at)
    found = settings_at(world.clinic.id)
    assert found == DEFAULTS | {"till": "Main", "rate": Decimal("12.50"), "rounds": True, "ways": ["cash", "card"]}
    assert "Settings saved." in admin.get(at).get_data(as_text=True)


def test_refused_form_keeps_what_was_typed(notes_app, world):
    admin = reader(notes_app, world.people["chain_administrator"])

    answer = admin.post(
        "/plugins/notes/settings", {"row_version": "0", "settings:days": "900", "settings:seller": "Reed Clinics"}
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="900"' in page
    assert 'value="Reed Clinics"' in page
    assert 'href="#field-settings:days"' in page


def test_stale_form_shows_both_texts(notes_app, world):
    put(world, till="Main")
    admin = reader(notes_app, world.people["chain_administrator"])

    answer = admin.post("/plugins/notes/settings", {"row_version": "0", "settings:till": "Typed"})

    page = answer.get_data(as_text=True)
    assert (answer.status_code, 'value="Typed"' in page, "Stored now: Main." in page) == (422, True, True)


def test_who_may_not_change_settings_reads_them(notes_app, world):
    manager = reader(notes_app, world.people["clinic_manager"])

    page = manager.get(f"/plugins/notes/settings?clinic_id={world.clinic.id}").get_data(as_text=True)

    assert ("14" in page, "Save settings" in page) == (True, False)
    assert manager.post("/plugins/notes/settings", {"row_version": "0"}).status_code == 403
