"""Drafts: opening, lenient saving, versions, actions, copying the last record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from polyclinic.records.commands import ApplyAction, CarryForward, OpenRecord, SaveDraft
from polyclinic.records.queries.lists import count_unsigned, list_unsigned
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.services.acting import apply_action
from polyclinic.records.services.carrying import carry_forward
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.vocabulary import RecordState
from tests.records.conftest import NOW, SOAP_NOTE


def save(practice, record, sections, **changes):
    return save_draft(practice.actor, SaveDraft(record.id, record.row_version, sections, **changes))


def act(practice, record, action="add_point", **arguments):
    return apply_action(practice.actor, ApplyAction(record.id, record.row_version, "sample.points", action, arguments))


def test_record_opens_as_a_draft_of_the_visit(practice):
    record = practice.open()

    assert (record.state, record.draft.sections, record.client_id, record.modality, record.privacy) == (
        RecordState.DRAFT,
        {},
        practice.client_id,
        "sample",
        "clinic",
    )


def test_record_of_a_visit_is_opened_once(practice):
    visit = practice.visit()
    first = open_treatment_record(practice.actor, OpenRecord(visit))

    assert open_treatment_record(practice.actor, OpenRecord(visit)) == first


def test_record_can_be_opened_filled(practice):
    command = OpenRecord(practice.visit(), sections={"core.soap": SOAP_NOTE})

    assert open_treatment_record(practice.actor, command).draft.sections == {"core.soap": SOAP_NOTE}


@pytest.mark.parametrize("status", ["no_show", "cancelled"])
def test_missed_visit_has_no_record(practice, status):
    reason = "Client fell ill" if status == "cancelled" else None
    visit = practice.visit(status=status, cancel_reason=reason)

    with pytest.raises(Conflict) as refused:
        open_treatment_record(practice.actor, OpenRecord(visit))

    assert refused.value.code == "visit_not_held"


def test_visit_of_another_clinic_is_not_found(practice, world):
    visit = practice.visit()

    with pytest.raises(NotFound):
        open_treatment_record(world.elsewhere["therapist"].actor, OpenRecord(visit))


def test_front_desk_opens_no_record(practice, world):
    with pytest.raises(NotAllowed):
        open_treatment_record(world.actor("front_desk"), OpenRecord(practice.visit()))


def test_wrong_input_is_kept_and_named(practice):
    record = practice.open()

    saved = save(practice, record, {"core.soap": {"complaint": "Neck", "pain_before": "eleven", "pain_after": 12}})

    assert saved.record.draft.sections["core.soap"] == {"complaint": "Neck", "pain_before": "eleven", "pain_after": 12}
    assert sorted(warning.pointer for warning in saved.warnings) == [
        "/sections/core.soap/pain_after",
        "/sections/core.soap/pain_before",
    ]


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ({"unknown.part": {}}, "unknown_section"),
        ({"not a key": {}}, "unknown_section"),
        ({"core.soap": ["list"]}, "not_an_object"),
        ({"core.soap": "text"}, "not_an_object"),
        ({"core.soap": {"plan": "x" * 600_000}}, "too_large"),
        ({"core.soap": {"pain_before": 2.5}}, "not_canonical"),
        ({"core.soap": {"plan": "\ud800"}}, "not_canonical"),
    ],
)
def test_what_cannot_be_kept_is_refused(practice, sections, code):
    record = practice.open()

    with pytest.raises(Invalid) as refused:
        save(practice, record, sections)

    assert [error.code for error in refused.value.errors] == [code]


def test_section_of_another_modality_is_refused(practice):
    record = practice.open(service_id=practice.plain_service_id)

    with pytest.raises(Invalid) as refused:
        save(practice, record, {"sample.points": {"note": "x"}})

    assert [error.code for error in refused.value.errors] == ["unknown_section"]


def test_save_merges_and_null_removes(practice):
    first = practice.save(practice.open(), core_soap=SOAP_NOTE, sample_points={"note": "A"})

    second = practice.save(first, core_soap={"plan": None, "pain_after": 2}, sample_points=None)

    expected = {"complaint": "Stiff neck since Friday", "pain_before": 7, "pain_after": 2}
    assert second.draft.sections == {"core.soap": expected}
    assert get_record_row(practice.actor, first.id) == second


def test_form_replaces_a_section_as_a_whole(practice):
    first = practice.save(practice.open(), core_soap=SOAP_NOTE)

    saved = save(practice, first, {"core.soap": {"complaint": "Neck"}}, is_whole=True)

    assert saved.record.draft.sections == {"core.soap": {"complaint": "Neck"}}


def test_saving_the_same_again_makes_no_version(practice):
    first = practice.save(practice.open(), core_soap=SOAP_NOTE)

    assert practice.save(first, core_soap=SOAP_NOTE) == first


def test_two_tabs_lose_nothing(practice):
    opened = practice.open()
    first_tab = practice.save(opened, core_soap={"complaint": "Typed in the first tab"})

    with pytest.raises(Stale) as refused:
        practice.save(opened, core_soap={"complaint": "Typed in the second tab"})

    current = refused.value.current
    assert (refused.value.row_version, current) == (first_tab.row_version, first_tab)
    assert current.draft.sections["core.soap"]["complaint"] == "Typed in the first tab"


def test_every_accepted_edit_is_kept(practice):
    record = practice.save(practice.open(), core_soap={"complaint": "One"})
    practice.save(record, core_soap={"complaint": "Two"}, sample_points={"note": "A"})

    rows = session().execute(
        text("SELECT row_version, changes, changed_by FROM treatment_record_draft_revision ORDER BY row_version")
    )

    who = practice.actor.principal
    assert [tuple(row) for row in rows] == [
        (2, {"core.soap": {"complaint": "One"}}, who),
        (3, {"core.soap": {"complaint": "Two"}, "sample.points": {"note": "A"}}, who),
    ]


def test_action_changes_the_section_and_completes_the_place(practice):
    saved = act(practice, practice.open(), region_id="sternum", point_id="p1", pain=5)

    point = {"point_id": "p1", "view": "front", "region_id": "sternum", "pain": 5}
    assert saved.record.draft.sections["sample.points"] == {"points": [point]}


def test_refused_action_shows_the_words_of_the_section(practice):
    with pytest.raises(Conflict) as refused:
        act(practice, practice.open(), refuse=True)

    assert (refused.value.code, refused.value.detail) == ("action_refused", "No more points today.")


def test_broken_action_names_the_plugin_and_keeps_the_draft(practice):
    record = practice.save(practice.open(), sample_points={"note": "kept"})

    with pytest.raises(Conflict) as refused:
        act(practice, record, **{"break": True})

    assert (refused.value.code, "sample" in refused.value.detail) == ("plugin_failed", True)
    assert get_record_row(practice.actor, record.id) == record


@pytest.mark.parametrize("arguments", [{"region_id": "no_such"}, {"view": "front", "x": 1, "y": 1}, {"x": "a", "y": 2}])
def test_place_beside_the_body_is_refused(practice, arguments):
    with pytest.raises(Invalid):
        act(practice, practice.open(), **arguments)


def test_unknown_action_is_not_found(practice):
    with pytest.raises(NotFound):
        act(practice, practice.open(), "no_such_action")


def test_last_record_is_copied_as_structure_only(practice):
    point = {"point_id": "p1", "region_id": "upper_trap-right", "pain": 6}
    note = SOAP_NOTE | {"objective": "Taut band", "aftercare": ["warmth_advised"]}
    source = practice.signed(NOW - timedelta(days=7), core_soap=note, sample_points={"points": [point]})

    saved = carry_forward(practice.actor, CarryForward((record := practice.open()).id, record.row_version))

    assert saved.record.draft.sections == {
        "core.soap": {"plan": "Again in a week", "aftercare": ["warmth_advised"]},
        "sample.points": {"points": [{"point_id": "p1", "region_id": "upper_trap-right"}]},
    }
    assert saved.record.draft.carried_from_record_id == source.id


def test_copying_never_overwrites_typed_text(practice):
    practice.signed(NOW - timedelta(days=7))
    record = practice.save(practice.open(), core_soap={"plan": "Mine"})

    saved = carry_forward(practice.actor, CarryForward(record.id, record.row_version))

    assert saved.record.draft.sections == {"core.soap": {"plan": "Mine"}}


def test_without_an_earlier_record_nothing_is_copied(practice):
    record = practice.open()

    with pytest.raises(NotFound):
        carry_forward(practice.actor, CarryForward(record.id, record.row_version))


def test_unsigned_drafts_are_counted_for_their_therapist_alone(practice, world):
    draft = practice.open()
    practice.signed(NOW - timedelta(hours=3))

    assert (count_unsigned(practice.actor), [row.id for row in list_unsigned(practice.actor)]) == (1, [draft.id])
    assert [count_unsigned(world.actor(role)) for role in ("clinic_manager", "front_desk")] == [0, 0]
