"""Two files become one: everything of both is in the survivor's file, and nothing that was signed changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.sql.selectable import ScalarSelect

from polyclinic.access.actor import Actor
from polyclinic.client_file.commands import MergeClients
from polyclinic.client_file.services.merging import merge_clients
from polyclinic.clients import queries
from polyclinic.clients.commands import UpdateClient
from polyclinic.clients.following import survivor
from polyclinic.clients.rows import ClientIdentity
from polyclinic.clients.services.clients import update_client
from polyclinic.clients.vocabulary import Answer
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from polyclinic.kit.pagination import PageRequest
from polyclinic.records.queries.lists import list_treatment_records
from polyclinic.records.queries.measurements import list_measurements
from polyclinic.records.queries.versions import list_versions
from polyclinic.records.verifying import verify_organisation
from polyclinic.scheduling.queries import AppointmentFilter, get_appointment, list_appointments
from polyclinic.testing.worlds import without
from tests.client_file.conftest import NOW


def file_of(actor: Actor, client_id):
    """Everything that reads of a client by id show, as ids."""
    page = PageRequest(limit=200)
    return {
        "appointments": {row.id for row in list_appointments(actor, AppointmentFilter(client_id=client_id), page).rows},
        "records": {row.id for row in list_treatment_records(actor, page, client_id=client_id).rows},
        "measurements": {row.id for row in list_measurements(actor, client_id)},
        "flags": {row.id for row in queries.list_flags(actor, client_id)},
        "active flags": {flag.id for flag in queries.active_flags(actor, [client_id], NOW.date()).get(client_id, [])},
        "answers": {row.id for row in queries.list_health_history(actor, client_id, page).rows},
    }


@pytest.fixture
def filled(practice, two):
    for number, client in enumerate(two):
        practice.signed_visit(client, NOW - timedelta(days=10 + number))
        practice.visit(client, NOW + timedelta(days=2 + number))
        practice.flag(client, f"Flag {number}")
        practice.answer(client, f"question_{number}", Answer.YES)
    return two


def test_survivor_s_file_holds_what_both_held_and_is_found_by_either_id(practice, filled, merge):
    stays, goes = filled
    actor = practice.therapist
    before, others = file_of(actor, stays.id), file_of(actor, goes.id)
    assert all(before.values())
    assert all(others.values())

    merge(goes, stays)

    union = {name: before[name] | others[name] for name in before}
    assert file_of(actor, stays.id) == union
    assert file_of(actor, goes.id) == union


def test_signed_rows_keep_their_bytes_and_verify(practice, filled, merge):
    stays, goes = filled
    versions = text("SELECT to_jsonb(v)::text FROM treatment_record_version v ORDER BY 1")
    before = session().execute(versions).scalars().all()

    merge(goes, stays)

    records = list_treatment_records(practice.therapist, PageRequest(), client_id=stays.id).rows
    signers = {list_versions(practice.therapist, row.id)[0].signed.client_id for row in records}
    assert session().execute(versions).scalars().all() == before
    assert verify_organisation(session(), practice.world.id).differences == ()
    assert signers == {stays.id, goes.id}
    assert {row.client_id for row in records} == {stays.id}


def test_published_views_name_the_survivor_alone(practice, filled, merge):
    stays, goes = filled
    merge(goes, stays)

    for view in ("appointment", "treatment_record", "measurement"):
        named = session().execute(text(f"SELECT DISTINCT client_id FROM pub.v1_{view}")).scalars().all()
        assert named == [stays.id], view


def test_merged_client_resolves_to_the_survivor_who_is_found_under_both_names(practice, two, merge):
    stays, goes = two

    merge(goes, stays)

    actor = practice.admin
    kept = queries.get_client(actor, goes.id)
    found = {words: [row.id for row in queries.search_clients(actor, words).rows] for words in ("hartmann", "0123")}
    assert kept.id == stays.id
    assert found == {"hartmann": [stays.id], "0123": [stays.id]}
    assert [row.id for row in queries.list_clients(actor, PageRequest()).rows] == [stays.id]
    update_client(actor, UpdateClient(stays.id, kept.row_version, {"family_name": "Moss", "phone": ""}))
    assert [row.id for row in queries.search_clients(actor, "7946 0123").rows] == [stays.id]
    assert [row.id for row in queries.search_clients(actor, "hartmann").rows] == []


def test_survivor_keeps_its_values_and_gains_what_it_lacked(practice, two, merge):
    stays, goes = two

    done = merge(goes, stays)

    kept = queries.get_client(practice.admin, stays.id)
    assert (kept.given_name, kept.email, kept.phone, kept.city) == (
        "Zoë",
        "zoe@example.org",
        "+44 20 7946 0123",
        "Leeds",
    )
    assert done.fields == {"phone": ["", "+44 20 7946 0123"]}
    assert kept.row_version == stays.row_version + 1


def test_chosen_values_come_from_the_client_that_goes(practice, two, merge):
    stays, goes = two

    done = merge(goes, stays, take=frozenset({"city", "family_name"}))

    kept = queries.get_client(practice.admin, stays.id)
    assert (kept.city, kept.family_name, kept.phone) == ("Whitby", "Hartman", "")
    assert done.fields == {"city": ["Leeds", "Whitby"], "family_name": ["Hartmann", "Hartman"]}


def test_stricter_answer_of_two_files_counts_until_the_question_is_asked_again(practice, two, merge):
    stays, goes = two
    practice.answer(goes, "thinners", Answer.YES, at=NOW - timedelta(days=300))
    practice.answer(stays, "thinners", Answer.NO, at=NOW - timedelta(days=3))
    practice.answer(stays, "asthma", Answer.YES, at=NOW - timedelta(days=300))
    practice.answer(stays, "asthma", Answer.NO, at=NOW - timedelta(days=3))
    practice.answer(goes, "asthma", Answer.NO, at=NOW - timedelta(days=200))

    merge(goes, stays)

    def current():
        return {row.question_code: row.answer for row in queries.list_current_answers(practice.therapist, stays.id)}

    assert current() == {"thinners": Answer.YES, "asthma": Answer.NO}
    practice.answer(stays, "thinners", Answer.NO, at=NOW + timedelta(minutes=1))
    assert current() == {"thinners": Answer.NO, "asthma": Answer.NO}


def test_rows_of_clinics_that_the_merging_person_does_not_see_move_too(practice, two):
    stays, goes = two
    manager = practice.world.actor("clinic_manager")
    elsewhere = practice.visit(goes, NOW + timedelta(days=4), clinic=1)

    done = merge_clients(manager, MergeClients(goes.id, stays.id, "Same person"))

    assert get_appointment(practice.admin, elsewhere).client_id == stays.id
    assert done.moved == {"appointment": 1, "reservation": 1, "client_clinic": 1}


def test_therapist_of_the_survivor_s_clinic_sees_the_answers_of_the_other_file(practice, merge):
    stays = practice.client("Zoë", clinic_id=practice.world.other_clinic.id)
    goes = practice.client("Zoe")
    practice.answer(goes, "thinners", Answer.YES)
    there = practice.world.elsewhere["therapist"].actor
    with pytest.raises(NotAllowed):
        queries.list_current_answers(there, goes.id)

    merge(goes, stays)

    assert [row.question_code for row in queries.list_current_answers(there, stays.id)] == ["thinners"]


def test_overlapping_appointments_refuse_the_merge_and_name_the_times(practice, two, merge):
    stays, goes = two
    day = NOW + timedelta(days=7)
    practice.visit(stays, day)
    practice.visit(goes, day + timedelta(minutes=30), overbook="Both came")

    with pytest.raises(Conflict) as refused:
        merge(goes, stays)

    assert refused.value.code == "appointments_overlap"
    assert "30 November 2026, 11:30 to 12:00" in refused.value.detail
    assert [(found.starts_at, found.ends_at) for found in refused.value.conflicts] == [
        (day + timedelta(minutes=30), day + timedelta(hours=1))
    ]
    assert queries.get_client(practice.admin, goes.id).id == goes.id


def test_client_is_not_merged_into_itself_nor_twice_nor_into_a_stranger(practice, two, merge, other_world):
    stays, goes = two
    third = practice.client("Zora", "Hart")
    with pytest.raises(Invalid):
        merge(stays, stays)
    with pytest.raises(NotFound):
        merge_clients(practice.admin, MergeClients(goes.id, other_world.clinic.id, "No"))
    merge(goes, stays)

    for pair in ((goes, stays), (goes, third), (third, goes)):
        with pytest.raises(Conflict) as refused:
            merge(*pair)
        assert refused.value.code == "already_merged"


def test_merging_needs_its_permission_where_both_are_known(practice, two):
    stays, _ = two
    elsewhere = practice.client("Zoe", clinic_id=practice.world.other_clinic.id)
    command = MergeClients(elsewhere.id, stays.id, "Same person")

    for actor in (
        practice.world.actor("clinic_manager"),
        practice.world.actor("front_desk"),
        without(practice.admin, "clients:merge"),
    ):
        with pytest.raises(NotAllowed):
            merge_clients(actor, command)


def test_choice_made_on_an_outdated_file_is_stale(practice, two, merge):
    stays, goes = two
    update_client(practice.admin, UpdateClient(goes.id, goes.row_version, {"city": "Hull"}))

    with pytest.raises(Stale):
        merge(goes, stays, from_version=goes.row_version, into_version=stays.row_version)


def test_unknown_field_and_a_choice_that_leaves_no_name_are_refused(practice, two, merge):
    stays, _ = two
    nameless = practice.client("", "Hartmann")
    only_given = practice.client("Zoë", "")
    with pytest.raises(Invalid):
        merge(nameless, stays, take=frozenset({"search_text"}))
    with pytest.raises(Invalid):
        merge(nameless, only_given, take=frozenset({"given_name"}))


def test_chain_of_merges_ends_in_one_file(practice, filled, merge):
    stays, goes = filled
    last = practice.client("Zora", "Hart")
    union = {
        name: ids | file_of(practice.therapist, goes.id)[name]
        for name, ids in file_of(practice.therapist, stays.id).items()
    }

    merge(goes, stays)
    merge(stays, last)

    assert {queries.get_client(practice.admin, client.id).id for client in (stays, goes, last)} == {last.id}
    assert file_of(practice.therapist, last.id) == union
    assert file_of(practice.therapist, goes.id) == union
    assert queries.find_duplicates(practice.admin, ClientIdentity("Zoë", "Hartmann")) == []


def test_merge_leaves_one_audit_row_without_personal_text(practice, two, merge):
    stays, goes = two
    done = merge(goes, stays)

    rows = session().execute(text("SELECT object_id, detail FROM audit_event WHERE action = 'client.merged'")).all()
    told = session().execute(text("SELECT aggregate_id, payload FROM event WHERE type = 'client.merged'")).all()
    assert [tuple(row) for row in told] == [(stays.id, {"merged_client_id": str(goes.id)})]
    assert [tuple(row) for row in rows] == [(stays.id, {"merge_id": str(done.id), "merged_client_id": str(goes.id)})]


def test_look_for_the_survivor_is_a_subquery_so_that_row_security_lets_indexes_work():
    # A coalesce() beside the column is not leakproof: lists by client then read their whole table (0.5 ms became 34).
    assert isinstance(survivor(bindparam("client_id")), ScalarSelect)
