"""A client is erased: nothing personal is left but what must be kept, and visits keep their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from polyclinic.client_file.commands import EraseClient, MergeClients
from polyclinic.client_file.services.erasing import erase_client, plan_erasure
from polyclinic.client_file.services.merging import merge_clients
from polyclinic.client_file.services.parting import undo_merge
from polyclinic.clients import queries
from polyclinic.clients.commands import RaiseFlag, UpdateClient
from polyclinic.clients.services.clients import restore_client, update_client
from polyclinic.clients.services.flags import raise_flag
from polyclinic.clients.vocabulary import Answer
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed
from polyclinic.kit.pagination import PageRequest
from polyclinic.plugins.contract import SafetySeverity
from polyclinic.records.queries.lists import list_treatment_records
from polyclinic.records.queries.versions import list_versions
from polyclinic.records.verifying import verify_organisation
from polyclinic.scheduling.queries import show_appointment
from tests.client_file.conftest import NOW

PERSONAL = ("Zoë", "Zoe", "Hartman", "zoe@example.org", "7946 0123", "Leeds", "Whitby", "hush")
REASON = "Asked for it in writing"
LONG_AGO = NOW - timedelta(days=365 * 9)


def erase(practice, client, *, confirm="Zoë Hartmann", reason=REASON):
    return erase_client(practice.admin, EraseClient(client.id, reason, confirm))


def everything_about(practice):
    """Every stored text of the organisation outside of the audit trail."""
    tables = (
        session()
        .execute(
            text(
                "SELECT table_name FROM information_schema.columns WHERE column_name = 'organisation_id' "
                "AND table_schema = 'public' AND table_name NOT LIKE 'audit%'"
            )
        )
        .scalars()
        .all()
    )
    return {
        table: " ".join(
            session()
            .execute(
                text(f"SELECT to_jsonb(t)::text FROM {table} t WHERE organisation_id = :o"), {"o": practice.world.id}
            )
            .scalars()
        )
        for table in tables
    }


def tables_with(practice, words):
    return {table for table, texts in everything_about(practice).items() if any(word in texts for word in words)}


@pytest.fixture
def zoe(practice):
    client = practice.client(
        "Zoë", email="zoe@example.org", phone="+44 20 7946 0123", city="Leeds", birth_on=date(1985, 4, 1)
    )
    practice.flag(client, "hush flag")
    practice.answer(client, "hush_question", Answer.YES)
    visit = practice.visit(client, NOW - timedelta(days=5), note="hush note")
    practice.complete(visit)
    return client, visit


def test_client_without_signed_records_leaves_a_row_without_a_name(practice, zoe):
    client, visit = zoe
    plan = plan_erasure(practice.admin, client.id)

    done = erase(practice, client)

    assert tables_with(practice, PERSONAL) == set()
    assert (plan.keeps_records, plan.erased, plan.kept) == (False, done.erased, done.kept)
    assert done.erased == {
        "contact_data": 1,
        "appointment_notes": 1,
        "treatment_records": 0,
        "flags": 1,
        "answers": 1,
    }
    assert done.kept == {"appointments": 1}
    shown = queries.get_client(practice.admin, client.id)
    assert (shown.display_name, shown.erased_at, shown.birth_on) == ("Erased client", NOW, None)
    appointment = show_appointment(practice.admin, visit)
    assert (appointment.client_id, appointment.client_name, appointment.note) == (client.id, "Erased client", "")
    assert queries.search_clients(practice.admin, "erased").rows == []
    assert queries.list_clients(practice.admin, PageRequest()).rows == []


def test_signed_records_within_their_retention_are_kept_with_flags_and_answers(practice, zoe):
    client, _ = zoe
    _, record_id = practice.signed_visit(client, NOW - timedelta(days=3))

    done = erase(practice, client)

    assert (done.keep_until, done.rules) == (
        date(2034, 11, 20),
        ["United Kingdom: 8 years, minors until 25 (26 if 17 at the end)"],
    )
    assert done.kept == {"appointments": 2, "treatment_records": 1, "flags": 1, "answers": 1}
    assert [row.id for row in list_treatment_records(practice.therapist, PageRequest(), client_id=client.id).rows] == [
        record_id
    ]
    assert len(list_versions(practice.therapist, record_id)) == 1
    assert verify_organisation(session(), practice.world.id).differences == ()
    assert tables_with(practice, ("Zoë", "Hartmann", "zoe@example.org", "7946 0123", "Leeds")) == set()


def test_records_whose_retention_has_ended_are_erased(practice):
    client = practice.client("Zoë", birth_on=date(1985, 4, 1))
    _, record_id = practice.signed_visit(client, LONG_AGO)

    done = erase(practice, client)

    assert (done.keeps_records, done.erased["treatment_records"]) == (False, 1)
    assert list_treatment_records(practice.therapist, PageRequest(), client_id=client.id).rows == []
    versions = text("SELECT count(*) FROM treatment_record_version WHERE record_id = :id")
    assert session().execute(versions, {"id": record_id}).scalar_one() == 0


def test_kept_records_go_once_their_retention_has_ended(practice, zoe):
    client, _ = zoe
    practice.signed_visit(client, NOW - timedelta(days=3))
    erase(practice, client)
    with pytest.raises(Conflict) as refused:
        erase(practice, client, confirm="Erased client")
    assert (refused.value.code, "20 November 2034" in refused.value.detail) == ("already_erased", True)

    with clock.frozen(datetime(2034, 11, 21, 12, tzinfo=NOW.tzinfo)):
        again = erase(practice, client, confirm="Erased client")

    assert (again.erased["treatment_records"], again.erased["flags"], again.erased["answers"]) == (1, 1, 1)
    assert tables_with(practice, PERSONAL) == set()


def test_database_itself_refuses_to_erase_what_was_signed_lately(practice, zoe):
    client, _ = zoe
    practice.signed_visit(client, NOW - timedelta(days=3))
    values = {"o": practice.world.id, "c": client.id, "now": NOW}
    session().execute(
        text(
            "INSERT INTO client_erasure (organisation_id, id, client_id, reason, keeps_records, erased_at) "
            "VALUES (:o, :c, :c, 'long enough reason', false, :now)"
        ),
        values,
    )

    with pytest.raises(DBAPIError, match="within their retention"), session().begin_nested():
        session().execute(text("SELECT erase_client_rows(:c, :now)"), values)


def test_visits_ahead_and_unsigned_records_refuse_the_erasure(practice, zoe):
    client, visit = zoe
    practice.draft(visit)
    with pytest.raises(Conflict) as unsigned:
        erase(practice, client)
    ahead = practice.visit(client, NOW + timedelta(days=2))
    with pytest.raises(Conflict) as booked:
        erase(practice, client)

    assert (unsigned.value.code, booked.value.code) == ("has_open_drafts", "has_future_appointments")
    assert plan_erasure(practice.admin, client.id).refusal.code == "has_future_appointments"
    assert show_appointment(practice.admin, ahead).client_name == "Zoë Hartmann"


def test_name_must_be_typed_and_the_reason_given(practice, zoe):
    client, _ = zoe
    with pytest.raises(Invalid) as refused:
        erase(practice, client, confirm="zoe", reason="no")

    assert [error.pointer for error in refused.value.errors] == ["/reason", "/confirm"]


def test_erasing_needs_its_permission(practice, zoe):
    client, _ = zoe
    for role in ("clinic_manager", "front_desk", "therapist"):
        with pytest.raises(NotAllowed):
            erase_client(practice.world.actor(role), EraseClient(client.id, REASON, "Zoë Hartmann"))


def test_nothing_is_added_to_an_erased_client(practice, zoe):
    client, _ = zoe
    erase(practice, client)
    gone = queries.get_client(practice.admin, client.id)
    changes = (
        lambda: update_client(practice.admin, UpdateClient(client.id, gone.row_version, {"given_name": "Zoë"})),
        lambda: restore_client(practice.admin, client.id, gone.row_version),
        lambda: raise_flag(practice.therapist, RaiseFlag(client.id, "x", "x", SafetySeverity.CAUTION)),
        lambda: practice.answer(client, "x", Answer.YES),
        lambda: practice.visit(client, NOW + timedelta(days=3)),
    )

    for change in changes:
        with pytest.raises(Conflict):
            change()


def test_merged_file_is_erased_as_one_and_neither_merged_nor_parted_again(practice, two, merge):
    stays, goes = two
    other = practice.client("Zora", "Hart")
    done = merge(goes, stays, take=frozenset({"city"}))
    erase(practice, replace(stays, given_name="Zoë"))

    assert tables_with(practice, ("Zoë", "Zoe", "Hartman", "7946 0123", "Leeds", "Whitby")) == set()
    with pytest.raises(Conflict) as parted:
        undo_merge(practice.admin, done.id)
    with pytest.raises(Conflict) as merged:
        merge_clients(practice.admin, MergeClients(stays.id, other.id, "Same person"))
    assert (parted.value.code, merged.value.code) == ("client_erased", "client_erased")


def test_erasure_over_rest_with_a_dry_run_first(practice, zoe, http):
    client, _ = zoe
    plan = http().get(f"/api/v1/clients/{client.id}/erasure-plan").get_json()
    refused = http().post(f"/api/v1/clients/{client.id}/erase", {"reason": "short", "confirm": "Zoë"})
    done = http().post(f"/api/v1/clients/{client.id}/erase", {"reason": REASON, "confirm": "Zoë Hartmann"})

    assert plan == {
        "client_id": str(client.id),
        "can_be_erased": True,
        "refusal": None,
        "erased": {"contact_data": 1, "appointment_notes": 1, "treatment_records": 0, "flags": 1, "answers": 1},
        "kept": {"appointments": 1},
        "keep_until": None,
        "rules": [],
    }
    assert (refused.status_code, done.status_code) == (422, 200)
    assert http().get(f"/api/v1/clients/{client.id}/erasures").get_json()["data"] == [done.get_json()]
    assert http().get(f"/api/v1/clients/{client.id}").get_json()["erased_at"] == "2026-11-23T11:00:00Z"
