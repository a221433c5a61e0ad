"""What every route of the API and the pages does: default deny, errors, versions, paging, idempotency, headers."""

import pytest

from polyclinic.web.body import read_json
from polyclinic.web.routes import UndeclaredRoute, check_routes, permission_of


def test_every_route_declares_a_permission(built_app):
    declared = {rule.endpoint: permission_of(built_app, rule.endpoint) for rule in built_app.url_map.iter_rules()}

    assert [endpoint for endpoint, permission in declared.items() if permission is None] == []


def test_route_without_permission_keeps_the_app_from_starting(built_app):
    with pytest.raises(UndeclaredRoute, match="declares clinics:read"):
        check_routes(built_app, frozenset())


def test_no_key_is_answered_401_with_problem_json(http):
    answer = http(None).get("/api/v1/clinics")

    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.get_json() == {
        "type": "/api/docs/problems#not_signed_in",
        "title": "Not signed in",
        "status": 401,
        "detail": "Send the header `Authorization: Bearer pc_...` with an API key.",
        "instance": "/api/v1/clinics",
        "code": "not_signed_in",
        "request_id": answer.headers["X-Request-Id"],
    }


def test_missing_permission_is_refused_and_audited(http, db):
    answer = http("front_desk").post("/api/v1/clinics", {"name": "Quay", "time_zone": "Europe/Berlin"})

    assert (answer.status_code, answer.get_json()["permission"]) == (403, "organisation:write")
    newest = http().get("/api/v1/audit-events?limit=1").get_json()["data"][0]
    assert (newest["action"], newest["outcome"], newest["detail"]["permission"]) == (
        "access.refused",
        "refused",
        "organisation:write",
    )


def test_unknown_parameter_is_named(http):
    answer = http().get("/api/v1/rooms?clinik=1")

    assert answer.status_code == 400
    assert answer.get_json()["detail"] == "Unknown parameter 'clinik'. Parameters of this address: clinic_id."


def test_unknown_field_is_refused_by_pointer(http):
    answer = http().post("/api/v1/clinics", {"name": "A", "time_zone": "Europe/Berlin", "organisation_id": "x"})

    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [
        {
            "pointer": "/organisation_id",
            "code": "invalid",
            "detail": "There is no such field. Leave it out, or check its spelling.",
        }
    ]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b'{"name":' + b"[" * 2000 + b"]" * 2000 + b"}", 400),
        (b'{"name":' + b"[" * 40 + b"]" * 40 + b"}", 400),
        (b'{"name":', 400),
        (b"[]", 400),
        (b"", 400),
        (b'{"name": "a\\u0000b", "time_zone": "Europe/Berlin"}', 400),
        (b'{"name": "' + b"x" * 10_000_000 + b'"}', 413),
        (b'{"name": "' + b"x" * 1_000_000 + b'", "time_zone": "Europe/Berlin"}', 422),
    ],
)
def test_hostile_body_gets_a_clear_answer(http, data, status):
    answer = http().post("/api/v1/clinics", data=data, content_type="application/json")

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


def test_body_is_still_there_when_a_request_is_tried_again(app):
    with app.test_request_context("/api/v1/clinics", method="POST", json={"name": "A"}):
        assert [read_json(), read_json()] == [{"name": "A"}, {"name": "A"}]


def test_change_without_version_is_428_and_with_an_old_one_412(http, world):
    path = f"/api/v1/clinics/{world.clinic.id}"

    missing = http().patch(path, {"city": "Leeds"})
    first = http().patch(path, {"city": "Leeds"}, etag=1)
    stale = http().patch(path, {"city": "York"}, etag=1)

    assert (missing.status_code, first.status_code, stale.status_code) == (428, 200, 412)
    assert first.get_json()["city"] == "Leeds"
    assert stale.headers["ETag"] == first.headers["ETag"] == '"2"'
    assert http().get(path).get_json()["city"] == "Leeds"


def test_known_etag_is_answered_304(http, world):
    answer = http().get(f"/api/v1/clinics/{world.clinic.id}", headers={"If-None-Match": '"1"'})

    assert (answer.status_code, answer.get_data()) == (304, b"")


def test_repeat_with_the_same_idempotency_key_replays_byte_for_byte(http):
    body = {"name": "Quay", "time_zone": "Europe/Berlin"}

    first = http().post("/api/v1/clinics", body, key="k1")
    second = http().post("/api/v1/clinics", body, key="k1")
    other = http().post("/api/v1/clinics", {**body, "name": "Pier"}, key="k1")

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert (second.get_data(), second.headers["Location"]) == (first.get_data(), first.headers["Location"])
    names = [clinic["name"] for clinic in http().get("/api/v1/clinics").get_json()["data"]]
    assert names.count("Quay") == 1
    assert "Pier" not in names


def test_page_answers_carry_the_security_headers(browse):
    headers = browse().get("/clinics").headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_form_without_its_token_changes_nothing(browse, world):
    client = browse()

    answer = client.post(f"/clinics/{world.clinic.id}/rooms", {"name": "Attic", "csrf_token": "wrong"})

    assert answer.status_code == 403
    assert "Attic" not in client.get("/clinics").get_data(as_text=True)


def test_form_sent_from_another_site_is_refused(browse, world):
    client = browse()

    answer = client.post(
        f"/clinics/{world.clinic.id}/rooms", {"name": "Attic"}, headers={"Origin": "https://evil.example"}
    )

    assert answer.status_code == 403


def test_unknown_page_is_a_page_and_unknown_api_address_a_problem(browse, http):
    page, api = browse().get("/nowhere"), http().get("/api/v1/nowhere")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert (api.status_code, api.content_type) == (404, "application/problem+json")


def test_rooms_of_another_organisation_are_not_found(http, worlds):
    first, second = worlds

    answer = http().get(f"/api/v1/rooms/{second.rooms[0].id}")
    listed = http().get("/api/v1/rooms").get_json()["data"]

    assert answer.status_code == 404
    assert {room["id"] for room in listed} == {str(room.id) for room in first.rooms}


def test_clinic_manager_sees_and_changes_only_the_own_clinic(http, world):
    client = http("clinic_manager")

    seen = [clinic["id"] for clinic in client.get("/api/v1/clinics").get_json()["data"]]
    outside = client.patch(f"/api/v1/clinics/{world.other_clinic.id}", {"city": "X"}, etag=1)
    opened = client.post("/api/v1/clinics", {"name": "Own", "time_zone": "Europe/Berlin"})

    assert seen == [str(world.clinic.id)]
    assert (outside.status_code, opened.status_code) == (404, 403)
