"""Pages of clients."""

import html
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text, update

from polyclinic.clients.models import Client
from polyclinic.kit import clock
from polyclinic.testing.counting import counted

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def noon():
    with clock.frozen(NOON):
        yield


def text_of(answer):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def test_list_shows_contact_age_and_clinics(browse, world, add_client):
    add_client(birth_on="1985-03-14", phone="020 7946 0123", email="zoe@example.org")

    page = browse("front_desk").get("/clients")

    assert "Zoë Hartmann 14 Mar 1985 (41) 020 7946 0123 zoe@example.org Harbour North" in text_of(page)


def test_list_is_searched_and_limited_to_a_clinic(browse, world, add_client):
    add_client()
    add_client("Ben", "Okafor", clinic_id=str(world.other_clinic.id))
    admin = browse()

    assert "Zoë Hartmann" in text_of(admin.get("/clients?q=zoe"))
    assert "Ben Okafor" not in text_of(admin.get("/clients?q=zoe"))
    assert "Zoë Hartmann" not in text_of(admin.get(f"/clients?clinic={world.other_clinic.id}"))
    assert "Ben Okafor" in text_of(admin.get(f"/clients?clinic={world.other_clinic.id}"))
    assert "Nobody found" in text_of(admin.get("/clients?q=nobody"))
    assert browse("front_desk").get(f"/clients?clinic={world.other_clinic.id}").status_code == 404


def test_typing_fetches_the_results_alone(browse, add_client):
    add_client()

    fragment = browse().get("/clients?q=zoe", headers={"HX-Request": "true"}).get_data(as_text=True)

    assert "Zoë Hartmann" in fragment
    assert "<html" not in fragment


def test_empty_list_leads_to_the_first_client(browse):
    page = browse().get("/clients")

    assert "No clients here yet." in text_of(page)
    assert 'href="/clients/new"' in page.get_data(as_text=True)


def test_long_list_leads_to_its_next_page(browse, add_client):
    for number in range(51):
        add_client(f"Client{number:02}", "Same")
    admin = browse()

    first = admin.get("/clients?q=same").get_data(as_text=True)
    (link,) = (html.unescape(found) for found in re.findall(r'href="(/clients\?[^"]*cursor[^"]*)"', first))

    assert "Client50 Same" not in first
    assert "Client50 Same" in admin.get(link).get_data(as_text=True)


@pytest.mark.parametrize("query", ["q=z%00oe", "q=" + "x" * 5000, "q=%25", "cursor=nonsense", "clinic=nonsense"])
def test_odd_addresses_of_the_list_are_answered(browse, query):
    assert browse().get(f"/clients?{query}").status_code in {200, 404, 422}


def test_suggestions_of_the_top_bar_carry_links_and_those_of_a_field_do_not(browse, add_client):
    add_client("Hanna", "Zoega")
    zoe = add_client(birth_on="1985-03-14", preferred_name="Zo")
    desk = browse("front_desk")

    top = desk.get("/clients/suggest?q=zo").get_data(as_text=True)
    field = desk.get("/clients/suggest?client_id_text=zo").get_data(as_text=True)

    assert re.findall(r'data-text="([^"]+)"', top) == ["Zo Hartmann", "Hanna Zoega"]
    assert f'data-url="/clients/{zoe["id"]}"' in top
    assert "Zoë Hartmann · 1985-03-14" in top
    assert "data-url" not in field
    assert "No client found" in desk.get("/clients/suggest?q=nobody").get_data(as_text=True)
    assert desk.get("/clients/suggest?q=").get_data(as_text=True).strip() == ""


def test_client_is_created_and_shown(browse, world):
    desk = browse("front_desk")
    form = {"given_name": "Zoë", "family_name": "Hartmann", "birth_on": "", "clinic_id": str(world.clinic.id)}

    answer = desk.post("/clients/new", form)

    assert answer.status_code == 302, text_of(answer)
    assert "Zoë Hartmann" in text_of(desk.get(answer.headers["Location"]))


def test_likely_duplicate_is_shown_first_and_created_anyway(browse, http, world, add_client):
    zoe = add_client(birth_on="1985-03-14")
    desk = browse("front_desk")
    form = {"given_name": "Zoe", "family_name": "Hartman", "phone": "020 7946 0123", "clinic_id": str(world.clinic.id)}

    warned = desk.post("/clients/new", form)

    page = warned.get_data(as_text=True)
    assert warned.status_code == 422
    assert f'href="/clients/{zoe["id"]}"' in page
    assert "similar name" in page
    assert 'value="020 7946 0123"' in page
    assert len(http().get("/api/v1/clients").get_json()["data"]) == 1
    assert desk.post("/clients/new", form | {"accept": "yes"}).status_code == 302
    assert len(http().get("/api/v1/clients").get_json()["data"]) == 2


def test_duplicates_are_shown_while_typing(browse, add_client):
    add_client(email="zoe@example.org")
    desk = browse("front_desk")

    by_mail = desk.post("/clients/duplicates", {"given_name": "Q", "email": "zoe@example.org"})
    unfinished = desk.post("/clients/duplicates", {"given_name": "", "birth_on": "19"})

    assert "Zoë Hartmann" in text_of(by_mail)
    assert text_of(unfinished).strip() == ""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/appointments/new?clinic=1", "/appointments/new?clinic=1&client_id={id}"),
        ("/appointments/new", "/appointments/new?client_id={id}"),
        ("https://evil.example/", "/clients/{id}"),
        ("//evil.example/appointments/new", "/clients/{id}"),
        ("/appointments/new?a=1\r\nX: y", "/clients/{id}"),
    ],
)
def test_new_client_leads_back_to_the_booking_it_was_asked_for_and_nowhere_else(browse, http, world, target, expected):
    form = {"given_name": "Zoë", "clinic_id": str(world.clinic.id), "next": target}

    answer = browse("front_desk").post("/clients/new", form)

    (made,) = http().get("/api/v1/clients").get_json()["data"]
    assert answer.headers["Location"] == expected.format(id=made["id"])


def test_mistakes_come_back_with_all_that_was_typed(browse, world):
    form = {"given_name": " ", "email": "zoe", "phone": "call", "clinic_id": str(world.clinic.id)}

    answer = browse().post("/clients/new", form)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="call"' in page
    assert page.count("pc-field-error") >= 3


def test_stale_edit_shows_what_was_typed_and_what_is_stored(browse, http, add_client):
    zoe = add_client(phone="020 7946 0123")
    http().patch(f"/api/v1/clients/{zoe['id']}", {"phone": "020 7946 9999"}, etag=1)
    form = {"given_name": "Zoë", "family_name": "Hartmann", "phone": "020 7946 0000", "row_version": 1}
    desk = browse("front_desk")

    stale = desk.post(f"/clients/{zoe['id']}/edit", form)

    page = stale.get_data(as_text=True)
    assert stale.status_code == 422
    assert 'value="020 7946 0000"' in page
    assert "<dd>020 7946 9999</dd>" in page
    assert 'name="row_version" value="2"' in page
    assert desk.post(f"/clients/{zoe['id']}/edit", form | {"row_version": 2}).status_code == 302
    assert http().get(f"/api/v1/clients/{zoe['id']}").get_json()["phone"] == "020 7946 0000"


def test_empty_birth_date_of_the_form_removes_it(browse, http, add_client):
    zoe = add_client(birth_on="1985-03-14")

    browse().post(f"/clients/{zoe['id']}/edit", {"given_name": "Zoë", "birth_on": "", "row_version": 1})

    assert http().get(f"/api/v1/clients/{zoe['id']}").get_json()["birth_on"] is None


def test_client_is_archived_and_put_back_on_the_page(browse, add_client):
    url = f"/clients/{add_client()['id']}"
    desk = browse("front_desk")

    assert desk.post(f"{url}/archive", {"row_version": 1}).status_code == 302
    assert "Archived" in text_of(desk.get(url))
    assert desk.post(f"{url}/restore", {"row_version": 2}).status_code == 302
    assert desk.post(f"{url}/archive", {}).status_code == 400


def test_merged_client_leads_to_the_one_it_was_merged_into(browse, db, add_client):
    kept, gone = add_client(), add_client("Zoe", "Hartman")
    db.execute(update(Client).where(Client.id == gone["id"]).values(merged_into_id=kept["id"]))

    answer = browse().get(f"/clients/{gone['id']}")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/clients/{kept['id']}")


def test_flag_is_raised_shown_and_ended_on_the_page(browse, http, add_client):
    zoe = add_client()
    url, therapist = f"/clients/{zoe['id']}", browse("therapist")
    form = {
        "kind": "other",
        "label": "Open wound",
        "severity": "local",
        "regions": "Calf, leg_inner",
        "note": "healing",
    }

    raised = therapist.post(f"{url}/flags", form)

    assert raised.status_code == 302, text_of(raised)
    (flag,) = http().get(f"/api/v1/client-flags?client_id={zoe['id']}").get_json()["data"]
    assert flag["region_ids"] == ["calf", "leg_inner"]
    assert "Open wound" in text_of(therapist.get(url))
    assert therapist.post(f"{url}/flags/{flag['id']}/end", {"row_version": 1}).status_code == 302
    assert "Earlier flags" in text_of(therapist.get(url))


def test_flag_is_ended_on_its_own_client_s_page_alone(browse, http, add_client):
    zoe, other = add_client(), add_client(given_name="Otto", family_name="Berg")
    therapist = browse("therapist")
    form = {"kind": "other", "label": "Open wound", "severity": "caution"}
    therapist.post(f"/clients/{zoe['id']}/flags", form)
    (flag,) = http().get(f"/api/v1/client-flags?client_id={zoe['id']}").get_json()["data"]

    answer = therapist.post(f"/clients/{other['id']}/flags/{flag['id']}/end", {"row_version": 1})

    assert answer.status_code == 404
    assert http().get(f"/api/v1/client-flags/{flag['id']}").get_json() == flag


def test_flag_with_an_unknown_region_comes_back_with_all_that_was_typed(browse, add_client):
    form = {"kind": "other", "label": "Open wound", "severity": "local", "regions": "calff"}

    answer = browse("therapist").post(f"/clients/{add_client()['id']}/flags", form)

    page = text_of(answer)
    assert answer.status_code == 422
    assert 'Did you mean "calf"?' in page
    assert 'value="calff"' in answer.get_data(as_text=True)


def test_health_history_records_changed_answers_alone(browse, http, add_client, safety_rules):
    zoe = add_client()
    url, therapist = f"/clients/{zoe['id']}/health-history", browse("therapist")

    therapist.post(url, {"answer-medication": "yes", "note-medication": "Aspirin"})
    second = {"answer-medication": "yes", "note-medication": "Aspirin", "answer-blood_thinners": "yes"}
    assert therapist.post(url, second).status_code == 302

    rows = http().get(f"/api/v1{url}").get_json()["data"]
    assert [row["question_code"] for row in rows] == ["blood_thinners", "medication"]
    assert "Blood thinners" in text_of(therapist.get(f"/clients/{zoe['id']}"))
    assert "Aspirin" in text_of(therapist.get(url))


def test_note_without_an_answer_comes_back(browse, add_client):
    answer = browse("therapist").post(
        f"/clients/{add_client()['id']}/health-history", {"note-medication": "Aspirin", "note-allergies": "x" * 2001}
    )

    assert answer.status_code == 422
    assert 'value="Aspirin"' in answer.get_data(as_text=True)
    assert "Choose yes, no or not sure as well." in text_of(answer)


def test_another_clinics_therapist_sees_contact_and_no_health_data(browse, http, world, add_client):
    zoe = add_client()
    http().post(
        "/api/v1/client-flags",
        {"client_id": zoe["id"], "code": "other", "label": "Open wound", "severity": "caution"},
    )
    south = browse(world.elsewhere["therapist"])

    page = text_of(south.get(f"/clients/{zoe['id']}"))

    assert "Zoë Hartmann" in page
    assert "Open wound" not in page
    assert "shown at the client's clinic" in page
    assert south.get(f"/clients/{zoe['id']}/health-history").status_code == 403
    assert south.post(f"/clients/{zoe['id']}/flags", {"kind": "other"}).status_code in {403, 422}


def test_pages_of_another_organisations_client_are_not_found(browse, other_world, add_client):
    url = f"/clients/{add_client()['id']}"
    stranger = browse(other_world.people["chain_administrator"])

    for path in (url, f"{url}/edit", f"{url}/health-history"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{url}/edit", {"given_name": "X", "row_version": 1}).status_code == 404
    assert stranger.post(f"{url}/flags", {"kind": "other", "label": "x", "severity": "caution"}).status_code == 404
    assert "Zoë" not in text_of(stranger.get("/clients?q=zoe"))
    assert "Zoë" not in text_of(stranger.get("/clients/suggest?q=zoe"))


def test_one_look_at_the_client_page_leaves_one_audit_event(browse, db, add_client):
    zoe = add_client()
    desk = browse("front_desk")

    desk.get(f"/clients/{zoe['id']}")

    statement = text("SELECT action FROM audit_event WHERE object_id = :id AND action LIKE '%.read'")
    assert db.execute(statement, {"id": zoe["id"]}).scalars().all() == ["health_history.read"]


def test_scripts_in_names_flags_and_answers_are_shown_as_text(browse, http, add_client):
    zoe = add_client(SCRIPT, SCRIPT, preferred_name=SCRIPT, pronouns=SCRIPT, city=SCRIPT)
    http().post(
        "/api/v1/client-flags",
        {"client_id": zoe["id"], "code": "other", "label": SCRIPT, "note": SCRIPT, "severity": "caution"},
    )
    admin, url = browse(), f"/clients/{zoe['id']}"
    admin.post(f"{url}/health-history", {"answer-medication": "yes", "note-medication": SCRIPT})

    for path in ("/clients", "/clients/suggest?q=script", url, f"{url}/edit", f"{url}/health-history"):
        page = admin.get(path).get_data(as_text=True)
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_statements_of_the_list_do_not_grow_with_its_rows(browse, add_client, engine):
    admin = browse()
    add_client()
    with counted(engine) as one:
        admin.get("/clients")
    for number in range(3):
        add_client(f"Other{number}")
    with counted(engine) as four:
        admin.get("/clients")

    assert four.count == one.count
