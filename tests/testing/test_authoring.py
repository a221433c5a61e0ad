"""The test kit does with a plugin what an organisation does: switch it on and off, sign its sections."""

from __future__ import annotations

from dataclasses import replace

from polyclinic.plugins.print_view import PrintRow
from polyclinic.testing.authoring import acting

KINDS = "/api/v1/ext/neuromuscular/conditions"
DATA = {"state": "treating", "condition_id": "headaches", "points": [], "feedback": []}


def test_enabled_plugin_answers_and_disabled_plugin_does_not(http, enable, disable):
    rest = http("therapist")
    before = rest.get(KINDS).status_code
    enable("neuromuscular")
    during = rest.get(KINDS).status_code

    disable("neuromuscular")

    assert (before, during, rest.get(KINDS).status_code) == (404, 200, 404)


def test_plugin_is_enabled_at_one_clinic(app, enable, world):
    enable("neuromuscular", clinic_id=world.other_clinic.id)

    is_enabled = app.extensions["polyclinic_plugins"].dispatcher.is_enabled
    assert [is_enabled(world.id, clinic.id, "neuromuscular") for clinic in world.clinics] == [False, True]


def test_signed_section_is_answered_as_it_was_stored(enable, disable, sign_section, archived_view, http):
    enable("neuromuscular")

    signed = sign_section("neuromuscular.protocol", DATA)

    disable("neuromuscular")
    stored = http("therapist").get(f"/api/v1/treatment-records/{signed.record_id}").get_json()["newest_version"]
    section = next(part for part in stored["sections"] if part["section_key"] == signed.section_key)
    assert (signed.content_sha256, signed.summary) == (stored["content_sha256"], section["summary"])
    assert archived_view(signed) == (PrintRow("Condition", "Headaches"), PrintRow("State", "Treating"))


def test_actor_has_what_signing_in_would_give(world, db):
    grants = {role: acting(world, role).grants for role in ("chain_administrator", "therapist")}

    assert grants == {role: world.people[role].actor.grants for role in grants}
    assert acting(world, "therapist") == replace(world.people["therapist"].actor)
