"""Pages of merging, undoing, erasing and exporting, as a browser without scripts uses them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from polyclinic.client_file.queries import list_merges
from polyclinic.clients import queries
from polyclinic.clients.vocabulary import Answer
from tests.client_file.conftest import NOW


@pytest.fixture
def page(browse):
    return browse("chain_administrator")


def text_of(answer):
    return answer.get_data(as_text=True)


def compare_form(stays, goes, **changes):
    versions = {"stays_version": stays.row_version, "goes_version": goes.row_version}
    return {"other_client_id": str(goes.id), "reason": "Registered twice", **versions} | changes


def test_client_page_leads_to_merging_exporting_and_erasing_for_those_who_may(practice, two, browse):
    stays, _ = two

    def offered(role):
        shown = text_of(browse(role).get(f"/clients/{stays.id}"))
        return {part for part in ("merge", "export", "erase") if f'href="/clients/{stays.id}/{part}"' in shown}

    assert {role: offered(role) for role in ("chain_administrator", "clinic_manager", "therapist", "front_desk")} == {
        "chain_administrator": {"merge", "export", "erase"},
        "clinic_manager": {"merge", "export"},
        "therapist": {"export"},
        "front_desk": set(),
    }


def test_other_client_is_chosen_from_hints_or_by_name(practice, two, page):
    stays, goes = two
    stranger = practice.client("Anna", "Moss")

    hints = text_of(page.get(f"/clients/{stays.id}/merge"))
    found = text_of(page.get(f"/clients/{stays.id}/merge?other=&other_text=moss"))

    link = f"/clients/{stays.id}/merge?other="
    assert (f"{link}{goes.id}" in hints, f"{link}{stranger.id}" in hints) == (True, False)
    assert f"{link}{stranger.id}" in found


def test_duplicate_of_another_clinic_is_told_but_left_to_somebody_who_may_merge_there(practice, browse):
    here = practice.client("Nora", "Vance", phone="+44 20 7946 0011")
    there = practice.client("Nora", "Vance", phone="+44 20 7946 0011", clinic_id=practice.world.clinics[1].id)

    shown = {
        role: text_of(browse(role).get(f"/clients/{here.id}/merge"))
        for role in ("chain_administrator", "clinic_manager")
    }

    link = f'href="/clients/{here.id}/merge?other={there.id}"'
    assert {role: (link in page, "Ask a chain administrator" in page) for role, page in shown.items()} == {
        "chain_administrator": (True, False),
        "clinic_manager": (False, True),
    }


def test_comparison_shows_both_files_and_merges_as_chosen(practice, two, page):
    stays, goes = two
    practice.visit(goes, NOW + timedelta(days=2))
    shown = text_of(page.get(f"/clients/{stays.id}/merge?other={goes.id}"))

    answer = page.post(
        f"/clients/{stays.id}/merge", compare_form(stays, goes, **{"keep-city": "goes", "keep-phone": "goes"})
    )

    merge = list_merges(practice.admin, stays.id)[0]
    after = queries.get_client(practice.admin, stays.id)
    assert [words for words in ("Leeds", "Whitby", "1 appointment moves", "keep-city") if words not in shown] == []
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/clients/merges/{merge.id}")
    assert (after.city, after.phone, after.family_name) == ("Whitby", "+44 20 7946 0123", "Hartmann")
    result = text_of(page.get(f"/clients/merges/{merge.id}"))
    assert "Undo the merge" in result
    assert f"/clients/merges/{merge.id}" in text_of(page.get(f"/clients/{stays.id}"))
    assert page.get(f"/clients/{goes.id}/merge").headers["Location"] == f"/clients/{stays.id}/merge"


def test_merge_is_undone_on_its_page_and_only_once(practice, two, page, merge):
    stays, goes = two
    done = merge(goes, stays)

    first = page.post(f"/clients/merges/{done.id}/undo", {})
    second = page.post(f"/clients/merges/{done.id}/undo", {})

    assert (first.status_code, second.status_code) == (302, 422)
    assert "This merge was undone already." in text_of(second)
    assert queries.get_client(practice.admin, goes.id).id == goes.id


def test_form_without_a_reason_keeps_what_was_chosen(practice, two, page):
    stays, goes = two
    answer = page.post(f"/clients/{stays.id}/merge", compare_form(stays, goes, reason="", **{"keep-city": "goes"}))

    shown = text_of(answer)
    assert answer.status_code == 422
    assert 'name="keep-city" value="goes" checked' in shown
    assert 'href="#field-reason"' in shown


def test_outdated_comparison_shows_the_files_again(practice, two, page):
    stays, goes = two
    answer = page.post(f"/clients/{stays.id}/merge", compare_form(stays, goes, stays_version=9))

    assert answer.status_code == 422
    assert "Somebody changed one of the two clients" in text_of(answer)


def test_times_at_which_both_are_expected_are_shown_before_and_after_trying(practice, two, page):
    stays, goes = two
    day = NOW + timedelta(days=7)
    practice.visit(stays, day)
    practice.visit(goes, day, overbook="Both came")

    before = text_of(page.get(f"/clients/{stays.id}/merge?other={goes.id}"))
    tried = page.post(f"/clients/{stays.id}/merge", compare_form(stays, goes))

    assert "30 November 2026, 11:00 to 12:00" in before
    assert (tried.status_code, "30 November 2026, 11:00 to 12:00" in text_of(tried)) == (422, True)


@pytest.mark.parametrize("other", ["x", "00000000-0000-0000-0000-000000000000", "self"])
def test_other_client_who_cannot_be_compared_is_an_answer(practice, two, page, other):
    stays, _ = two
    answer = page.get(f"/clients/{stays.id}/merge?other={stays.id if other == 'self' else other}")

    assert answer.status_code == {"x": 400, "self": 422}.get(other, 404)


def test_pair_marked_different_is_no_hint_any_more_but_can_be_compared_with_a_warning(practice, two, page):
    stays, goes = two
    marked = page.post(f"/clients/{stays.id}/different", {"other_client_id": str(goes.id)})

    hints = text_of(page.get(f"/clients/{stays.id}/merge"))
    compared = text_of(page.get(f"/clients/{stays.id}/merge?other={goes.id}"))
    assert (marked.status_code, f"?other={goes.id}" in hints) == (302, False)
    assert "two people" in compared


def test_erasure_shows_first_what_it_would_do_and_wants_the_name(practice, page):
    client = practice.client("Zoë")
    practice.signed_visit(client, NOW - timedelta(days=3))
    plan = text_of(page.get(f"/clients/{client.id}/erase"))

    wrong = page.post(f"/clients/{client.id}/erase", {"reason": "Asked in writing", "confirm": "zoe"})
    done = page.post(f"/clients/{client.id}/erase", {"reason": "Asked in writing", "confirm": "Zoë Hartmann"})

    assert [words for words in ("Contact data", "20 Nov 2034", "United Kingdom") if words not in plan] == []
    assert (wrong.status_code, 'href="#field-confirm"' in text_of(wrong)) == (422, True)
    assert (done.status_code, done.headers["Location"]) == (302, f"/clients/{client.id}/erase")
    result = text_of(page.get(f"/clients/{client.id}/erase"))
    shown = text_of(page.get(f"/clients/{client.id}"))
    assert ("Kept until 20 Nov 2034" in result, "Erase for good" in result) == (True, False)
    assert ("Erased client" in shown, "Personal data were erased" in shown, "Zoë" in shown) == (True, True, False)


def test_erasure_with_visits_ahead_says_so_and_offers_no_form(practice, page):
    client = practice.client("Zoë")
    practice.visit(client, NOW + timedelta(days=3))

    shown = text_of(page.get(f"/clients/{client.id}/erase"))

    assert ("appointments ahead" in shown, "field-confirm" in shown) == (True, False)


def test_export_page_and_file_hold_what_is_known(practice, page):
    client = practice.client("Zoë", city="Leeds")
    practice.signed_visit(client, NOW - timedelta(days=3))
    practice.answer(client, "thinners", Answer.YES)

    shown = text_of(page.get(f"/clients/{client.id}/export"))
    file = page.get(f"/clients/{client.id}/export.json")

    assert [words for words in ("Leeds", "Stiff neck", "About thinners?", "Massage") if words not in shown] == []
    assert file.headers["Content-Disposition"] == f'attachment; filename="client-{client.id}.json"'
    assert file.get_json()["client"]["city"] == "Leeds"
