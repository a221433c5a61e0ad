"""Pages of records: editor without JavaScript, autosave parts, conflict, review and signature, signed view."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from polyclinic.records.queries.records import get_record_row
from tests.records.conftest import SAFE, SECTION, SOAP_NOTE

HOME = "/treatment-records"


@pytest.fixture
def page(browse, practice):
    return browse("therapist")


def form(record, *keys, **fields):
    keys = keys or ("core.soap", "core.safety", "sample.points")
    return {"row_version": record.row_version, "_sections": list(keys)} | fields


def text_of(response):
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


def test_visit_without_a_record_offers_to_start_one(page, practice):
    visit = practice.visit()

    shown = page.get(f"{HOME}/new?appointment={visit}")
    started = page.post(f"{HOME}/new", {"appointment": visit})

    assert (shown.status_code, "Tom Hale" in text_of(shown), started.status_code) == (200, True, 302)
    assert page.get(f"{HOME}/new?appointment={visit}").headers["Location"] == started.headers["Location"]


def test_editor_shows_client_chart_and_sections(page, practice):
    practice.flag("thin_blood")
    record = practice.save(practice.open(), core_soap=SOAP_NOTE)

    response = page.get(f"{HOME}/{record.id}")

    body = text_of(response)
    shown = (
        "Tom Hale",
        "thin_blood",
        "Sample 60",
        "Stiff neck since Friday",
        "Sample points",
        "Pressure at most 2 of 5",
    )
    assert (response.status_code, [name for name in shown if name not in body]) == (200, [])


def test_form_saves_without_javascript(page, practice):
    record = practice.open()
    fields = {
        "core.soap:complaint": "Neck",
        "core.soap:pain_before": "7",
        "core.soap:plan": "one\r\ntwo",
        "core.soap:aftercare": ["warmth_advised", "stretch_shown"],
        "core.safety:asked": "none",
        "sample.points:note": "Eased",
        "sample.points:points.0.pain": "4",
        "sample.points:points.1.pain": "",
    }

    response = page.post(f"{HOME}/{record.id}/draft", form(record, **fields))

    assert (response.status_code, response.headers["Location"]) == (303, f"{HOME}/{record.id}")
    assert practice.sections(record) == {
        "core.soap": {
            "complaint": "Neck",
            "pain_before": 7,
            "plan": "one\ntwo",
            "aftercare": ["warmth_advised", "stretch_shown"],
        },
        "core.safety": {"asked": "none", "red_flags": []},
        "sample.points": {"note": "Eased", "points": [{"pain": 4}]},
    }


def test_sections_that_the_page_did_not_show_stay(page, practice):
    record = practice.save(practice.open(), core_soap=SOAP_NOTE, sample_points={"note": "kept"})

    page.post(f"{HOME}/{record.id}/draft", form(record, "core.soap", **{"core.soap:complaint": "Neck"}))

    assert practice.sections(record)["sample.points"] == {"note": "kept"}


def test_wrong_input_is_saved_and_shown_with_its_message(page, practice):
    record = practice.open()

    page.post(f"{HOME}/{record.id}/draft", form(record, **{"core.soap:complaint_onset_on": "soon"}))

    body = text_of(page.get(f"{HOME}/{record.id}"))
    assert ("Not a valid date." in body, practice.sections(record)["core.soap"]) == (
        True,
        {"complaint_onset_on": "soon", "aftercare": []},
    )


def test_autosave_answers_with_the_parts_that_changed(page, practice):
    record = practice.open()

    response = page.post(
        f"{HOME}/{record.id}/draft",
        form(record, **{"core.soap:complaint": "Neck"}),
        headers={"HX-Request": "true"},
    )

    body = response.get_data(as_text=True)
    ids = re.findall(
        r'id="(save-state|conflict|notice|pins-front|pins-back|pin-list|findings|section-sample-points)"', body
    )
    assert (response.status_code, ids, "<html" in body) == (
        200,
        ["save-state", "conflict", "notice", "pins-front", "pins-back", "pin-list", "findings"],
        False,
    )
    assert f'name="row_version" value="{record.row_version + 1}"' in body


def test_button_of_a_section_saves_first_and_then_acts(page, practice):
    record = practice.open()
    fields = {
        "core.soap:complaint": "Neck",
        "_action": "sample.points:add_point:",
        "_place": "front/sternum",
    }

    response = page.post(f"{HOME}/{record.id}/draft", form(record, **fields), headers={"HX-Request": "true"})

    sections = practice.sections(record)
    assert (sections["core.soap"]["complaint"], sections["sample.points"]["points"]) == (
        "Neck",
        [{"view": "front", "region_id": "sternum"}],
    )
    assert 'id="section-sample-points"' in response.get_data(as_text=True)


def test_refused_button_keeps_the_text_and_says_why(page, practice):
    record = practice.open()
    fields = {"core.soap:complaint": "Neck", "_action": "sample.points:add_point:", "_place": "front/1,1"}

    response = page.post(f"{HOME}/{record.id}/draft", form(record, **fields))

    assert (response.status_code, "beside the body" in text_of(response)) == (409, True)
    assert practice.sections(record)["core.soap"]["complaint"] == "Neck"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_stale_save_shows_both_texts(page, practice, headers):
    record = practice.open()
    practice.save(record, core_soap={"complaint": "Typed in the first tab"})

    fields = {"core.soap:complaint": "Typed in the second tab"}
    response = page.post(f"{HOME}/{record.id}/draft", form(record, **fields), headers=headers)

    body = text_of(response)
    assert (response.status_code, "Typed in the first tab" in body, "Typed in the second tab" in body) == (
        412,
        True,
        True,
    )
    assert f'name="row_version" value="{record.row_version + 1}"' in body
    assert practice.sections(record)["core.soap"]["complaint"] == "Typed in the first tab"


def test_record_is_reviewed_and_signed(page, practice):
    record = practice.save(practice.open(), core_soap=SOAP_NOTE, core_safety=SAFE, sample_points={"note": "confirm"})
    url = f"{HOME}/{record.id}"

    to_review = page.post(
        f"{url}/draft", form(record, "sample.points", **{"sample.points:note": "confirm", "_action": "sign"})
    )
    version = get_record_row(practice.actor, record.id).row_version
    review = page.get(f"{url}/sign")
    unticked = page.post(f"{url}/sign", {"row_version": version})
    signed = page.post(f"{url}/sign", {"row_version": version, "acknowledged": "sample.points/sample.confirm/note"})
    shown = page.get(url)

    assert [r.status_code for r in (to_review, review, unticked, signed, shown)] == [302, 200, 422, 302, 200]
    assert "Confirm the note." in text_of(review)
    body = text_of(shown)
    wanted = ("Signed by Ana Ruiz", "registration A-1", "Stiff neck since Friday", "None of these today", "Confirmed.")
    assert [name for name in wanted if name not in body] == []


def test_review_names_what_is_missing(page, practice):
    record = practice.open()

    body = text_of(page.get(f"{HOME}/{record.id}/sign"))

    assert ("Visit notes: Today&#39;s complaint is missing." in body, "Back to the record" in body) == (True, True)


def test_signed_record_is_shown_without_its_plugin_and_amended(page, practice, plugins):
    record = practice.signed(sample_points={"note": "Eased", "points": [{"point_id": "p1", "pain": 4}]})
    url = f"{HOME}/{record.id}"
    version = get_record_row(practice.actor, record.id).row_version
    plugins()

    shown = page.get(url)
    amended = page.post(f"{url}/amend", {"row_version": version})
    editor = page.get(url)
    original = page.get(f"{url}?version=1")

    assert [r.status_code for r in (shown, amended, editor, original)] == [200, 302, 200, 200]
    assert (">Points 1</h3>" in text_of(shown), "Eased" in text_of(shown)) == (True, True)
    assert ("You are amending a signed record" in text_of(editor), "Signed by Ana Ruiz" in text_of(original)) == (
        True,
        True,
    )


def test_markup_in_a_text_is_shown_as_text(page, practice):
    attack = "<script>alert(1)</script>"
    draft = practice.save(
        practice.open(), core_soap={"complaint": attack, "plan": attack}, sample_points={"note": attack}
    )
    editor = page.get(f"{HOME}/{draft.id}")
    signed = practice.signed(core_soap={**SOAP_NOTE, "complaint": attack}, sample_points={"note": attack})
    view = page.get(f"{HOME}/{signed.id}")

    assert [attack in response.get_data(as_text=True) for response in (editor, view)] == [False, False]


def test_broken_template_of_a_plugin_falls_back_to_the_generated_form(page, practice, plugins):
    plugins(replace(SECTION, template="no/such/template.html"))
    record = practice.save(practice.open(), sample_points={"note": "still here"})

    body = text_of(page.get(f"{HOME}/{record.id}"))

    assert ('name="sample.points:note"' in body, "still here" in body) == (True, True)


def test_other_clinic_finds_no_page(browse, practice, world):
    record = practice.open()
    outsider = browse(world.elsewhere["therapist"])

    codes = [outsider.get(f"{HOME}/{record.id}{path}").status_code for path in ("", "/sign", "?version=1")]
    codes += [
        outsider.post(f"{HOME}/{record.id}/{path}", form(record)).status_code for path in ("draft", "sign", "amend")
    ]

    assert codes == [404] * 6


def test_form_of_another_site_is_refused(page, practice):
    record = practice.open()

    response = page.post(f"{HOME}/{record.id}/draft", form(record) | {"csrf_token": "wrong"})

    assert response.status_code == 403


def test_red_flag_is_shown_above_everything_typed(page, practice):
    record = practice.save(practice.open(), core_safety={"asked": "some", "red_flags": ["rf_stroke"]})

    body = text_of(page.get(f"{HOME}/{record.id}"))

    assert 0 < body.index("Stroke or TIA signs. Do not treat.") < body.index("core.soap:complaint")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_text_typed_while_somebody_signed_is_shown_and_not_lost(page, practice, headers):
    record = practice.signed()
    fields = {"core.soap:complaint": "Typed in the other tab"}

    response = page.post(f"{HOME}/{record.id}/draft", form(record, **fields), headers=headers)

    body = text_of(response)
    wanted = ("Typed in the other tab", "Stiff neck since Friday", "signed in the meantime")
    assert (response.status_code, [text for text in wanted if text not in body]) == (412, [])


def test_review_of_a_signed_record_leads_to_the_record(page, practice):
    record = practice.signed()

    answers = [page.get(f"{HOME}/{record.id}/sign"), page.post(f"{HOME}/{record.id}/sign", {"row_version": 1})]

    assert [answer.headers["Location"] for answer in answers] == [f"{HOME}/{record.id}"] * 2
