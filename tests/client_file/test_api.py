"""REST of merging, undoing and telling apart."""

from __future__ import annotations

from datetime import timedelta

from tests.client_file.conftest import NOW


def test_merge_and_undo_over_rest(practice, two, http):
    stays, goes = two
    body = {"into_client_id": str(stays.id), "reason": "Registered twice", "take": ["city"]}

    made = http().post(f"/api/v1/clients/{goes.id}/merge", body)

    found = made.get_json()
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1/client-merges/{found['id']}")
    assert found == {
        "id": found["id"],
        "from_client_id": str(goes.id),
        "into_client_id": str(stays.id),
        "reason": "Registered twice",
        "changes": {"city": ["Leeds", "Whitby"]},
        "moved": {},
        "receipts": found["receipts"],
        "merged_at": "2026-11-23T11:00:00Z",
        "merged_by_name": practice.admin.name,
        "undo_until": "2026-12-23T11:00:00Z",
        "undone_at": None,
        "undone_by_name": "",
        "kept_fields": [],
    }
    assert http().get(f"/api/v1/clients/{goes.id}").get_json()["id"] == str(stays.id)
    assert http().get(f"/api/v1/client-merges/{found['id']}").get_json() == found
    undone = http().post(f"/api/v1/client-merges/{found['id']}/undo")
    assert (undone.status_code, undone.get_json()["undone_at"]) == (200, "2026-11-23T11:00:00Z")
    again = http().post(f"/api/v1/client-merges/{found['id']}/undo")
    assert (again.status_code, again.get_json()["code"]) == (409, "already_undone")
    assert [row["id"] for row in http().get(f"/api/v1/clients/{stays.id}/merges").get_json()["data"]] == [found["id"]]


def test_overlap_answers_with_the_times(practice, two, http):
    stays, goes = two
    day = NOW + timedelta(days=7)
    practice.visit(stays, day)
    practice.visit(goes, day, overbook="Both came")

    answer = http().post(f"/api/v1/clients/{goes.id}/merge", {"into_client_id": str(stays.id), "reason": "Twice"})

    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (409, "appointments_overlap")
    assert [(found["starts_at"], found["ends_at"]) for found in problem["conflicts"]] == [
        ("2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z")
    ]


def test_bad_input_names_the_field(practice, two, http):
    stays, goes = two

    def refused(client, **body):
        answer = http().post(f"/api/v1/clients/{client.id}/merge", body)
        return answer.status_code, [error["pointer"] for error in answer.get_json().get("errors", [])]

    assert refused(goes, into_client_id=str(stays.id)) == (422, ["/reason"])
    assert refused(goes, into_client_id=str(stays.id), reason="  ") == (422, ["/reason"])
    assert refused(goes, into_client_id=str(goes.id), reason="Twice") == (422, ["/into_client_id"])
    assert refused(goes, into_client_id="x", reason="Twice") == (422, ["/into_client_id"])
    assert refused(goes, into_client_id=str(stays.id), reason="Twice", take=["id"]) == (422, ["/take"])


def test_pair_marked_as_two_people_is_not_suggested_again_until_that_is_forgotten(practice, two, http):
    stays, goes = two

    def suggested(client):
        answer = http("front_desk").get(f"/api/v1/clients/{client.id}/likely-duplicates")
        return [row["id"] for row in answer.get_json()["data"]]

    assert (suggested(stays), suggested(goes)) == ([str(goes.id)], [str(stays.id)])
    pair = {"client_id": str(stays.id), "other_client_id": str(goes.id)}
    first = http("clinic_manager").post("/api/v1/client-differences", pair)
    turned = {"client_id": str(goes.id), "other_client_id": str(stays.id)}
    second = http("clinic_manager").post("/api/v1/client-differences", turned)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json() == second.get_json()
    assert (suggested(stays), suggested(goes)) == ([], [])
    address = f"/api/v1/client-differences/{first.get_json()['id']}"
    assert http().get(address).get_json() == first.get_json()
    assert http().delete(address).status_code == 204
    assert http().get(address).status_code == 404
    assert suggested(stays) == [str(goes.id)]


def test_roles_without_the_permission_are_refused(practice, two, http):
    stays, goes = two
    body = {"into_client_id": str(stays.id), "reason": "Registered twice"}

    answers = {role: http(role).post(f"/api/v1/clients/{goes.id}/merge", body) for role in ("front_desk", "therapist")}

    assert {role: answer.get_json()["permission"] for role, answer in answers.items()} == {
        "front_desk": "clients:merge",
        "therapist": "clients:merge",
    }


def test_file_of_another_organisation_is_not_found(practice, http, other_world):
    stranger = other_world.clinic.id
    addresses = [f"/api/v1/clients/{stranger}/{part}" for part in ("merges", "erasures", "erasure-plan")]

    answers = {http().get(address).status_code for address in addresses}

    assert answers == {404}
