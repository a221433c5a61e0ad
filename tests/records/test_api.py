"""REST of treatment records: the whole way of a record, versions, refusals, hostile bodies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from polyclinic.kit.db import session
from polyclinic.kit.ids import new_id
from polyclinic.kit.pagination import encode_cursor
from polyclinic.testing.counting import counted
from tests.records.conftest import NOW, SAFE, SOAP_NOTE

BASE = "/api/v1/treatment-records"


@pytest.fixture
def therapist(http, practice):
    return http("therapist")


@pytest.fixture
def opened(therapist, practice):
    response = therapist.post(BASE, {"appointment_id": str(practice.visit())})
    assert response.status_code == 201
    return response.json


def patch(client, record, sections, etag=None):
    return client.patch(f"{BASE}/{record['id']}/draft", {"sections": sections}, etag=etag or record["row_version"])


def fill(client, record, **more):
    sections = {"core.soap": SOAP_NOTE, "core.safety": SAFE, **more}
    return patch(client, record, sections).json


def test_record_goes_from_draft_to_amended(therapist, practice, opened):
    url = f"{BASE}/{opened['id']}"
    saved = patch(therapist, opened, {"core.soap": SOAP_NOTE, "core.safety": SAFE})
    checks = therapist.get(f"{url}/checks")
    signed = therapist.post(f"{url}/sign", {}, etag=saved.headers["ETag"])
    amended = therapist.post(f"{url}/amend", etag=signed.headers["ETag"])
    changed = therapist.patch(f"{url}/draft", {"sections": {"core.soap": {"plan": "x"}}}, etag=amended.headers["ETag"])
    again = therapist.post(f"{url}/sign", {"amendment_reason": "Wrong interval"}, etag=changed.headers["ETag"])
    shown = therapist.get(url)

    codes = [r.status_code for r in (saved, checks, signed, amended, changed, again, shown)]
    assert codes == [200] * 7
    assert (checks.json["can_be_signed"], signed.json["version"], signed.json["outcome"]) == (True, 1, "treated")
    assert (shown.json["state"], shown.json["draft"], shown.json["newest_version"]) == ("amended", None, again.json)
    versions = therapist.get(f"{url}/versions").json["data"]
    assert [version["version"] for version in versions] == [2, 1]
    assert versions[1]["content_sha256"] == signed.json["content_sha256"]


def test_opened_record_is_described(therapist, practice, opened):
    response = therapist.get(f"{BASE}/{opened['id']}")

    assert response.json == opened
    assert response.headers["ETag"] == '"1"'
    assert {name: opened[name] for name in ("state", "privacy", "modality", "time_zone", "is_chronic")} == {
        "state": "draft",
        "privacy": "clinic",
        "modality": "sample",
        "time_zone": "Europe/London",
        "is_chronic": None,
    }


def test_chronic_is_computed_and_returned(therapist, opened):
    saved = patch(therapist, opened, {"core.soap": {"complaint_onset_on": "2026-08-15"}})

    assert (saved.json["is_chronic"], therapist.get(f"{BASE}/{opened['id']}").json["is_chronic"]) == (True, True)


def test_draft_is_saved_in_spite_of_wrong_values(therapist, opened):
    saved = patch(therapist, opened, {"core.soap": {"pain_before": 99}})

    message = "Must be greater than or equal to 0 and less than or equal to 10."
    assert (saved.status_code, saved.json["sections"], saved.json["warnings"]) == (
        200,
        {"core.soap": {"pain_before": 99}},
        [{"pointer": "/sections/core.soap/pain_before", "code": "invalid", "detail": message}],
    )


def test_stale_save_is_refused_with_the_current_version(therapist, opened):
    patch(therapist, opened, {"core.soap": {"plan": "first"}})

    refused = patch(therapist, opened, {"core.soap": {"plan": "second"}})
    missing = therapist.patch(f"{BASE}/{opened['id']}/draft", {"sections": {}})

    assert (refused.status_code, refused.headers["ETag"], refused.json["code"]) == (412, '"2"', "stale")
    assert missing.status_code == 428
    assert therapist.get(f"{BASE}/{opened['id']}").json["draft"]["sections"] == {"core.soap": {"plan": "first"}}


def test_action_adds_a_point(therapist, opened):
    body = {"section": "sample.points", "action": "add_point", "arguments": {"region_id": "sternum", "pain": 3}}

    response = therapist.post(f"{BASE}/{opened['id']}/draft/actions", body, etag=1)

    point = {"view": "front", "region_id": "sternum", "pain": 3}
    assert response.json["sections"] == {"sample.points": {"points": [point]}}


def test_parts_of_a_record_are_described_for_integrators(therapist, opened):
    parts = therapist.get(f"{BASE}/{opened['id']}/sections").json["data"]

    shown = [(part["key"], part["is_required"], part["actions"], [f["name"] for f in part["fields"]]) for part in parts]
    assert shown[1:] == [
        ("core.safety", True, [], ["asked", "red_flags", "outcome", "action_taken"]),
        ("sample.points", False, ["add_point"], ["note", "points"]),
    ]


def test_incomplete_record_is_not_signed_and_every_field_is_named(therapist, opened):
    refused = therapist.post(f"{BASE}/{opened['id']}/sign", {}, etag=1)

    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [
        "/sections/core.soap/complaint",
        "/sections/core.safety/asked",
    ]


def test_list_shows_the_newest_first_with_text(therapist, practice, opened):
    signed = fill(therapist, opened)
    therapist.post(f"{BASE}/{opened['id']}/sign", {}, etag=signed["row_version"])
    practice.open(NOW + timedelta(hours=3))

    first = therapist.get(f"{BASE}?client_id={practice.client_id}&limit=1").json
    second = therapist.get(f"{BASE}?client_id={practice.client_id}&limit=1&cursor={first['next_cursor']}").json

    rows = first["data"] + second["data"]
    assert [(row["state"], row["summary"], row["author_name"]) for row in rows] == [
        ("draft", None, None),
        (
            "signed",
            "Stiff neck since Friday.\nPain 7 before, 3 after.\nAgain in a week\nRed flags asked: none.",
            "Ana Ruiz",
        ),
    ]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["x", "W10", encode_cursor(["text", 1]), encode_cursor([NOW])])
def test_cursor_of_another_list_is_refused(therapist, cursor):
    assert therapist.get(f"{BASE}?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
def test_list_runs_the_same_number_of_statements(therapist, practice, rows, engine):
    for hour in range(rows):
        practice.signed(NOW - timedelta(hours=hour + 2))

    with counted(engine) as found:
        therapist.get(f"{BASE}?client_id={practice.client_id}")

    work = [statement for statement in found.texts if "SAVEPOINT" not in statement]
    assert len(work) == 5


def test_other_organisation_and_clinic_find_nothing(http, practice, opened, world, other_world):
    url = f"{BASE}/{opened['id']}"
    outsiders = (world.elsewhere["therapist"], other_world.people["therapist"])

    for person in outsiders:
        client = http(person)
        assert [client.get(path).status_code for path in (url, f"{url}/versions", f"{url}/checks")] == [404] * 3
        assert client.patch(f"{url}/draft", {"sections": {}}, etag=1).status_code == 404
        assert client.post(f"{url}/sign", {}, etag=1).status_code == 404
        assert client.post(f"{url}/amend", etag=1).status_code == 404
        assert client.post(BASE, {"appointment_id": opened["appointment_id"]}).status_code == 404
        assert client.get(f"{BASE}?client_id={practice.client_id}").json["data"] == []
        assert client.get(f"/api/v1/measurements?client_id={practice.client_id}").json["data"] == []


def test_front_desk_reads_no_records(http, opened):
    desk = http("front_desk")

    assert [desk.get(BASE).status_code, desk.get(f"{BASE}/{opened['id']}").status_code] == [403, 403]


def deep(levels):
    value: dict = {}
    for _ in range(levels):
        value = {"a": value}
    return value


HOSTILE = {
    "10 MB of text": ({"sections": {"core.soap": {"plan": "x" * 10_000_000}}}, 413),
    "1 MB of text": ({"sections": {"core.soap": {"plan": "x" * 1_000_000}}}, 422),
    "deep": ({"sections": {"core.soap": deep(200)}}, 400),
    "as deep as allowed": ({"sections": {"core.soap": deep(28)}}, 200),
    "sections is a list": ({"sections": []}, 422),
    "section is a number": ({"sections": {"core.soap": 5}}, 422),
    "unknown field": ({"sections": {}, "client_id": "x"}, 422),
    "fraction": ({"sections": {"core.soap": {"pain_before": 1.5}}}, 422),
    "huge number": ({"sections": {"core.soap": {"pain_before": 2**60}}}, 422),
    "many sections": ({"sections": {f"a.b{n}": {} for n in range(21)}}, 422),
    "list where text belongs": ({"sections": {"core.soap": {"plan": [1, {"a": [None]}]}}}, 200),
    "markup": ({"sections": {"core.soap": {"plan": "<script>alert(1)</script>"}}}, 200),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_answered_in_kind(therapist, opened, name):
    body, status = HOSTILE[name]

    assert therapist.patch(f"{BASE}/{opened['id']}/draft", body, etag=1).status_code == status


def test_nul_character_is_refused(therapist, opened):
    raw = b'{"sections": {"core.soap": {"plan": "a\\u0000b"}}}'

    response = therapist._send(
        "PATCH", f"{BASE}/{opened['id']}/draft", etag=1, data=raw, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 400


@pytest.mark.parametrize("value", ["", "x" * 3000, 5, None, ["a"], {"a": 1}])
def test_sign_body_is_checked(therapist, opened, value):
    response = therapist.post(f"{BASE}/{opened['id']}/sign", {"late_reason": value}, etag=1)

    assert response.status_code == 422


def test_unknown_record_is_not_found(therapist):
    assert therapist.get(f"{BASE}/{new_id()}").status_code == 404


def test_privacy_and_grants_over_rest(therapist, http, opened, world):
    url = f"{BASE}/{opened['id']}"
    colleague = world.elsewhere["therapist"]

    changed = therapist.patch(url, {"privacy": "named"}, etag=opened["row_version"])
    granted = therapist.post(f"{url}/grants", {"member_id": str(colleague.member.id)})
    seen = http(colleague).get(url).status_code
    revoked = therapist.delete(f"{url}/grants/{colleague.member.id}")

    assert (changed.json["privacy"], granted.status_code, seen, revoked.status_code) == ("named", 201, 200, 204)
    assert http(colleague).get(url).status_code == 404


def test_repeated_request_signs_once(therapist, opened):
    saved = fill(therapist, opened)
    url = f"{BASE}/{opened['id']}/sign"

    first = therapist.post(url, {}, etag=saved["row_version"], key="sign-1")
    again = therapist.post(url, {}, etag=saved["row_version"], key="sign-1")

    assert (first.status_code, again.get_data()) == (200, first.get_data())
    assert session().execute(text("SELECT count(*) FROM treatment_record_version")).scalar_one() == 1
