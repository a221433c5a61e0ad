"""Amendments, versions, and the archived view of a record whose plugin is gone."""

from __future__ import annotations

import pytest

from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, Stale
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.queries.versions import get_treatment_record, list_versions
from polyclinic.records.services.amending import amend_treatment_record, drop_amendment
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.vocabulary import RecordState
from tests.records.conftest import SOAP_NOTE

POINTS = {"note": "Eased", "points": [{"point_id": "p1", "view": "back", "region_id": "upper_trap-right", "pain": 4}]}


@pytest.fixture
def signed(practice):
    record = practice.signed(sample_points=POINTS)
    return get_record_row(practice.actor, record.id)


def amend(practice, record, actor=None):
    return amend_treatment_record(actor or practice.actor, record.id, record.row_version)


def test_amendment_is_a_new_version_and_the_original_stays(practice, signed):
    draft = practice.save(amend(practice, signed), core_soap={"plan": "Again in two weeks"})

    practice.sign(draft, amendment_reason="Wrong interval written")

    versions = [stored.signed for stored in list_versions(practice.actor, signed.id)]
    assert [(v.version, v.kind, v.reason, v.sections[0].data["plan"]) for v in versions] == [
        (2, "amendment", "Wrong interval written", "Again in two weeks"),
        (1, "signed", "", "Again in a week"),
    ]
    assert get_treatment_record(practice.actor, signed.id).record.state is RecordState.AMENDED


def test_amendment_needs_a_reason(practice, signed):
    draft = amend(practice, signed)

    with pytest.raises(Invalid) as refused:
        practice.sign(draft)

    assert [error.pointer for error in refused.value.errors] == ["/amendment_reason"]


def test_record_stays_signed_while_an_amendment_is_open(practice, signed):
    draft = amend(practice, signed)

    assert (draft.state, draft.draft.based_on_version, draft.draft.sections["core.soap"]) == (
        RecordState.SIGNED,
        1,
        SOAP_NOTE,
    )
    assert amend(practice, draft) == draft


def test_dropped_amendment_leaves_the_signed_record(practice, signed):
    draft = amend(practice, signed)

    after = drop_amendment(practice.actor, draft.id, draft.row_version)

    assert (after.draft, after.latest_version, after.row_version > draft.row_version) == (None, 1, True)


def test_amending_needs_its_permission_and_the_current_version(practice, signed, world):
    with pytest.raises(NotAllowed):
        amend(practice, signed, world.actor("front_desk"))
    with pytest.raises(Stale):
        amend_treatment_record(practice.actor, signed.id, signed.row_version - 1)


def test_draft_is_not_amended_and_not_dropped(practice):
    record = practice.open()

    with pytest.raises(Conflict) as not_signed:
        amend(practice, record)
    with pytest.raises(Conflict) as no_amendment:
        drop_amendment(practice.actor, record.id, record.row_version)

    assert (not_signed.value.code, no_amendment.value.code) == ("not_signed", "no_amendment")


def test_signed_record_is_read_without_its_plugin(practice, signed, plugins):
    before = get_treatment_record(practice.actor, signed.id)
    plugins()

    after = get_treatment_record(practice.actor, signed.id)

    assert after == before
    assert [row["value"] for row in after.newest.signed.sections[2].print_view] == [
        "Eased",
        "p1",
        "back",
        "upper_trap-right",
        "4",
    ]


def test_part_of_a_missing_plugin_is_carried_unchanged_into_an_amendment(practice, signed, plugins):
    draft = practice.save(amend(practice, signed), core_soap={"plan": "Other"})
    plugins()

    new = practice.sign(draft, amendment_reason="Wrong interval written").signed

    old = list_versions(practice.actor, signed.id)[1].signed
    assert new.sections[2] == old.sections[2]
    assert [m for m in new.measurements if m.section_key == "sample.points"] == [
        m for m in old.measurements if m.section_key == "sample.points"
    ]


def test_new_part_of_a_missing_plugin_blocks_signing(practice, plugins):
    record = practice.save(practice.open(), core_soap=SOAP_NOTE, core_safety={"asked": "none"}, sample_points=POINTS)
    plugins()

    errors = check_treatment_record(practice.actor, record.id).errors
    with pytest.raises(Invalid) as refused:
        practice.sign(record)

    assert (errors, [error.code for error in errors]) == (refused.value.errors, ["plugin_missing"])


def test_checks_name_everything_that_signing_would_refuse(practice):
    record = practice.save(practice.open(), core_soap={"pain_before": 7}, sample_points={"note": "too much"})
    practice.flag("thin_blood")

    checks = check_treatment_record(practice.actor, record.id)

    assert [error.pointer for error in checks.errors] == [
        "/sections/core.soap/complaint",
        "/sections/core.safety/asked",
    ]
    assert [(finding.id, finding.severity.value) for finding in checks.findings] == [
        ("safety/thin_blood", "warning"),
        ("core.soap/core.pain_after_missing/pain_after", "warning"),
        ("sample.points/sample.too_much/note", "block"),
    ]
    assert (checks.pressure_cap, checks.can_be_signed) == (2, False)
