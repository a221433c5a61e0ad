"""The test kit does with a plugin what an organisation does: switch it on and off, sign its sections."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from polyclinic.plugins.print_view import PrintRow
from polyclinic.records.commands import SignRecord
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.services.amending import amend_treatment_record
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.testing.authoring import acting

KINDS = "/api/v1/ext/neuromuscular/conditions"
DATA = {"state": "treating", "condition_id": "headaches", "points": [], "feedback": []}

TOLD = text("SELECT type FROM event WHERE aggregate = 'treatment_record' AND aggregate_id = :id ORDER BY position")


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


def test_signing_and_amending_are_announced(enable, sign_section, actor, db):
    enable("neuromuscular")
    signed = sign_section("neuromuscular.protocol", DATA)
    author = actor("therapist")

    version = get_record_row(author, signed.record_id).row_version
    amended = amend_treatment_record(author, signed.record_id, version)
    ticks = frozenset(finding.id for finding in check_treatment_record(author, signed.record_id).findings)
    reason = "The pressure was noted wrongly"
    again = SignRecord(signed.record_id, amended.row_version, ticks, late_reason=reason, amendment_reason=reason)
    sign_treatment_record(author, again)

    told = db.execute(TOLD, {"id": signed.record_id}).scalars().all()
    assert told == [
        "treatment_record.created",
        "treatment_record.signed",
        "measurement.recorded",
        "treatment_record.amended",
        "measurement.recorded",
    ]
