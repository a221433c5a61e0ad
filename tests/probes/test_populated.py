"""The probes look at something: every table holds rows of both organisations, every address can be filled in."""

from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from marshmallow import fields

from polyclinic.kit.schema import Schema
from polyclinic.testing.bodies import NoBody, body_for, id_places, replaced
from polyclinic.testing.probes import UnknownArgument, address
from polyclinic.testing.snapshots import Observer


def test_every_table_holds_rows_of_both_organisations(populated_live):
    observer = Observer(populated_live.database)
    found = observer.all_contents()
    observer.close()

    assert {populated_live.world.id, populated_live.other_world.id} == set(found)
    assert [set(observer.tables) - set(contents) for contents in found.values()] == [set(), set()]


def test_texts_of_every_kind_name_their_organisation_and_no_other(populated_live):
    own, foreign = populated_live.own, populated_live.foreign
    named = {populated.world.id: tables_naming(populated_live, own.canary, populated) for populated in (own, foreign)}

    assert NAMED - named[own.world.id] == set()
    assert named[foreign.world.id] == set()


NAMED = {
    *("api_key", "appointment", "client", "client_flag", "clinic", "health_history_entry", "idempotency_key"),
    *(
        "member",
        "registration",
        "room",
        "service",
        "setting",
        "therapist",
        "treatment_record",
        "treatment_record_draft",
    ),
    *("treatment_record_draft", "treatment_record_grant", "treatment_record_section", "treatment_record_version"),
}


def tables_naming(live, canary, populated):
    """Return the tables in which rows of an organisation hold a text."""
    observer = Observer(live.database)
    with psycopg.connect(live.database.admin_url, dbname=live.database.name) as connection:
        found = {
            table
            for table in observer.tables
            for (row,) in connection.execute(
                f"SELECT to_jsonb(t)::text FROM {table} t WHERE organisation_id = %s", [populated.world.id]
            )
            if canary in row.lower()
        }
    observer.close()
    return found


def test_address_with_an_unknown_argument_is_refused():
    app = Flask("probe")
    app.add_url_rule("/things/<uuid:thing_id>", "thing", lambda **_: "")
    (rule,) = app.url_map.iter_rules("thing")

    with pytest.raises(UnknownArgument, match="thing_id"):
        address(rule, {"client_id": uuid4()})


class PartSchema(Schema):
    room_id = fields.UUID()


class WholeSchema(Schema):
    id = fields.UUID()
    client_id = fields.UUID()
    clinic_ids = fields.List(fields.UUID())
    parts = fields.List(fields.Nested(PartSchema))


def test_ids_are_found_in_lists_and_parts_and_replaced_one_at_a_time():
    ids = {name: uuid4() for name in ("client_id", "clinic_id", "room_id")}
    body = body_for(WholeSchema, ids)

    places = dict(id_places(WholeSchema, body))
    changed = replaced(body, ("parts", 0, "room_id"), "other")

    assert places == {
        ("id",): "id",
        ("client_id",): "client_id",
        ("clinic_ids", 0): "clinic_id",
        ("parts", 0, "room_id"): "room_id",
    }
    assert changed == {**body, "parts": [{"room_id": "other"}]}
    assert body["parts"] == [{"room_id": str(ids["room_id"])}]


def test_id_that_nobody_made_is_refused():
    with pytest.raises(NoBody, match="client_id"):
        body_for(WholeSchema, {})
