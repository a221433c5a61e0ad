"""Signing: what is stored, what blocks it, who may do it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, Stale
from polyclinic.records.commands import SignRecord
from polyclinic.records.content import hash_version
from polyclinic.records.queries.measurements import list_measurements
from polyclinic.records.queries.versions import get_treatment_record
from polyclinic.records.services.signing import sign_treatment_record
from tests.records.conftest import NOW, SAFE, SOAP_NOTE, with_permissions

POINT = {"point_id": "p1", "view": "back", "region_id": "upper_trap-right", "pain": 4}
STOPPED = {
    "asked": "some",
    "red_flags": ["rf_stroke"],
    "outcome": "stopped_referred",
    "action_taken": "Called 999 at 10:05, stayed with the client.",
}


def fill(practice, record=None, **sections):
    return practice.save(record or practice.open(), **({"core_soap": SOAP_NOTE, "core_safety": SAFE} | sections))


def trail_of(record):
    rows = session().execute(
        text("SELECT action, detail FROM audit_event WHERE object_id = :id ORDER BY at, id"), {"id": record.id}
    )
    return [(row.action, row.detail) for row in rows]


def test_signed_record_holds_what_was_written(practice):
    record = fill(practice, sample_points={"note": "Eased", "points": [POINT]})

    stored = practice.sign(record)

    assert get_treatment_record(practice.actor, record.id).newest == stored
    assert stored.content_sha256 == hash_version(stored.signed)
    assert [asdict(section) | {"schema_digest": ""} for section in stored.signed.sections][2] == {
        "section_key": "sample.points",
        "title": "Sample points",
        "plugin_id": "sample",
        "plugin_version": "1.4.2",
        "schema_version": 1,
        "schema_digest": "",
        "data": {"note": "Eased", "points": [POINT]},
        "summary": "1 points. Eased",
        "print_view": [
            {"label": "Note", "value": "Eased", "unit": ""},
            {"label": "Points 1: Point id", "value": "p1", "unit": ""},
            {"label": "Points 1: View", "value": "back", "unit": ""},
            {"label": "Points 1: Region", "value": "upper_trap-right", "unit": ""},
            {"label": "Points 1: Pain", "value": "4", "unit": ""},
        ],
        "marks": [
            {
                "view": "back",
                "x": 500,
                "y": 300,
                "chart_version": 1,
                "region_id": "upper_trap-right",
                "layer": "superficial",
                "kind": "point",
                "label": "1",
                "intensity": 4,
                "subject_id": None,
            }
        ],
    }
    assert stored.signed.summary == (
        "Stiff neck since Friday.\nPain 7 before, 3 after.\nAgain in a week\nRed flags asked: none.\n1 points. Eased"
    )


def test_signature_names_author_registration_and_time(practice):
    signed = practice.sign(fill(practice)).signed

    assert (signed.author_name, signed.author_registration, signed.signed_by, signed.recorded_at, signed.is_late) == (
        "Ana Ruiz",
        "A-1",
        practice.actor.member_id,
        NOW,
        False,
    )


def test_measurements_are_copied_for_reports(practice):
    practice.sign(fill(practice, sample_points={"points": [POINT]}))

    found = list_measurements(practice.actor, practice.client_id)

    assert sorted((m.section_key, m.code, m.value, m.moment, m.subject_id) for m in found) == [
        ("core.soap", "nrs11", Decimal(3), "after", None),
        ("core.soap", "nrs11", Decimal(7), "before", None),
        ("sample.points", "nrs11", Decimal(4), "after", "p1"),
    ]


def test_record_is_told_from_opening_to_amendment_without_its_content(practice):
    record = fill(practice, sample_points={"points": [POINT]})
    practice.sign(record)

    told = session().execute(
        text(
            "SELECT type, aggregate_id, clinic_id, payload FROM event WHERE aggregate = 'treatment_record'"
            " AND aggregate_id = :id ORDER BY position"
        ),
        {"id": record.id},
    )
    facts = {
        "client_id": str(record.client_id),
        "therapist_id": str(record.therapist_id),
        "appointment_id": str(record.appointment_id),
        "on": record.service_on.isoformat(),
    }
    measured = {"version": 1, "record_id": str(record.id), "codes": ["nrs11"]}
    assert [tuple(row) for row in told] == [
        ("treatment_record.created", record.id, record.clinic_id, facts),
        ("treatment_record.signed", record.id, record.clinic_id, facts | {"version": 1}),
        ("measurement.recorded", record.id, record.clinic_id, facts | measured),
    ]


def test_wrong_field_blocks_signing_and_names_plugin_and_field(practice):
    record = fill(practice, core_soap={"complaint": None}, sample_points={"points": [{"point_id": "p1"}]})

    with pytest.raises(Invalid) as refused:
        practice.sign(record)

    assert [(error.pointer, error.detail) for error in refused.value.errors] == [
        ("/sections/core.soap/complaint", "Visit notes: Today's complaint is missing."),
        ("/sections/sample.points/points/0/pain", "Sample points (sample): Points 1, Pain is missing."),
    ]
    assert practice.sections(record) == record.draft.sections


def test_red_flag_question_must_be_answered_every_visit(practice):
    record = practice.save(practice.open(), core_soap=SOAP_NOTE)

    with pytest.raises(Invalid) as refused:
        practice.sign(record)

    assert [error.pointer for error in refused.value.errors] == ["/sections/core.safety/asked"]


def test_emergency_answered_yes_cannot_be_signed_as_treatment(practice):
    record = fill(practice, core_safety={**STOPPED, "outcome": "treated"})

    with pytest.raises(Invalid) as refused:
        practice.sign(record, override_reason="I know better than that", actor=override(practice))

    assert [error.pointer for error in refused.value.errors] == ["/sections/core.safety/outcome"]


def test_stopped_visit_is_signed_with_its_outcome(practice):
    record = fill(practice, core_safety=STOPPED)

    with pytest.raises(Invalid) as unticked:
        practice.sign(record)
    signed = practice.sign(record, acknowledged=frozenset({"safety/rf_stroke"})).signed

    assert [error.code for error in unticked.value.errors] == ["acknowledge"]
    assert (signed.outcome, [finding["id"] for finding in signed.findings]) == (
        "stopped_referred",
        ["safety/rf_stroke"],
    )


def test_finding_to_acknowledge_needs_a_tick_that_is_stored(practice):
    record = fill(practice, sample_points={"note": "confirm"})
    tick = "sample.points/sample.confirm/note"

    with pytest.raises(Invalid) as refused:
        practice.sign(record, acknowledged=frozenset({"another"}))
    signed = practice.sign(record, acknowledged=frozenset({tick})).signed

    assert [error.detail for error in refused.value.errors] == ["Confirm this first: Confirm the note."]
    assert signed.findings == [
        {"id": tick, "code": "sample.confirm", "message": "Confirm the note.", "severity": "acknowledge"}
    ]


def override(practice):
    return with_permissions(practice.actor, "treatment-records:override-block")


def test_block_needs_a_second_permission_and_a_reason(practice):
    record = fill(practice, sample_points={"note": "too much"})

    with pytest.raises(NotAllowed) as without_permission:
        practice.sign(record, override_reason="The client insisted on it")
    with pytest.raises(Invalid) as without_reason:
        practice.sign(record, actor=override(practice))
    signed = practice.sign(record, actor=override(practice), override_reason="The client insisted on it").signed

    assert without_permission.value.permission == "treatment-records:override-block"
    assert [error.pointer for error in without_reason.value.errors] == ["/override_reason"]
    assert signed.override_reason == "The client insisted on it"
    assert ("treatment_record.block_overridden", {"codes": ["sample.too_much"]}) in trail_of(record)


def test_absolute_contraindication_of_the_client_blocks(practice):
    practice.flag("fever_acute_infection", "absolute")

    with pytest.raises(NotAllowed) as refused:
        practice.sign(fill(practice))

    assert "Fever or acute contagious illness" in refused.value.detail


def test_caution_is_a_warning_and_does_not_block(practice):
    practice.flag("thin_blood")

    assert practice.sign(fill(practice)).signed.findings == []


@pytest.mark.parametrize("role", ["clinic_manager", "chain_administrator"])
def test_only_the_treating_therapist_signs(practice, world, role):
    record = fill(practice)

    with pytest.raises(NotAllowed) as refused:
        practice.sign(record, actor=world.actor(role))

    assert refused.value.detail == "Only the treating therapist signs this record."


def test_expired_registration_blocks_signing_whatever_the_reason(practice):
    after_expiry = datetime(2026, 12, 1, 10, tzinfo=UTC)
    with clock.frozen(after_expiry + timedelta(hours=2)):
        record = fill(practice, practice.open(after_expiry))
        with pytest.raises(Conflict) as refused:
            practice.sign(record, actor=override(practice), override_reason="It will be renewed soon")

    assert refused.value.code == "registration_expired"


def test_service_without_modality_asks_for_no_registration(practice):
    record = fill(practice, practice.open(service_id=practice.plain_service_id))

    assert practice.sign(record).signed.author_registration == ""


def test_late_entry_says_why_and_is_marked(practice):
    record = fill(practice, practice.open(NOW - timedelta(hours=25)))

    with pytest.raises(Invalid) as refused:
        practice.sign(record)
    signed = practice.sign(record, late_reason="Power cut at the clinic").signed

    assert [error.pointer for error in refused.value.errors] == ["/late_reason"]
    assert (signed.is_late, signed.late_reason, signed.recorded_at - signed.service_at) == (
        True,
        "Power cut at the clinic",
        timedelta(hours=25),
    )


@pytest.mark.parametrize(("days", "expected"), [(100, True), (60, False)])
def test_chronic_complaint_is_computed_from_its_onset(practice, days, expected):
    onset = (NOW - timedelta(days=days)).date().isoformat()
    record = fill(practice, core_soap=SOAP_NOTE | {"complaint_onset_on": onset})

    assert practice.sign(record).signed.is_chronic is expected


def test_signature_on_an_older_draft_is_refused(practice):
    older = fill(practice)
    practice.save(older, core_soap={"plan": "Something else"})

    with pytest.raises(Stale) as refused:
        practice.sign(older)

    assert refused.value.row_version == older.row_version + 1


def test_second_signature_is_refused(practice):
    record = fill(practice)
    practice.sign(record)

    with pytest.raises(Conflict) as refused:
        practice.sign(record)

    assert refused.value.code == "already_signed"


def test_signing_is_audited_with_the_hash(practice):
    record = fill(practice)
    stored = practice.sign(record)

    assert trail_of(record)[-1] == (
        "treatment_record.signed",
        {"version": 1, "content_sha256": stored.content_sha256},
    )


def test_signing_needs_its_own_permission(practice, world):
    record = fill(practice)

    with pytest.raises(NotAllowed) as refused:
        sign_treatment_record(world.actor("front_desk"), SignRecord(record.id, record.row_version))

    assert refused.value.permission == "treatment-records:sign"
