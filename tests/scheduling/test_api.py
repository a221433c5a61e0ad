"""REST of appointments, free times and services."""

from datetime import timedelta

import pytest

from polyclinic.kit.ids import new_id
from tests.scheduling.conftest import at

APPOINTMENTS = "/api/v1/appointments"
TIMES = "/api/v1/available-times"


def book(client, diary, start, **changes):
    return client.post(APPOINTMENTS, diary.body(start, **changes), key=str(new_id()))


def problem(response):
    body = response.get_json()
    return (
        response.status_code,
        body.get("code"),
        [(error["pointer"], error["code"]) for error in body.get("errors", [])],
    )


def test_booking_answers_the_appointment_its_place_and_its_version(diary, http):
    client = http("front_desk")

    created = book(client, diary, at(10))

    assert created.status_code == 201, created.get_data()
    body = created.get_json()
    assert created.headers["Location"] == f"{APPOINTMENTS}/{body['id']}"
    assert created.headers["ETag"] == '"1"'
    assert body == {
        "id": body["id"],
        "clinic_id": str(diary.clinic_id),
        "clinic_name": "Harbour North",
        "client_id": str(diary.tom),
        "client_name": "Tom Hale",
        "therapist_id": str(diary.ana.id),
        "therapist_name": "Ana Ruiz",
        "service_id": str(diary.massage.id),
        "service_name": "Massage 60",
        "service_modality": None,
        "room_id": body["room_id"],
        "room_name": "Room 1",
        "starts_at": "2026-11-23T10:00:00Z",
        "ends_at": "2026-11-23T11:00:00Z",
        "time_zone": "Europe/London",
        "local_start": "2026-11-23T10:00:00",
        "status": "booked",
        "is_overbooked": False,
        "is_outside_hours": False,
        "row_version": 1,
    }


def test_booking_needs_an_idempotency_key_and_replays_with_it(diary, http):
    client = http("front_desk")
    body = diary.body(at(10))

    without_key = client.post(APPOINTMENTS, body)
    first = client.post(APPOINTMENTS, body, key="same")
    again = client.post(APPOINTMENTS, body, key="same")

    assert without_key.status_code == 400
    assert (first.status_code, again.get_data()) == (201, first.get_data())


def test_taken_time_answers_409_with_every_conflict(diary, http):
    client = http("front_desk")
    first = book(client, diary, at(10)).get_json()

    refused = book(client, diary, at(10))

    assert (refused.status_code, refused.content_type) == (409, "application/problem+json")
    assert refused.get_json()["conflicts"] == [
        {
            "code": "therapist_busy",
            "kind": "therapist",
            "starts_at": "2026-11-23T10:00:00Z",
            "ends_at": "2026-11-23T11:15:00Z",
            "detail": "Ana Ruiz is busy from 10:00 to 11:15.",
            "ref": first["id"],
        },
        {
            "code": "client_busy",
            "kind": "client",
            "starts_at": "2026-11-23T10:00:00Z",
            "ends_at": "2026-11-23T11:00:00Z",
            "detail": "The client has another appointment from 10:00 to 11:00.",
            "ref": first["id"],
        },
    ]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"ends_at": "2026-11-23T09:00:00Z"}, "/ends_at", "invalid"),
        ({"ends_at": "2026-11-23T12:00:00Z"}, "/ends_at", "invalid"),
        ({"starts_at": None, "local_start": "2027-03-28T01:30:00"}, "/local_start", "time_in_gap"),
        ({"starts_at": None, "local_start": "2027-10-31T01:30:00"}, "/fold", "time_ambiguous"),
        ({"starts_at": None}, "/starts_at", "invalid"),
        ({"local_start": "2026-11-23T10:00:00"}, "/starts_at", "invalid"),
        ({"starts_at": "2026-11-23T10:00:00"}, "/starts_at", "invalid"),
        ({"starts_at": "0001-01-01T00:00:00Z"}, "/starts_at", "invalid"),
        ({"starts_at": "9999-12-31T23:59:59Z"}, "/starts_at", "invalid"),
        ({"overbook_reason": ""}, "/overbook_reason", "invalid"),
        ({"surprise": 1}, "/surprise", "invalid"),
        ({"client_id": "tom"}, "/client_id", "invalid"),
    ],
)
def test_wrong_input_is_422_and_names_the_field(diary, http, change, pointer, code):
    response = book(http("front_desk"), diary, at(10), **change)

    assert problem(response) == (422, "invalid", [(pointer, code)])


def test_fold_books_the_second_of_two_equal_wall_times(diary, http):
    start = {"starts_at": None, "local_start": "2027-10-31T01:30:00", "fold": 1, "overbook_reason": "night watch"}

    created = book(http("clinic_manager"), diary, at(10), **start)

    assert created.status_code == 201, created.get_data()
    assert created.get_json()["starts_at"] == "2027-10-31T01:30:00Z"


def test_clinic_of_another_chain_is_404(diary, http, other_world):
    response = book(http(), diary, at(10), clinic_id=str(other_world.clinic.id))

    assert (response.status_code, response.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["client_id", "therapist_id", "service_id", "room_id"])
def test_foreign_ids_are_404(diary, http, name):
    response = book(http(), diary, at(10), **{name: str(new_id())})

    assert response.status_code == 404


def test_expired_registration_answers_its_reason(diary, http):
    response = book(http(), diary, at(10) + timedelta(days=8), service_id=str(diary.protocol.id))

    assert [conflict["code"] for conflict in response.get_json()["conflicts"]] == ["registration_expired"]


def test_visit_goes_through_its_life_by_state_changes(diary, http):
    client = http("therapist")
    row = book(client, diary, at(10)).get_json()
    seen = []
    for version, verb in enumerate(("confirm", "arrive", "start", "complete"), start=1):
        answer = client.post(f"{APPOINTMENTS}/{row['id']}/{verb}", headers={"If-Match": f'"{version}"'})
        seen.append((answer.status_code, answer.get_json()["status"], answer.headers["ETag"]))

    assert seen == [
        (200, "confirmed", '"2"'),
        (200, "arrived", '"3"'),
        (200, "started", '"4"'),
        (200, "completed", '"5"'),
    ]


def test_state_change_needs_the_version_that_was_read(diary, http):
    client = http("front_desk")
    url = f"{APPOINTMENTS}/{book(client, diary, at(10)).get_json()['id']}"

    missing = client.post(f"{url}/arrive")
    client.post(f"{url}/arrive", headers={"If-Match": '"1"'})
    stale = client.post(f"{url}/start", headers={"If-Match": '"1"'})

    assert (missing.status_code, stale.status_code, stale.headers["ETag"]) == (428, 412, '"2"')


def test_moved_and_cancelled_over_rest(diary, http):
    client = http("front_desk")
    url = f"{APPOINTMENTS}/{book(client, diary, at(10)).get_json()['id']}"

    moved = client.post(f"{url}/reschedule", {"starts_at": at(13).isoformat()}, headers={"If-Match": '"1"'})
    cancelled = client.post(f"{url}/cancel", {"reason": "client is ill"}, headers={"If-Match": '"2"'})

    assert (moved.status_code, moved.get_json()["starts_at"]) == (200, "2026-11-23T13:00:00Z")
    assert (cancelled.status_code, cancelled.get_json()["status"]) == (200, "cancelled")
    assert client.get(url).get_json()["cancel_reason"] == "client is ill"


def test_detail_has_the_note_and_answers_304(diary, http):
    client = http("front_desk")
    url = f"{APPOINTMENTS}/{book(client, diary, at(10), note='prefers the front room').get_json()['id']}"

    shown = client.get(url)
    again = client.get(url, headers={"If-None-Match": shown.headers["ETag"]})

    assert (shown.get_json()["note"], again.status_code) == ("prefers the front room", 304)


def test_list_filters_and_pages(diary, http):
    client = http("front_desk")
    booked = [book(client, diary, at(hour)).get_json()["id"] for hour in (9, 11, 13)]
    span = "starts_at[gte]=2026-11-23T00:00:00Z&starts_at[lt]=2026-11-24T00:00:00Z"
    wanted = f"{APPOINTMENTS}?therapist_id={diary.ana.id}&{span}&limit=2"

    first = client.get(wanted).get_json()
    second = client.get(f"{wanted}&cursor={first['next_cursor']}").get_json()
    week = client.get(f"{APPOINTMENTS}/week?clinic_id={diary.clinic_id}&first_day=2026-11-23").get_json()

    assert [row["id"] for row in first["data"] + second["data"]] == booked
    assert second["next_cursor"] is None
    assert [row["id"] for row in week["data"]] == booked


def test_unknown_parameter_and_a_foreign_cursor_are_400(diary, http):
    client = http("front_desk")
    services = client.get("/api/v1/services?limit=1").get_json()["next_cursor"]

    assert client.get(f"{APPOINTMENTS}?color=red").status_code == 400
    assert client.get(f"{APPOINTMENTS}?cursor={services}").status_code == 400


def test_other_clinic_sees_neither_list_nor_detail(diary, http):
    row = book(http("front_desk"), diary, at(10)).get_json()
    stranger = http(diary.world.elsewhere["clinic_manager"])

    assert stranger.get(f"{APPOINTMENTS}?clinic_id={diary.clinic_id}").status_code == 404
    assert stranger.get(APPOINTMENTS).get_json()["data"] == []
    assert stranger.get(f"{APPOINTMENTS}/{row['id']}").status_code == 404
    assert stranger.post(f"{APPOINTMENTS}/{row['id']}/arrive", headers={"If-Match": '"1"'}).status_code == 404


def test_other_organisation_sees_nothing(diary, http, other_world):
    row = book(http("front_desk"), diary, at(10)).get_json()
    stranger = http(other_world.people["chain_administrator"])

    assert stranger.get(APPOINTMENTS).get_json()["data"] == []
    assert stranger.get(f"{APPOINTMENTS}/{row['id']}").status_code == 404
    assert stranger.get(f"/api/v1/services/{diary.massage.id}").status_code == 404


def test_free_times_are_listed_and_explained(diary, http):
    client = http("front_desk")
    book(client, diary, at(10))
    wanted = (
        f"{TIMES}?clinic_id={diary.clinic_id}&service_id={diary.massage.id}&therapist_id={diary.ana.id}"
        "&from=2026-11-23&to=2026-11-24"
    )

    free = client.get(wanted).get_json()["data"]
    explained = client.get(f"{wanted}&explain=true").get_json()["data"]

    assert free[0] == {
        "therapist_id": str(diary.ana.id),
        "starts_at": "2026-11-23T11:15:00Z",
        "ends_at": "2026-11-23T12:15:00Z",
        "local_start": "2026-11-23T11:15:00",
        "time_zone": "Europe/London",
        "is_available": True,
        "reasons": [],
    }
    assert [time["reasons"] for time in explained[:2]] == [["therapist_busy"], ["therapist_busy"]]
    assert len(explained) == 29


def test_free_times_of_more_than_a_month_are_refused(diary, http):
    wanted = f"{TIMES}?clinic_id={diary.clinic_id}&service_id={diary.massage.id}&therapist_id={diary.ana.id}"

    response = http().get(f"{wanted}&from=2026-11-01&to=2026-12-31")

    assert problem(response) == (422, "invalid", [("/to", "invalid")])


def test_service_is_created_changed_archived_and_found_by_synonym(diary, http):
    client = http("clinic_manager")
    body = {"name": "Sports 45", "duration_minutes": 45, "synonyms": ["Recovery massage"], "needs_room": False}

    created = client.post("/api/v1/services", body)
    url = created.headers["Location"]
    patched = client.patch(url, {"duration_minutes": 50, "modality": None}, etag=1)
    found = client.get("/api/v1/services?q=RECOVERY").get_json()["data"]
    archived = client.post(f"{url}/archive", headers={"If-Match": '"2"'})

    assert (created.status_code, patched.get_json()["duration_minutes"]) == (201, 50)
    assert [row["name"] for row in found] == ["Sports 45"]
    assert archived.get_json()["archived_at"] == "2026-11-23T08:00:00Z"
    assert client.get("/api/v1/services?q=recovery").get_json()["data"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"duration_minutes": 0}, "/duration_minutes"),
        ({"duration_minutes": 481}, "/duration_minutes"),
        ({"buffer_after_minutes": 121}, "/buffer_after_minutes"),
        ({"name": "  "}, "/name"),
        ({"synonyms": [""]}, "/synonyms/0"),
        ({"modality": "Not An Id"}, "/modality"),
    ],
)
def test_service_out_of_limits_is_422(diary, http, change, pointer):
    response = http("clinic_manager").post("/api/v1/services", {"name": "New", "duration_minutes": 60} | change)

    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]


def test_front_desk_cannot_change_services(diary, http):
    response = http("front_desk").post("/api/v1/services", {"name": "New", "duration_minutes": 60})

    assert (response.status_code, response.get_json()["permission"]) == (403, "services:write")
