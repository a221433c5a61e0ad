"""REST of therapists, registrations and hours."""

import pytest

MONDAY = {"weekday": 0, "starts_at": "09:00", "ends_at": "17:00", "valid_from": "2026-01-01"}


@pytest.fixture
def ana(http, world):
    body = {"display_name": "Ana Ruiz", "clinic_ids": [str(world.clinic.id)], "modalities": ["neuromuscular"]}
    return http().post("/api/v1/therapists", body).get_json()


def test_therapist_is_created_and_read_back_with_an_etag(http, world):
    client = http("clinic_manager")

    created = client.post("/api/v1/therapists", {"display_name": "Ben Okafor", "clinic_ids": [str(world.clinic.id)]})

    assert created.status_code == 201, created.get_data()
    body = created.get_json()
    assert body == {
        "id": body["id"],
        "member_id": None,
        "display_name": "Ben Okafor",
        "modalities": [],
        "clinic_ids": [str(world.clinic.id)],
        "archived_at": None,
        "row_version": 1,
    }
    again = client.get(created.headers["Location"])
    assert (again.get_json(), again.headers["ETag"]) == (body | {"extensions": {}}, '"1"')


def test_list_is_filtered_by_clinic_modality_and_archive(http, world, ana):
    admin = http()
    south = {"display_name": "Cleo", "clinic_ids": [str(world.other_clinic.id)], "modalities": ["sports"]}
    cleo = admin.post("/api/v1/therapists", south).get_json()
    admin.post(f"/api/v1/therapists/{cleo['id']}/archive", headers={"If-Match": '"1"'})

    def names(query):
        return [row["display_name"] for row in admin.get(f"/api/v1/therapists{query}").get_json()["data"]]

    assert names("") == ["Ana Ruiz"]
    assert names("?archived=any") == ["Ana Ruiz", "Cleo"]
    assert names("?archived=only") == ["Cleo"]
    assert names(f"?clinic_id={world.other_clinic.id}") == []
    assert names(f"?archived=any&clinic_id={world.other_clinic.id}") == ["Cleo"]
    assert names("?modality=neuromuscular") == ["Ana Ruiz"]
    assert names("?modality=sports") == []


def test_unknown_field_is_refused_with_its_pointer(http, world):
    answer = http().post(
        "/api/v1/therapists", {"display_name": "Ana", "clinic_ids": [str(world.clinic.id)], "salary": 1}
    )

    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.get_json()["errors"]] == ["/salary"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\u0085b", "x" * 121])
def test_name_that_is_no_line_of_text_is_refused(http, world, name):
    answer = http().post("/api/v1/therapists", {"display_name": name, "clinic_ids": [str(world.clinic.id)]})

    assert answer.status_code == 422
    assert {e["pointer"] for e in answer.get_json()["errors"]} == {"/display_name"}


def test_stale_version_is_refused_and_the_current_one_is_told(http, ana):
    client, url = http(), f"/api/v1/therapists/{ana['id']}"
    client.patch(url, {"display_name": "Ana R."}, etag=1)

    answer = client.patch(url, {"display_name": "Ana Lost"}, etag=1)

    assert (answer.status_code, answer.headers["ETag"]) == (412, '"2"')
    assert client.get(url).get_json()["display_name"] == "Ana R."


def test_patch_without_a_version_is_refused(http, ana):
    assert http().patch(f"/api/v1/therapists/{ana['id']}", {"display_name": "X"}).status_code == 428


def test_therapist_of_another_clinic_is_not_seen(http, world, ana):
    elsewhere = http(world.elsewhere["clinic_manager"])

    assert elsewhere.get("/api/v1/therapists").get_json()["data"] == []
    for path in ("", "/working-hours"):
        assert elsewhere.get(f"/api/v1/therapists/{ana['id']}{path}").status_code == 404
    assert elsewhere.patch(f"/api/v1/therapists/{ana['id']}", {"display_name": "X"}, etag=1).status_code == 404
    assert elsewhere.get(f"/api/v1/therapists?clinic_id={world.clinic.id}").status_code == 404


def test_therapist_of_another_organisation_is_not_seen(http, other_world, ana):
    stranger = http(other_world.people["chain_administrator"])

    assert stranger.get("/api/v1/therapists").get_json()["data"] == []
    assert stranger.get(f"/api/v1/therapists/{ana['id']}").status_code == 404
    assert stranger.patch(f"/api/v1/therapists/{ana['id']}", {"display_name": "X"}, etag=1).status_code == 404
    assert http().get(f"/api/v1/therapists/{ana['id']}").get_json() == ana | {"extensions": {}}


def test_clinic_and_member_of_another_organisation_are_refused(http, world, other_world):
    foreign_clinic = {"display_name": "A", "clinic_ids": [str(other_world.clinic.id)]}
    foreign_member = {
        "display_name": "A",
        "clinic_ids": [str(world.clinic.id)],
        "member_id": str(other_world.people["therapist"].member.id),
    }

    assert http().post("/api/v1/therapists", foreign_clinic).status_code == 404
    answer = http().post("/api/v1/therapists", foreign_member)
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.get_json()["errors"]] == ["/member_id"]


def test_front_desk_reads_therapists_and_changes_none(http, world, ana):
    desk = http("front_desk")

    assert [row["id"] for row in desk.get("/api/v1/therapists").get_json()["data"]] == [ana["id"]]
    assert desk.patch(f"/api/v1/therapists/{ana['id']}", {"display_name": "X"}, etag=1).status_code == 403


def test_one_sign_in_belongs_to_one_therapist(http, world):
    member = str(world.people["therapist"].member.id)
    body = {"display_name": "A", "clinic_ids": [str(world.clinic.id)], "member_id": member}
    http().post("/api/v1/therapists", body)

    answer = http().post("/api/v1/therapists", body)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "member_taken")


def test_registration_is_recorded_prolonged_and_kept_in_order(http, ana):
    client = http("clinic_manager")
    body = {
        "therapist_id": ana["id"],
        "authority": "Council",
        "number": "R-1",
        "modality": "neuromuscular",
        "valid_from": "2025-01-01",
        "expires_on": "2026-12-31",
    }

    created = client.post("/api/v1/registrations", body)

    assert created.status_code == 201, created.get_data()
    made = created.get_json()
    assert made == body | {"id": made["id"], "row_version": 1}
    url = f"/api/v1/registrations/{made['id']}"
    prolonged = client.patch(url, {"expires_on": "2027-12-31"}, etag=1).get_json()
    assert prolonged == made | {"expires_on": "2027-12-31", "row_version": 2}
    assert client.patch(url, {"expires_on": "2028-12-31"}, etag=1).status_code == 412
    assert client.patch(url, {"expires_on": "2024-12-31"}, etag=2).status_code == 422
    assert client.post("/api/v1/registrations", body).get_json()["code"] == "registration_exists"
    assert client.get(f"/api/v1/registrations?therapist_id={ana['id']}").get_json() == {"data": [prolonged]}


def test_registration_of_another_clinic_or_organisation_is_not_seen(http, world, other_world, ana):
    body = {
        "therapist_id": ana["id"],
        "authority": "Council",
        "number": "R-1",
        "modality": "neuromuscular",
        "valid_from": "2025-01-01",
    }
    made = http().post("/api/v1/registrations", body).get_json()

    for who in (world.elsewhere["clinic_manager"], other_world.people["chain_administrator"]):
        client = http(who)
        assert client.get(f"/api/v1/registrations/{made['id']}").status_code == 404
        assert client.get("/api/v1/registrations").get_json() == {"data": []}
        assert client.get(f"/api/v1/registrations?therapist_id={ana['id']}").status_code == 404
        assert client.patch(f"/api/v1/registrations/{made['id']}", {"number": "X"}, etag=1).status_code == 404
        assert client.post("/api/v1/registrations", body | {"number": "X"}).status_code == 404


def test_hours_of_a_clinic_are_replaced_as_a_whole(http, world, ana):
    client, url = http("clinic_manager"), f"/api/v1/therapists/{ana['id']}/working-hours"
    first = client.put(url, {"clinic_id": str(world.clinic.id), "hours": [MONDAY, MONDAY | {"weekday": 1}]}, etag=1)
    assert first.status_code == 200, first.get_data()

    second = client.put(url, {"clinic_id": str(world.clinic.id), "hours": [MONDAY | {"ends_at": "13:00"}]}, etag=2)

    body = second.get_json()
    shown = {"clinic_id": str(world.clinic.id), "valid_until": None, **MONDAY, "ends_at": "13:00"}
    assert body == {
        "therapist_id": ana["id"],
        "hours": [shown | {"id": body["hours"][0]["id"]}],
        "row_version": 3,
    }
    assert client.get(url).get_json() == body
    assert client.put(url, {"clinic_id": str(world.clinic.id), "hours": []}, etag=2).status_code == 412


def test_overlapping_hours_are_refused_with_their_pointer(http, world, ana):
    hours = [MONDAY, MONDAY | {"starts_at": "12:00", "ends_at": "20:00"}]

    answer = http().put(
        f"/api/v1/therapists/{ana['id']}/working-hours", {"clinic_id": str(world.clinic.id), "hours": hours}, etag=1
    )

    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.get_json()["errors"]] == ["/hours/1"]


def test_hours_at_a_clinic_where_the_therapist_does_not_work_are_refused(http, world, ana):
    url = f"/api/v1/therapists/{ana['id']}/working-hours"

    answer = http().put(url, {"clinic_id": str(world.other_clinic.id), "hours": [MONDAY]}, etag=1)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_at_clinic")


def test_therapist_gains_and_loses_a_clinic_with_the_hours_there(http, world, ana):
    admin, url = http(), f"/api/v1/therapists/{ana['id']}"
    south = {"clinic_id": str(world.other_clinic.id)}
    gained = admin.post(f"{url}/clinics", south, etag=1).get_json()
    admin.put(f"{url}/working-hours", south | {"hours": [MONDAY]}, etag=2)

    lost = admin.post(f"{url}/clinics/withdraw", south, etag=3).get_json()

    assert set(gained["clinic_ids"]) == {str(world.clinic.id), str(world.other_clinic.id)}
    assert lost["clinic_ids"] == [str(world.clinic.id)]
    assert admin.get(f"{url}/working-hours").get_json()["hours"] == []
    assert admin.post(f"{url}/clinics/withdraw", {"clinic_id": str(world.clinic.id)}, etag=4).status_code == 409


def test_manager_of_one_clinic_cannot_add_a_therapist_to_another(http, world, ana):
    answer = http("clinic_manager").post(
        f"/api/v1/therapists/{ana['id']}/clinics", {"clinic_id": str(world.other_clinic.id)}, etag=1
    )

    assert answer.status_code == 404
