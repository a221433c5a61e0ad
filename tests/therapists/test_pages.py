"""Pages of therapists."""

import html
import re
from datetime import UTC, date, datetime

import pytest

from polyclinic.kit import clock
from polyclinic.testing.counting import counted
from polyclinic.therapists.commands import CreateRegistration
from polyclinic.therapists.services.registrations import create_registration
from polyclinic.therapists.views import therapist_lines

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    with clock.frozen(NOON):
        yield


@pytest.fixture
def ana(http, world):
    body = {"display_name": "Ana Ruiz", "clinic_ids": [str(world.clinic.id)], "modalities": ["deep"]}
    return http().post("/api/v1/therapists", body).get_json()


def register(http, therapist, **changes):
    body = {
        "therapist_id": therapist["id"],
        "authority": "Council",
        "number": "R-1",
        "modality": "deep",
        "valid_from": "2025-01-01",
    }
    return http().post("/api/v1/registrations", body | changes).get_json()


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (None, "deep: valid "),
        ("2027-06-30", "deep: valid until 30 Jun 2027"),
        ("2027-01-10", "deep: expires on 10 Jan 2027"),
        ("2026-11-22", "deep: expired on 22 Nov 2026"),
    ],
)
def test_list_shows_how_registrations_stand(browse, http, ana, expires_on, expected):
    register(http, ana, expires_on=expires_on)

    page = browse("front_desk").get("/therapists")

    assert page.status_code == 200
    assert expected in text_of(page)
    assert "New therapist" not in text_of(page)


def test_list_says_where_a_registration_is_missing(browse, ana):
    assert "deep: no registration" in text_of(browse().get("/therapists"))


def test_list_is_limited_to_the_chosen_clinic(browse, world, ana):
    admin = browse()

    assert "Ana Ruiz" in text_of(admin.get(f"/therapists?clinic={world.clinic.id}"))
    assert "Ana Ruiz" not in text_of(admin.get(f"/therapists?clinic={world.other_clinic.id}"))
    assert "Ana Ruiz" in text_of(admin.get("/therapists?clinic=all"))


def test_empty_list_leads_to_the_first_therapist(browse):
    page = browse().get("/therapists")

    assert "No therapists here yet." in text_of(page)
    assert 'href="/therapists/new"' in page.get_data(as_text=True)


def test_therapist_is_created_on_the_page(browse, world):
    admin = browse()
    member = world.people["therapist"].member.id
    form = {
        "display_name": "Ben",
        "modalities": "deep, Sports",
        "clinic_ids": [str(world.clinic.id)],
        "member_id": str(member),
    }

    answer = admin.post("/therapists/new", form)

    assert answer.status_code == 302, text_of(answer)
    assert "Ben" in text_of(admin.get(answer.headers["Location"]))
    assert "deep, sports" in text_of(admin.get(answer.headers["Location"]))


def test_form_with_a_mistake_comes_back_with_all_that_was_typed(browse):
    answer = browse().post("/therapists/new", {"display_name": "Ben", "modalities": "deep; x!"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="deep; x!"' in page
    assert "Choose at least one clinic." in page


def test_hours_are_added_and_removed_on_the_page(browse, http, world, ana):
    admin = browse()
    url = f"/therapists/{ana['id']}"
    form = {
        "row_version": 1,
        "clinic_id": str(world.clinic.id),
        "weekdays": ["0", "2"],
        "starts_at": "09:00",
        "ends_at": "17:30",
        "valid_from": "2026-01-01",
        "valid_until": "",
    }

    added = admin.post(f"{url}/hours", form)

    assert added.status_code == 302, text_of(added)
    page = text_of(admin.get(url))
    assert "Monday 09:00 17:30" in page
    assert "Wednesday 09:00 17:30" in page
    stored = http().get(f"/api/v1{url}/working-hours").get_json()
    first = stored["hours"][0]
    removal = {"row_version": 2, "clinic_id": first["clinic_id"], "hours_id": first["id"]}
    assert admin.post(f"{url}/hours/remove", removal).status_code == 302
    assert [row["weekday"] for row in http().get(f"/api/v1{url}/working-hours").get_json()["hours"]] == [2]


def test_stale_form_keeps_what_was_typed_and_says_why(browse, http, ana):
    http().patch(f"/api/v1/therapists/{ana['id']}", {"display_name": "Ana R."}, etag=1)

    answer = browse().post(f"/therapists/{ana['id']}", {"display_name": "Ana Ruiz-Soto", "row_version": 1})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Ana Ruiz-Soto"' in page
    assert "Somebody changed this therapist" in page
    assert 'name="row_version" value="2"' in page


def test_registration_is_added_and_prolonged_on_the_page(browse, http, ana):
    admin, url = browse(), f"/therapists/{ana['id']}"
    form = {
        "modality": "deep",
        "authority": "Council",
        "number": "R-9",
        "valid_from": "2025-01-01",
        "expires_on": "2026-12-01",
    }

    assert admin.post(f"{url}/registrations", form).status_code == 302
    row = http().get(f"/api/v1/registrations?therapist_id={ana['id']}").get_json()["data"][0]
    answer = admin.post(f"{url}/registrations/{row['id']}", {"expires_on": "2028-12-01", "row_version": 1})

    assert answer.status_code == 302
    assert "deep: valid until 1 Dec 2028" in text_of(admin.get(url))


def test_registration_is_prolonged_on_its_own_therapist_s_page_alone(browse, http, ana, world):
    row = register(http, ana)
    other = http().post("/api/v1/therapists", {"display_name": "Bo Lind", "clinic_ids": [str(world.clinic.id)]}).json

    answer = browse().post(
        f"/therapists/{other['id']}/registrations/{row['id']}", {"expires_on": "2028-12-01", "row_version": 1}
    )

    assert answer.status_code == 422
    assert http().get(f"/api/v1/registrations/{row['id']}").get_json() == row


def test_mistakes_of_one_form_stay_out_of_the_others(browse, ana):
    answer = browse().post(
        f"/therapists/{ana['id']}/registrations", {"modality": "deep", "authority": "", "number": "7"}
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#field-registration-authority"' in page
    assert 'id="field-registration-authority"' in page
    assert page.count('class="pc-error-summary"') == 1


def test_pages_of_another_clinics_therapist_are_not_found(browse, world, other_world, ana):
    for who in (world.elsewhere["clinic_manager"], other_world.people["chain_administrator"]):
        client = browse(who)
        assert "Ana Ruiz" not in text_of(client.get("/therapists"))
        assert client.get(f"/therapists/{ana['id']}").status_code == 404
        assert client.post(f"/therapists/{ana['id']}", {"display_name": "X", "row_version": 1}).status_code == 404


def test_front_desk_sees_no_forms_and_can_send_none(browse, ana):
    desk = browse("front_desk")

    assert "Add hours" not in text_of(desk.get(f"/therapists/{ana['id']}"))
    assert desk.post(f"/therapists/{ana['id']}", {"display_name": "X", "row_version": 1}).status_code == 403


def test_statements_of_the_list_do_not_grow_with_its_rows(browse, http, world, ana, engine):
    admin = browse()
    register(http, ana)
    with counted(engine) as one:
        admin.get("/therapists")
    for number in range(3):
        body = {"display_name": f"T{number}", "clinic_ids": [str(world.clinic.id)], "modalities": ["deep"]}
        register(http, http().post("/api/v1/therapists", body).get_json())
    with counted(engine) as four:
        admin.get("/therapists")

    assert four.count == one.count


def test_registration_notice_uses_todays_date(db, world, make_therapist):
    ana = make_therapist(modalities=("deep",))
    create_registration(
        world.actor(), CreateRegistration(ana.id, "Council", "R-1", "deep", date(2025, 1, 1), date(2027, 1, 22))
    )

    (before,) = therapist_lines(world.actor(), None, date(2026, 11, 22))
    (after,) = therapist_lines(world.actor(), None, date(2026, 11, 23))

    assert [before.notices[0].is_expiring, after.notices[0].is_expiring] == [False, True]
