"""An export holds what core and plugins know, names what it lacks, and tells who looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from polyclinic.client_file.services.exporting import Missing, export_client
from polyclinic.clients.queries import list_flags
from polyclinic.clients.vocabulary import Answer
from polyclinic.kit.errors import NotAllowed, NotFound
from polyclinic.plugins.client_changes import ExportPiece
from polyclinic.plugins.registry import Implementation
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.testing.worlds import without
from tests.client_file.conftest import NOW


@pytest.fixture
def no_plugins(practice):
    before = runtime()
    yield lambda **hooks: use_runtime(with_export(before, hooks))
    use_runtime(before)


def with_export(before, hooks, off=()):
    """Return the runtime with these plugins' `client_export`, all of them on but for those in `off`."""
    asked = tuple(
        Implementation(name, "client_export", function, ("client_id",), False) for name, function in hooks.items()
    )
    implementations = MappingProxyType({**before.registry.implementations, "client_export": asked})
    registry = replace(before.registry, implementations=implementations)
    dispatcher = replace(
        before.dispatcher, registry=registry, is_enabled=lambda _organisation, _clinic, name: not name.startswith("off")
    )
    return replace(before, registry=registry, dispatcher=dispatcher)


def answering(value):
    return lambda client_id: value if client_id else None


@pytest.fixture
def zoe(practice):
    client = practice.client("Zoë", email="zoe@example.org")
    practice.signed_visit(client, NOW - timedelta(days=3))
    practice.visit(client, NOW + timedelta(days=3), note="Comes by bus")
    practice.flag(client, "Blood thinner")
    practice.answer(client, "thinners", Answer.YES)
    return client


def test_export_holds_contact_visits_records_flags_and_answers(practice, zoe, no_plugins):
    no_plugins()

    found = export_client(practice.admin, zoe.id)

    assert (found.complete, found.missing, found.plugins) == (True, [], [])
    assert (found.client["display_name"], found.client["email"]) == ("Zoë Hartmann", "zoe@example.org")
    assert [(row["service"], row["note"]) for row in found.appointments] == [
        ("Massage", ""),
        ("Massage", "Comes by bus"),
    ]
    assert [(row.label, row.note) for row in found.flags] == [("Blood thinner", "Note: Blood thinner")]
    assert [(row.question_code, row.answer) for row in found.health_history] == [("thinners", Answer.YES)]
    (record,) = found.treatment_records
    (version,) = record["versions"]
    printed = [(row["label"], row["value"]) for section in version["sections"] for row in section["rows"]]
    assert version["signed_by"] != ""
    assert ("Stiff neck" in dict(printed).values(), len(version["content_sha256"])) == (True, 64)


def test_export_after_a_merge_holds_both_files(practice, two, merge, no_plugins):
    stays, goes = two
    no_plugins()
    practice.visit(goes, NOW + timedelta(days=3))
    practice.answer(goes, "asthma", Answer.YES)
    merge(goes, stays)

    found = export_client(practice.admin, goes.id)

    assert found.client["id"] == stays.id
    assert [(row["id"], row["city"]) for row in found.merged_clients] == [(goes.id, "Whitby")]
    assert (len(found.appointments), len(found.health_history)) == (1, 1)


def test_plugins_add_their_pieces_and_those_that_cannot_are_named(practice, zoe, no_plugins):
    def broken(client_id):
        raise RuntimeError

    no_plugins(
        good=lambda client_id: [ExportPiece("Notes", [{"client": str(client_id)}])],
        broken=broken,
        wrong=answering("text"),
        off=answering([]),
        silent=answering([]),
    )

    found = export_client(practice.admin, zoe.id)

    assert found.plugins == [{"plugin": "good", "name": "Notes", "rows": [{"client": str(zoe.id)}]}]
    assert (found.complete, [missing.part for missing in found.missing]) == (
        False,
        ["plugin broken", "plugin wrong", "plugin off"],
    )


def test_what_lies_outside_of_the_actor_s_clinics_is_named(practice, zoe, no_plugins):
    no_plugins()
    practice.visit(zoe, NOW + timedelta(days=5), clinic=1)

    found = export_client(practice.world.actor("clinic_manager"), zoe.id)
    blind = export_client(without(practice.admin, "health-history:read"), zoe.id)

    assert found.missing == [Missing("appointments", "1 at clinics or with privacy that you may not read.")]
    assert (blind.flags, [missing.part for missing in blind.missing]) == ((), ["health history and flags"])


def test_looks_name_who_read_the_file_and_the_export_itself_is_one(practice, zoe, no_plugins):
    no_plugins()
    list_flags(practice.therapist, zoe.id)

    export_client(practice.admin, zoe.id)
    looks = export_client(practice.admin, zoe.id).looks

    named = {(look.name, look.action) for look in looks}
    assert (practice.therapist.name, "health_history.read") in named
    assert (practice.admin.name, "client.exported") in named


def test_export_needs_records_of_a_clinic_where_the_client_is_known(practice, zoe, other_world):
    for actor in (practice.world.actor("front_desk"), practice.world.elsewhere["therapist"].actor):
        with pytest.raises(NotAllowed):
            export_client(actor, zoe.id)
    with pytest.raises(NotFound):
        export_client(practice.admin, other_world.clinic.id)


def test_export_over_rest_says_whether_it_is_complete(practice, zoe, no_plugins, http):
    no_plugins()

    answer = http().get(f"/api/v1/clients/{zoe.id}/export")

    found = answer.get_json()
    assert (answer.status_code, found["complete"], found["missing"]) == (200, True, [])
    assert found["made_at"] == "2026-11-23T11:00:00Z"
    assert found["flags"][0]["label"] == "Blood thinner"
