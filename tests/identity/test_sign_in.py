"""Sign-in, sessions and what ends them."""

import re
from datetime import timedelta

import pytest

from polyclinic.kit import clock
from polyclinic.testing.clients import PageClient, RestClient
from polyclinic.testing.worlds import PASSWORD


def test_right_password_opens_a_session_and_leads_to_the_wanted_page(app, world):
    client = PageClient(app)

    response = client._client.post(
        "/sign-in", data={"email": world.people["therapist"].email, "password": PASSWORD, "next": "/clinics"}
    )

    cookie = response.headers["Set-Cookie"]
    assert (response.status_code, response.headers["Location"]) == (302, "/clinics")
    assert re.fullmatch(rf"polyclinic={world.id.hex}\.[\w-]{{43}}; HttpOnly; Path=/; SameSite=Lax", cookie)
    assert client.get("/clinics").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_never_leads_to_another_site(app, world, target):
    client = PageClient(app)

    response = client._client.post(
        "/sign-in", data={"email": world.people["therapist"].email, "password": PASSWORD, "next": target}
    )

    assert response.headers["Location"] == "/today"


@pytest.mark.parametrize(
    ("email", "password"), [("therapist@harbour.example", "wrong password!"), ("nobody@harbour.example", PASSWORD)]
)
def test_wrong_password_and_unknown_account_read_the_same(app, email, password):
    response = PageClient(app)._client.post("/sign-in", data={"email": email, "password": password})

    assert response.status_code == 401
    assert "E-mail or password is wrong. Check both and try again." in response.get_data(as_text=True)
    assert "Set-Cookie" not in response.headers


def test_sign_out_ends_the_session_in_the_database(browse, world):
    client = browse("front_desk")
    cookie = client._client.get_cookie("polyclinic").value

    client.post("/sign-out")

    client._client.set_cookie("polyclinic", cookie)
    assert client.get("/clinics").headers["Location"] == "/sign-in?next=/clinics"


def test_idle_session_ends_after_fifteen_minutes(browse):
    client = browse("front_desk")

    with clock.frozen(clock.now() + timedelta(minutes=14)):
        assert client.get("/clinics").status_code == 200
    with clock.frozen(clock.now() + timedelta(minutes=40)):
        assert client.get("/clinics").status_code == 302


def test_disabled_member_loses_pages_and_api_at_once(browse, http, world):
    page, rest = browse("front_desk"), http("front_desk")
    assert (page.get("/clinics").status_code, rest.get("/api/v1/clinics").status_code) == (200, 200)

    person = world.people["front_desk"]
    answer = http().post(f"/api/v1/members/{person.member.id}/disable")

    assert answer.get_json()["is_disabled"] is True
    assert page.get("/clinics").status_code == 302
    assert rest.get("/api/v1/clinics").status_code == 401


def test_password_change_ends_every_session_of_the_user(browse, world):
    first, second = browse("therapist"), browse("therapist")

    answer = first.post("/account/password", {"current": PASSWORD, "new": "another four quiet herons"})

    assert answer.status_code == 302
    assert (first.get("/clinics").status_code, second.get("/clinics").status_code) == (302, 302)


def test_short_password_is_refused_with_the_remedy(browse):
    answer = browse("therapist").post("/account/password", {"current": PASSWORD, "new": "short"})

    assert answer.status_code == 422
    assert "Use 12 to 256 characters, for example four words." in answer.get_data(as_text=True)


def test_member_of_another_organisation_cannot_be_disabled(db, http, world, other_world):
    stranger = other_world.people["front_desk"].member

    answer = http().post(f"/api/v1/members/{stranger.id}/disable")

    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not_found"


def test_a_clinic_manager_cannot_make_chain_administrators(http, world):
    person = world.people["front_desk"]

    answer = http("clinic_manager").post(f"/api/v1/members/{person.member.id}/roles", {"role": "chain_administrator"})

    assert answer.status_code == 403
    assert answer.get_json()["permission"] == "members:write"


def test_role_given_for_one_clinic_holds_there_alone(http, world):
    person = world.people["front_desk"]

    body = {"role": "clinic_manager", "clinic_id": str(world.other_clinic.id)}
    http().post(f"/api/v1/members/{person.member.id}/roles", body)

    me = http("front_desk").get("/api/v1/me").get_json()
    assert me["clinic_ids"] == [str(world.clinic.id), str(world.other_clinic.id)]


def test_key_is_never_more_powerful_than_its_member(http, world):
    answer = http("chain_administrator").post("/api/v1/api-keys", {"name": "x", "scopes": ["clinics:read", "no:such"]})

    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [
        {"pointer": "/scopes", "code": "invalid", "detail": "You do not hold no:such."}
    ]


def test_key_with_one_clinic_sees_that_clinic_alone(app, http, world):
    body = {"name": "door", "scopes": ["clinics:read"], "clinic_ids": [str(world.other_clinic.id)]}
    token = http().post("/api/v1/api-keys", body).get_json()["token"]

    listed = RestClient(app, token).get("/api/v1/clinics").get_json()["data"]
    assert [clinic["id"] for clinic in listed] == [str(world.other_clinic.id)]


def test_revoked_key_stops_at_once(app, http, world):
    made = http().post("/api/v1/api-keys", {"name": "door", "scopes": ["clinics:read"]}).get_json()
    client = RestClient(app, made["token"])
    assert client.get("/api/v1/clinics").status_code == 200

    http().post(f"/api/v1/api-keys/{made['key']['id']}/revoke")

    assert client.get("/api/v1/clinics").status_code == 401


def test_key_with_the_organisation_of_another_chain_proves_nothing(app, world, other_world):
    token = world.people["chain_administrator"].token.replace(world.id.hex, other_world.id.hex)

    answer = RestClient(app, token).get("/api/v1/clinics")

    assert answer.status_code == 401
    assert answer.get_json()["detail"] == "This API key is unknown, revoked or expired."
