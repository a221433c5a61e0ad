"""A merge is undone: what it moved is back where it was, what was made since stays with the survivor."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from polyclinic.client_file.queries import list_merges
from polyclinic.client_file.services.parting import plan_undo, undo_merge
from polyclinic.clients import queries
from polyclinic.clients.commands import UpdateClient
from polyclinic.clients.services.clients import update_client
from polyclinic.clients.vocabulary import Answer
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, NotAllowed
from polyclinic.scheduling.queries import get_appointment
from tests.client_file.conftest import NOW
from tests.client_file.test_merging import file_of

TABLES = ("appointment", "reservation", "client_flag", "treatment_record", "client_clinic", "health_history_entry")
VOLATILE = "- 'row_version' - 'updated_at' - 'merged_at'"


def everything():
    """All rows that a merge may touch, without their counters."""
    return {
        table: session().execute(text(f"SELECT to_jsonb(t) {VOLATILE} FROM {table} t ORDER BY 1")).scalars().all()
        for table in ("client", *TABLES)
    }


@pytest.fixture
def filled(practice, two):
    for number, client in enumerate(two):
        practice.signed_visit(client, NOW - timedelta(days=10 + number))
        practice.visit(client, NOW + timedelta(days=2 + number))
        practice.flag(client, f"Flag {number}")
        practice.answer(client, f"question_{number}", Answer.YES)
    practice.visit(two[1], NOW + timedelta(days=9), clinic=1)
    return two


def test_undone_merge_leaves_every_row_as_it_was(practice, filled, merge):
    stays, goes = filled
    before = everything()
    done = merge(goes, stays, take=frozenset({"city"}))
    assert everything() != before

    undone = undo_merge(practice.admin, done.id)

    assert everything() == before
    assert (undone.undone_at, undone.undone_by_name, undone.kept_fields) == (NOW, practice.admin.name, [])
    assert queries.get_client(practice.admin, goes.id).id == goes.id
    assert [row.id for row in queries.search_clients(practice.admin, "7946 0123").rows] == [goes.id]
    assert [row.id for row in queries.search_clients(practice.admin, "hartmann").rows] == [stays.id]


def test_rows_made_since_stay_with_the_survivor(practice, filled, merge):
    stays, goes = filled
    before = {client.id: file_of(practice.therapist, client.id) for client in filled}
    done = merge(goes, stays)
    newer = practice.visit(stays, NOW + timedelta(days=20))
    flag = practice.flag(stays, "Since")

    undo_merge(practice.admin, done.id)

    after = {client.id: file_of(practice.therapist, client.id) for client in filled}
    assert after[goes.id] == before[goes.id]
    assert after[stays.id]["appointments"] == before[stays.id]["appointments"] | {newer}
    assert after[stays.id]["flags"] == before[stays.id]["flags"] | {flag}


def test_visit_takes_the_record_that_was_written_since_back_with_it(practice, two, merge):
    stays, goes = two
    visit = practice.visit(goes, NOW - timedelta(hours=3))
    practice.complete(visit)
    done = merge(goes, stays)
    record = practice.sign(practice.draft(visit))

    undo_merge(practice.admin, done.id)

    found = file_of(practice.therapist, goes.id)
    assert (found["appointments"], found["records"]) == ({visit}, {record})
    assert found["measurements"] != set()
    assert file_of(practice.therapist, stays.id)["records"] == set()


def test_value_that_changed_since_is_kept_and_named(practice, two, merge):
    stays, goes = two
    done = merge(goes, stays, take=frozenset({"city", "phone"}))
    kept = queries.get_client(practice.admin, stays.id)
    update_client(practice.admin, UpdateClient(stays.id, kept.row_version, {"city": "Hull"}))
    plan = plan_undo(practice.admin, done.id)
    assert (plan.restoring.values, plan.restoring.kept) == ({"phone": ""}, ("city",))

    undone = undo_merge(practice.admin, done.id)

    after = queries.get_client(practice.admin, stays.id)
    assert (after.city, after.phone) == ("Hull", "")
    assert undone.kept_fields == ["city"]


def refusal_of(practice, merge_id):
    with pytest.raises(Conflict) as refused:
        undo_merge(practice.admin, merge_id)
    assert plan_undo(practice.admin, merge_id).refusal.code == refused.value.code
    return refused.value.code


def test_merge_is_undone_once_and_within_thirty_days(practice, two, merge):
    stays, goes = two
    first = merge(goes, stays)
    with clock.frozen(NOW + timedelta(days=30, seconds=1)):
        assert refusal_of(practice, first.id) == "undo_too_late"
    with clock.frozen(NOW + timedelta(days=30)):
        undo_merge(practice.admin, first.id)

    assert refusal_of(practice, first.id) == "already_undone"
    again = merge(goes, stays)
    assert [row.id for row in list_merges(practice.admin, stays.id)] == [again.id, first.id]


def test_merges_of_a_chain_are_undone_last_first(practice, filled, merge):
    stays, goes = filled
    last = practice.client("Zora", "Hart")
    before = everything()
    first = merge(goes, stays)
    between = everything()
    second = merge(stays, last)

    assert refusal_of(practice, first.id) == "merged_again"
    undo_merge(practice.admin, second.id)
    assert everything() == between
    undo_merge(practice.admin, first.id)
    assert everything() == before


def test_appointment_that_moved_since_returns_with_its_new_time(practice, two, merge):
    stays, goes = two
    visit = practice.visit(goes, NOW + timedelta(days=2))
    done = merge(goes, stays)
    move = text("UPDATE reservation SET active = false WHERE appointment_id = :id AND resource_kind = 'client'")
    session().execute(move, {"id": visit})
    session().execute(
        text(
            "INSERT INTO reservation (organisation_id, id, resource_kind, resource_id, clinic_id, appointment_id, "
            "starts_at, ends_at) SELECT organisation_id, gen_random_uuid(), 'client', client_id, clinic_id, id, "
            "starts_at + interval '1 hour', ends_at + interval '1 hour' FROM appointment WHERE id = :id"
        ),
        {"id": visit},
    )

    undo_merge(practice.admin, done.id)

    holders = text("SELECT DISTINCT resource_id FROM reservation WHERE resource_kind = 'client'")
    assert get_appointment(practice.admin, visit).client_id == goes.id
    assert session().execute(holders).scalars().all() == [goes.id]


def test_parting_needs_the_permission_where_the_survivor_is_known(practice, merge):
    stays, goes = (practice.client(name, clinic_id=practice.world.other_clinic.id) for name in ("Zoë", "Zoe"))
    done = merge(goes, stays)

    for role in ("clinic_manager", "front_desk"):
        with pytest.raises(NotAllowed):
            undo_merge(practice.world.actor(role), done.id)


def test_fields_of_plugins_move_where_the_survivor_has_none_and_return(practice, two, merge):
    stays, goes = two
    insert = text(
        "INSERT INTO entity_extension (organisation_id, id, entity, entity_id, plugin_id, version, data) "
        "VALUES (:o, gen_random_uuid(), 'client', :client, :plugin, 1, '{}')"
    )
    for client, plugin in ((stays, "first"), (goes, "first"), (goes, "second")):
        session().execute(insert, {"o": practice.world.id, "client": client.id, "plugin": plugin})

    def owners():
        rows = session().execute(text("SELECT entity_id, plugin_id FROM entity_extension ORDER BY plugin_id"))
        return sorted((str(row[0]), row[1]) for row in rows)

    before = owners()
    done = merge(goes, stays)
    assert owners() == sorted([(str(stays.id), "first"), (str(goes.id), "first"), (str(stays.id), "second")])
    undo_merge(practice.admin, done.id)
    assert owners() == before
