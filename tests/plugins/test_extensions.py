"""Fields of plugins on core's things: stored by core, shown as a form beside them, in REST under `extensions`."""

from __future__ import annotations

from uuid import uuid4

import pytest

from polyclinic.extensions.things import find_thing, find_things
from polyclinic.facade.core import CoreFacade
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from polyclinic.plugins.commands import DisablePlugin, EnablePlugin
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Extension, Thing, get_extension, list_extensions
from polyclinic.plugins.extension_services import put_extension
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import disable_plugin, enable_plugin
from polyclinic.testing.clients import RestClient
from polyclinic.testing.counting import counted
from tests.plugins.shelved import reader, recorded, served

MANIFEST = 'id = "{id}"\nrequires_polyclinic = ">=1"\nlevel = "both"\ncapabilities = ["fields"]'
PLUGIN = """
    from polyclinic.sdk.forms import SectionSchema, boolean, choice, date, decimal, multichoice, number, text
    from polyclinic.sdk.panels import Permission
    from polyclinic.sdk.settings import Entity, EntityFields

    class Kept(SectionSchema):
        shelf = text("Shelf", maximum=20, required=True)
        weight = decimal("Weight", unit="kg")
        until = date("Until")
        fragile = boolean("Fragile")

    def lift(data):
        if data.get("place") == "broken":
            raise ValueError
        return {"shelf": data["place"]}

    @hookimpl
    def register_permissions():
        return [
            Permission("notes.kept:read", "See what is kept", ("front_desk", "clinic_manager", "chain_administrator")),
            Permission("notes.kept:write", "Change what is kept", ("clinic_manager", "chain_administrator")),
        ]

    @hookimpl
    def register_entity_fields():
        return [
            EntityFields(
                entity, f"notes.on_{entity}", 2, "Kept things", Kept, "notes.kept:read", "notes.kept:write", {1: lift}
            )
            for entity in Entity
        ]
"""
VALUES = {"shelf": "A 3", "weight": "1.50", "until": "2027-01-31", "fragile": True}


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
def make(notes_app, db, world):
    from polyclinic.testing.anchors import Factories

    return Factories(world)


@pytest.fixture
def admin(notes_app, world):
    """Return the chain administrator as a request knows them: with the plugin's permissions at the first clinic."""
    return acting(world, "chain_administrator")


def acting(world, role: str, *held: str):
    from dataclasses import replace

    actor = world.actor(role)
    keys = held or ("notes.kept:read", "notes.kept:write")
    return replace(actor, grants={**actor.grants, **{key: frozenset({world.clinic.id}) for key in keys}})


def put(actor, thing, version=0, **values):
    return put_extension(actor, thing, "notes", row_version=version, values=values)


@pytest.fixture
def things(make, world):
    """Return one thing of every kind at the first clinic."""
    visit = make.appointment()
    return {
        Entity.SERVICE: Thing(Entity.SERVICE, visit.service_id),
        Entity.CLIENT: Thing(Entity.CLIENT, visit.client_id),
        Entity.THERAPIST: Thing(Entity.THERAPIST, visit.therapist_id),
        Entity.CLINIC: Thing(Entity.CLINIC, world.clinic.id, world.clinic.id),
        Entity.APPOINTMENT: Thing(Entity.APPOINTMENT, visit.id, world.clinic.id),
    }


def test_values_of_every_kind_of_thing_are_kept_in_json_form(admin, things):
    for thing in things.values():
        assert get_extension(admin, thing, "notes") == Extension("notes", "Kept things", {}, 0, can_write=True)

        kept = put(admin, thing, shelf=" A 3", weight="1.5", until="2027-01-31", fragile="true")

        assert kept == Extension("notes", "Kept things", VALUES | {"shelf": " A 3"}, 1, can_write=True)
        assert list_extensions(admin, thing) == [kept]


def test_things_are_found_as_their_features_show_them(admin, things, world, other_world):
    for entity, thing in things.items():
        assert find_thing(admin, entity, thing.id) == thing
        assert find_things(admin, entity, [thing.id, uuid4()]) == {thing.id: thing}
        with pytest.raises(NotFound):
            find_thing(admin, entity, other_world.clinic.id)
    south = world.elsewhere["clinic_manager"].actor
    visible = {entity for entity, thing in things.items() if find_things(south, entity, [thing.id])}
    assert visible == {Entity.SERVICE, Entity.CLIENT}


def test_values_that_the_schema_refuses_change_nothing(admin, things):
    thing = things[Entity.SERVICE]

    with pytest.raises(Invalid) as refusal:
        put(admin, thing, weight="much", colour="red")
    with pytest.raises(Invalid):
        put(admin, thing, shelf="a\x00b")

    assert {error.pointer for error in refusal.value.errors} == {"/values/shelf", "/values/weight", "/values/colour"}
    assert get_extension(admin, thing, "notes").row_version == 0


def test_stale_version_changes_nothing(admin, things):
    thing = things[Entity.CLIENT]
    put(admin, thing, shelf="One")

    for version in (0, 2):
        with pytest.raises(Stale) as refusal:
            put(admin, thing, version, shelf="Two")
        assert refusal.value.row_version == 1

    assert put(admin, thing, 1, shelf="Three").values == {"shelf": "Three"}


def test_reading_and_writing_need_the_permissions_that_the_plugin_declares(world, things):
    thing = things[Entity.CLINIC]
    reads, none = acting(world, "front_desk", "notes.kept:read"), world.actor("front_desk")

    assert list_extensions(none, thing) == []
    assert [found.can_write for found in list_extensions(reads, thing)] == [False]
    for actor in (reads, none):
        with pytest.raises(NotAllowed):
            put(actor, thing, shelf="A")
    with pytest.raises(NotAllowed):
        get_extension(none, thing, "notes")


def test_values_of_a_plugin_that_is_off_are_not_shown_and_kept(admin, things, world):
    thing = things[Entity.SERVICE]
    put(admin, thing, shelf="A")
    registry = runtime().registry

    disable_plugin(world.actor(), DisablePlugin("notes", world.clinic.id), registry=registry)
    hidden = list_extensions(admin, thing)
    with pytest.raises(NotFound):
        put(admin, thing, 1, shelf="B")
    enable_plugin(world.actor(), EnablePlugin("notes", world.clinic.id), registry=registry)

    assert (hidden, get_extension(admin, thing, "notes").values) == ([], {"shelf": "A"})


def test_values_at_a_clinic_where_the_plugin_is_off_are_absent(admin, world, things):
    with pytest.raises(NotFound):
        get_extension(admin, Thing(Entity.CLINIC, world.other_clinic.id, world.other_clinic.id), "notes")


def store(world, thing, version: int, data: str) -> None:
    session().connection().exec_driver_sql(
        "INSERT INTO entity_extension (organisation_id, id, entity, entity_id, plugin_id, version, data) "
        "VALUES (%s, %s, %s, %s, 'notes', %s, %s)",
        (world.id, uuid4(), thing.entity.value, thing.id, version, data),
    )


def test_values_of_an_older_version_are_lifted_when_read(admin, things, world):
    thing = things[Entity.SERVICE]
    store(world, thing, 1, '{"place": "B 7"}')

    assert get_extension(admin, thing, "notes").values == {"shelf": "B 7"}
    assert put(admin, thing, 1, shelf="C").values == {"shelf": "C"}


@pytest.mark.parametrize(("version", "data"), [(3, '{"rack": 1}'), (1, '{"place": "broken"}')])
def test_values_that_cannot_be_read_are_neither_shown_nor_overwritten(admin, things, world, version, data):
    thing = things[Entity.SERVICE]
    store(world, thing, version, data)

    found = get_extension(admin, thing, "notes")
    with pytest.raises(Conflict, match="newer version"):
        put(admin, thing, 1, shelf="C")

    assert (found.values, found.is_readable, found.can_write) == ({}, False, False)


def test_change_is_audited_by_field_without_the_values(admin, things, world, db):
    put(admin, things[Entity.APPOINTMENT], shelf="A", fragile=True)

    rows = db.connection().exec_driver_sql(
        "SELECT object_id, clinic_id, detail FROM audit_event WHERE action = 'appointment.extension_changed'"
    )
    thing = things[Entity.APPOINTMENT]
    assert rows.all() == [(thing.id, world.clinic.id, {"plugin": "notes", "fields": ["fragile", "shelf"]})]


def test_plugin_reads_and_stores_its_own_values_through_the_facade(admin, things, make, world, engine):
    core = CoreFacade(Ctx(admin, world.clinic.id, "notes"))
    services = [make.service().id for _ in range(3)]
    for number, service_id in enumerate(services):
        core.extensions.put(Entity.SERVICE, service_id, {"shelf": str(number)})
    core.extensions.put(Entity.SERVICE, services[0], {"shelf": "again"})
    counts = []
    for ids in (services[:1], services):
        with counted(engine) as statements:
            found = core.extensions.get_many(Entity.SERVICE, [*ids, uuid4()])
        counts.append(statements.count)

    assert found == {services[0]: {"shelf": "again"}, services[1]: {"shelf": "1"}, services[2]: {"shelf": "2"}}
    assert counts == [2, 2]
    with pytest.raises(Invalid):
        core.extensions.put(Entity.SERVICE, services[0], {})
    with pytest.raises(NotFound):
        core.extensions.put(Entity.SERVICE, uuid4(), {"shelf": "A"})
    with pytest.raises(NotAllowed):
        CoreFacade(Ctx(world.actor(), None, "notes")).extensions.put(Entity.SERVICE, services[0], {"shelf": "A"})


PATHS = {
    Entity.SERVICE: "services",
    Entity.CLIENT: "clients",
    Entity.THERAPIST: "therapists",
    Entity.CLINIC: "clinics",
    Entity.APPOINTMENT: "appointments",
}


def test_rest_shows_and_replaces_values_below_every_thing(notes_app, things, admin, world, key_of):
    client = key_of("chain_administrator")
    for entity, thing in things.items():
        address = f"/api/v1/{PATHS[entity]}/{thing.id}"
        before = client.get(address)
        empty = client.get(f"{address}/extensions/notes")
        missing = client.put(f"{address}/extensions/notes", {"values": VALUES})
        answer = client.put(f"{address}/extensions/notes", {"values": VALUES}, etag=empty.headers["ETag"])
        after = client.get(address, headers={"If-None-Match": before.headers["ETag"]})

        assert (before.get_json()["extensions"], empty.get_json()["values"]) == ({}, {})
        assert (missing.status_code, answer.status_code, answer.headers["ETag"]) == (428, 200, '"1"')
        assert answer.get_json() == {
            "plugin_id": "notes",
            "title": "Kept things",
            "values": VALUES,
            "row_version": 1,
        }
        assert (after.status_code, after.get_json()["extensions"]) == (200, {"notes": VALUES})
        stale = client.put(f"{address}/extensions/notes", {"values": VALUES}, etag=0)
        assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
        assert client.get(f"{address}/extensions/other").status_code == 404


@pytest.fixture
def key_of(notes_app, world, db):
    """Return a function that gives a REST client whose key holds the plugin's permissions as well."""
    from polyclinic.identity.commands import CreateApiKey
    from polyclinic.identity.services.api_keys import mint_api_key

    def make_client(role: str) -> RestClient:
        person = world.people[role]
        scopes = (*acting(world, role).grants,)
        token = mint_api_key(acting(world, role), person.member.id, CreateApiKey("kept", tuple(sorted(scopes)))).token
        return RestClient(notes_app, token)

    return make_client


def test_thing_of_another_clinic_has_no_extensions_to_show(notes_app, things, world):
    south = RestClient(notes_app, world.elsewhere["clinic_manager"].token)

    for entity in (Entity.CLINIC, Entity.APPOINTMENT, Entity.THERAPIST):
        address = f"/api/v1/{PATHS[entity]}/{things[entity].id}/extensions/notes"
        assert south.get(address).status_code == 404
        assert south.put(address, {"values": VALUES}, etag=0).status_code == 404


PAGES = (Entity.SERVICE, Entity.CLIENT, Entity.THERAPIST, Entity.CLINIC)


def test_card_stands_on_the_page_of_the_thing_and_saves(notes_app, things, world):
    manager = reader(notes_app, world.people["clinic_manager"])
    for entity in PAGES:
        page = f"/{PATHS[entity]}/{things[entity].id}"
        before = manager.get(page).get_data(as_text=True)

        answer = manager.post(
            f"{page}/extensions/notes",
            {"row_version": "0", "notes:shelf": "Top", "notes:weight": "2", "notes:fragile": "false"},
        )

        assert 'id="extension-notes"' in before
        assert (answer.status_code, answer.headers["Location"]) == (302, page)
        after = manager.get(page).get_data(as_text=True)
        assert 'value="Top"' in after
        assert 'value="2.00"' in after


def test_refused_card_keeps_what_was_typed(notes_app, things, world):
    manager = reader(notes_app, world.people["clinic_manager"])
    address = f"/services/{things[Entity.SERVICE].id}/extensions/notes"

    answer = manager.post(address, {"row_version": "0", "notes:shelf": "", "notes:weight": "heavy"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="heavy"' in page
    assert 'href="#field-notes:weight"' in page
    assert 'aria-invalid="true"' in page


def test_stale_card_shows_both_texts(notes_app, things, world, admin):
    thing = things[Entity.SERVICE]
    put(admin, thing, shelf="Stored")
    manager = reader(notes_app, world.people["clinic_manager"])

    answer = manager.post(f"/services/{thing.id}/extensions/notes", {"row_version": "0", "notes:shelf": "Typed"})

    page = answer.get_data(as_text=True)
    assert (answer.status_code, 'value="Typed"' in page, "Stored now" in page, "Stored</" in page) == (
        *(422, True, True, True),
    )


def test_who_may_not_change_values_reads_them(notes_app, things, world, admin):
    thing = things[Entity.SERVICE]
    put(admin, thing, **VALUES)
    desk = reader(notes_app, world.people["front_desk"])

    page = desk.get(f"/services/{thing.id}").get_data(as_text=True)

    assert ("A 3" in page, "1.50 kg" in page, "/extensions/notes" in page) == (True, True, False)
    assert (
        desk.post(f"/services/{thing.id}/extensions/notes", {"row_version": "1", "notes:shelf": "X"}).status_code == 422
    )
    assert get_extension(admin, thing, "notes").values == VALUES


def test_who_may_not_see_values_sees_no_card(notes_app, things, world, admin):
    put(admin, things[Entity.SERVICE], **VALUES)
    therapist = reader(notes_app, world.people["therapist"])

    page = therapist.get(f"/services/{things[Entity.SERVICE].id}")

    assert (page.status_code, "extension-notes" in page.get_data(as_text=True)) == (200, False)
