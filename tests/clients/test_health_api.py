"""REST of flags and health history: by clinic, audited, insert-only."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from polyclinic.clients.models import HealthHistoryEntry

FLAG = {"code": "other", "label": "Latex allergy", "severity": "caution"}


@pytest.fixture
def zoe(add_client):
    return add_client()


@pytest.fixture
def flag(http, zoe):
    answer = http().post("/api/v1/client-flags", FLAG | {"client_id": zoe["id"]})
    assert answer.status_code == 201, answer.get_data()
    return answer.get_json()


def test_flag_is_raised_shown_and_ended(http, zoe, flag):
    therapist = http("therapist")

    assert flag == FLAG | {
        "id": flag["id"],
        "client_id": zoe["id"],
        "note": "",
        "region_ids": [],
        "since_on": None,
        "until_on": None,
        "row_version": 1,
    }
    assert therapist.get(f"/api/v1/client-flags?client_id={zoe['id']}").get_json() == {"data": [flag]}
    ended = therapist.patch(f"/api/v1/client-flags/{flag['id']}", {"until_on": "2026-11-23"}, etag=1).get_json()
    assert ended == flag | {"until_on": "2026-11-23", "row_version": 2}
    assert therapist.patch(f"/api/v1/client-flags/{flag['id']}", {"note": "x"}, etag=1).status_code == 412


def test_known_flag_brings_its_title_and_its_severity_cannot_be_lowered(http, zoe, safety_rules):
    therapist = http("therapist")
    body = {"client_id": zoe["id"], "code": "rf_stroke", "severity": "caution"}

    made = therapist.post("/api/v1/client-flags", body).get_json()
    lowered = therapist.patch(f"/api/v1/client-flags/{made['id']}", {"severity": "caution"}, etag=1).get_json()

    assert (made["label"], made["severity"], lowered["severity"]) == ("Stroke signs", "emergency", "emergency")
    kinds = therapist.get("/api/v1/flag-kinds").get_json()["data"]
    assert [(kind["code"], kind["severity"]) for kind in kinds] == [
        ("rf_stroke", "emergency"),
        ("blood_thinners", "caution"),
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"label": ""}, "/label"),
        ({"severity": None}, "/severity"),
        ({"severity": "grave"}, "/severity"),
        ({"code": "Latex Allergy"}, "/code"),
        ({"region_ids": ["no_such_region"]}, "/region_ids"),
        ({"since_on": "2026-02-02", "until_on": "2026-02-01"}, "/until_on"),
        ({"note": "x" * 2001}, "/note"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_flag_that_cannot_be_right_is_refused_with_its_pointer(http, zoe, changes, pointer):
    answer = http().post("/api/v1/client-flags", FLAG | {"client_id": zoe["id"]} | changes)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_health_data_of_a_client_unknown_at_ones_clinic_are_forbidden(http, world, zoe, flag):
    south = http(world.elsewhere["therapist"])
    history = f"/api/v1/clients/{zoe['id']}/health-history"

    assert south.get(f"/api/v1/client-flags?client_id={zoe['id']}").status_code == 403
    assert south.get(f"/api/v1/client-flags/{flag['id']}").status_code == 404
    assert south.patch(f"/api/v1/client-flags/{flag['id']}", {"note": "x"}, etag=1).status_code == 404
    assert south.post("/api/v1/client-flags", FLAG | {"client_id": zoe["id"]}).status_code == 403
    assert south.get(history).status_code == 403
    answers = {"answers": [{"question_code": "medication", "answer": "yes"}]}
    assert south.post(history, answers).status_code == 403
    assert http().get(history).get_json()["data"] == []


def test_health_data_open_once_the_client_is_known_at_the_clinic(http, world, zoe, flag):
    south = http(world.elsewhere["therapist"])
    south.post(f"/api/v1/clients/{zoe['id']}/clinics", {"clinic_id": str(world.other_clinic.id)})

    assert south.get(f"/api/v1/client-flags?client_id={zoe['id']}").get_json() == {"data": [flag]}


def test_health_data_of_another_organisation_are_not_found(http, other_world, zoe, flag):
    stranger = http(other_world.people["chain_administrator"])

    assert stranger.get(f"/api/v1/client-flags?client_id={zoe['id']}").status_code == 404
    assert stranger.get(f"/api/v1/client-flags/{flag['id']}").status_code == 404
    assert stranger.post("/api/v1/client-flags", FLAG | {"client_id": zoe["id"]}).status_code == 404
    assert stranger.get(f"/api/v1/clients/{zoe['id']}/health-history").status_code == 404


def test_front_desk_sees_flags_and_changes_none(http, zoe, flag):
    desk = http("front_desk")

    assert desk.get(f"/api/v1/client-flags?client_id={zoe['id']}").status_code == 200
    assert desk.post("/api/v1/client-flags", FLAG | {"client_id": zoe["id"]}).status_code == 403
    assert desk.patch(f"/api/v1/client-flags/{flag['id']}", {"note": "x"}, etag=1).status_code == 403


def test_answers_are_added_and_the_newest_counts(http, zoe):
    therapist, url = http("therapist"), f"/api/v1/clients/{zoe['id']}/health-history"

    def answer(value, note=""):
        body = {"answers": [{"question_code": "medication", "answer": value, "note": note}]}
        return [(row["answer"], row["note"]) for row in therapist.post(url, body).get_json()["data"]]

    assert answer("yes", "Aspirin") == [("yes", "Aspirin")]
    assert answer("no") == [("no", "")]
    history = therapist.get(url).get_json()["data"]
    assert [(row["answer"], row["note"], row["recorded_by_name"]) for row in history] == [
        ("no", "", "Therapist harbour"),
        ("yes", "Aspirin", "Therapist harbour"),
    ]
    first = therapist.get(f"{url}?limit=1").get_json()
    rest = therapist.get(f"{url}?limit=1&cursor={first['next_cursor']}").get_json()
    assert first["data"] + rest["data"] == history


def test_question_outside_the_catalogue_needs_its_text(http, zoe):
    url = f"/api/v1/clients/{zoe['id']}/health-history"
    item = {"question_code": "sleep", "answer": "no"}

    refused = http().post(url, {"answers": [item]})
    kept = http().post(url, {"answers": [item | {"question": "Do you sleep well?"}]})

    assert [error["pointer"] for error in refused.get_json()["errors"]] == ["/answers/0/question"]
    assert [row["question"] for row in kept.get_json()["data"]] == ["Do you sleep well?"]


def test_yes_to_a_safety_question_raises_its_flag_once_and_no_ends_none(http, zoe, safety_rules):
    therapist, url = http("therapist"), f"/api/v1/clients/{zoe['id']}/health-history"

    for value in ("yes", "yes", "no"):
        item = {"question_code": "blood_thinners", "answer": value, "note": "since May"}
        therapist.post(url, {"answers": [item, item] if value == "yes" else [item]})

    flags = therapist.get(f"/api/v1/client-flags?client_id={zoe['id']}").get_json()["data"]
    assert [(flag["code"], flag["label"], flag["severity"], flag["note"]) for flag in flags] == [
        ("blood_thinners", "Blood thinners", "caution", "since May")
    ]
    codes = [question["code"] for question in therapist.get("/api/v1/health-questions").get_json()["data"]]
    assert codes[-1] == "blood_thinners"
    assert "rf_stroke" not in codes


def test_every_look_at_health_data_is_audited_with_the_client(http, db, zoe, flag):
    therapist = http("therapist")
    before = looks(db, zoe)

    therapist.get(f"/api/v1/client-flags?client_id={zoe['id']}")
    therapist.get(f"/api/v1/client-flags/{flag['id']}")
    therapist.get(f"/api/v1/clients/{zoe['id']}/health-history")

    assert looks(db, zoe) - before == 3


def test_answers_cannot_be_changed_or_removed(http, db, zoe):
    body = {"answers": [{"question_code": "medication", "answer": "yes"}]}
    http().post(f"/api/v1/clients/{zoe['id']}/health-history", body)
    table = HealthHistoryEntry.__tablename__

    for statement in (f"UPDATE {table} SET answer = 'no'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(DBAPIError, match="permission denied"), db.begin_nested():
            db.execute(text(statement))


def looks(db, client):
    statement = text("SELECT count(*) FROM audit_event WHERE action = 'health_history.read' AND object_id = :id")
    return db.execute(statement, {"id": client["id"]}).scalar_one()
