"""Schedules send what their owner may see now, when it is due, once."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from polyclinic_reporting.services.sending import send_due

VISIT = datetime(2026, 3, 4, 11, tzinfo=UTC)
MADE = datetime(2026, 3, 10, 12, tzinfo=UTC)
DUE = datetime(2026, 4, 1, 6, 5, tzinfo=UTC)  # the first of April, seven in the morning in London
PATH = "/api/v1/ext/reporting/report-schedules"
WISHES = {
    "report_key": "core.appointments",
    "preset": "last_month",
    "format": "csv",
    "rhythm": "monthly",
    "day": 1,
    "hour": 7,
    "recipients": ["chain@example.org"],
}
FORM = {
    **{name: WISHES[name] for name in ("report_key", "preset", "format", "rhythm")},
    "monthday": "1",
    "weekday": "0",
    "hour": "7",
    "recipients": "chain@example.org",
    "params": "{}",
    "row_version": "0",
}


@pytest.fixture
def visits(enable, make, world, freeze_time):
    enable("reporting")
    make.appointment(status="completed", starts_at=VISIT)
    there = make.therapist("Ben Foreign", clinic_id=world.clinics[1].id)
    ids = {"clinic_id": world.clinics[1].id, "therapist_id": there.id}
    make.appointment(status="completed", starts_at=VISIT.replace(hour=15), **ids)
    freeze_time(MADE)


@pytest.fixture
def send(ctx, drain, freeze_time):
    """Return the function that does at an instant what the worker does every few minutes."""

    def run(at=DUE):
        freeze_time(at)
        with ctx("reporting") as own:
            send_due(own, {})
        return drain().jobs

    return run


def rows_of(letter):
    (file,) = letter.attachments
    return list(csv.DictReader(io.StringIO(file.content.decode())))


def test_report_is_sent_when_it_is_due_and_once(http, visits, send, letters):
    made = http().post(PATH, WISHES).get_json()

    jobs = [send(DUE.replace(hour=5)), send(), send()]

    (letter,) = letters
    assert (made["next_run_at"], made["zone"]) == ("2026-04-01T06:00:00Z", "Europe/London")
    assert jobs == [[], ["reporting.send_schedule"], []]
    assert (letter.to, letter.subject) == (
        "chain@example.org",
        "List of appointments: 1 Mar 2026 to 31 Mar 2026",
    )
    assert len(rows_of(letter)) == 2
    shown = http().get(f"{PATH}/{made['id']}").get_json()
    assert (shown["next_run_at"], shown["state"], shown["remark"]) == ("2026-05-01T06:00:00Z", "active", "")


def test_manager_of_one_clinic_sends_its_rows_alone(http, visits, send, letters):
    http("clinic_manager").post(PATH, WISHES)

    send()

    assert [row["therapist"] for letter in letters for row in rows_of(letter)] == ["Ana Ruiz"]


def test_schedule_whose_owner_lost_the_permission_is_suspended_and_sends_nothing(http, visits, send, letters):
    made = http("clinic_manager").post(PATH, WISHES).get_json()
    kept = ["reporting.reports:read", "reporting.dashboards:read"]
    roles = {"clinic_manager": kept, "chain_administrator": [*kept, "reporting.schedules:write"]}
    http().post("/api/v1/plugins/reporting/enable", {"role_permissions": roles})

    send()

    shown = http().get(f"{PATH}/{made['id']}").get_json()
    assert letters == []
    assert (shown["state"], shown["remark"]) == ("suspended", "The owner may no longer schedule reports.")
    assert send() == []


def test_other_people_do_not_see_somebodys_schedule(http, visits):
    made = http().post(PATH, WISHES).get_json()
    manager = http("clinic_manager")

    assert manager.get(PATH).get_json() == {"data": []}
    assert manager.get(f"{PATH}/{made['id']}").status_code == 404
    assert manager.put(f"{PATH}/{made['id']}", WISHES, etag=1).status_code == 404
    assert manager.delete(f"{PATH}/{made['id']}").status_code == 404
    assert http().get(f"{PATH}/{made['id']}").get_json() == made


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"preset": "custom"}, "preset"),
        ({"format": "pdf"}, "format"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"rhythm": "weekly", "day": 9}, "day"),
        ({"day": 0}, "day"),
        ({"hour": 24}, "hour"),
        ({"recipients": []}, "recipients"),
        ({"recipients": ["nobody"]}, "recipients"),
        ({"recipients": ["a@example.org\r\nBcc: b@example.org"]}, "recipients"),
        ({"recipients": [f"{number}@example.org" for number in range(11)]}, "recipients"),
    ],
)
def test_wrong_wish_is_refused_by_its_name(http, visits, changed, field):
    response = http().post(PATH, WISHES | changed)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [f"/{field}"]
    assert http().get(PATH).get_json() == {"data": []}


def test_clinic_out_of_reach_is_refused(http, visits, world):
    response = http("clinic_manager").post(PATH, WISHES | {"clinic_ids": [str(world.clinics[1].id)]})

    assert [error["pointer"] for error in response.get_json()["errors"]] == ["/clinic_ids"]


def test_change_needs_the_version_that_was_read(http, visits):
    made = http().post(PATH, WISHES).get_json()

    changed = http().put(f"{PATH}/{made['id']}", WISHES | {"hour": 9}, etag=1)
    stale = http().put(f"{PATH}/{made['id']}", WISHES | {"hour": 10}, etag=1)

    assert (changed.get_json()["hour"], stale.status_code) == (9, 412)


def test_page_makes_pauses_resumes_and_removes_a_schedule(browse, http, visits, send, letters):
    client = browse()
    form = client.get("/ext/reporting/schedules/new?report=core.appointments&period=last_month")
    client.post("/ext/reporting/schedules/new", FORM)
    (made,) = http().get(PATH).get_json()["data"]
    page = f"/ext/reporting/schedules/{made['id']}"

    client.post(f"{page}/pause", {"row_version": "1"})
    paused = send()
    client = browse()  # three weeks later the first sign-in has ended
    client.post(f"{page}/resume", {"row_version": "2"})
    resumed = http().get(f"{PATH}/{made['id']}").get_json()
    client.post(f"{page}/remove", {})

    assert form.status_code == 200
    assert (paused, letters) == ([], [])
    assert (resumed["state"], resumed["next_run_at"]) == ("active", "2026-05-01T06:00:00Z")
    assert http().get(PATH).get_json() == {"data": []}


def test_form_keeps_what_was_typed_and_names_the_field(browse, http, visits):
    typed = FORM | {"recipients": "chain@example.org\nnobody", "monthday": "40"}

    response = browse().post("/ext/reporting/schedules/new", typed)

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "nobody is not an e-mail address." in page
    assert 'href="#field-monthday"' in page
    assert "chain@example.org\nnobody</textarea>" in page
    assert http().get(PATH).get_json() == {"data": []}
