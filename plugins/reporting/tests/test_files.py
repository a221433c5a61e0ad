"""Large answers become files in the background: for the asker alone, with their present permissions, for a day."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from polyclinic.sdk.clients import ClientErasure
from polyclinic_reporting.services import runs

VISIT = datetime(2026, 3, 4, 11, tzinfo=UTC)
NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
RUNS = "/api/v1/ext/reporting/report-runs"
QUESTION = {"report_key": "core.appointments", "first_on": "2026-03-01", "last_on": "2026-03-31", "format": "csv"}
PERIOD = "period=custom&first=2026-03-01&last=2026-03-31"


@pytest.fixture
def visit(enable, make, world, freeze_time):
    """A visit at each of two clinics, in March."""
    enable("reporting")
    here = make.appointment(status="completed", starts_at=VISIT)
    there = make.therapist("Ben Foreign", clinic_id=world.clinics[1].id)
    ids = {"clinic_id": world.clinics[1].id, "therapist_id": there.id}
    make.appointment(status="completed", starts_at=VISIT.replace(hour=15), **ids)
    freeze_time(NOW)
    return here


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def test_file_is_waited_for_and_then_fetched(http, visit, drain):
    asked = http().post(RUNS, QUESTION)
    path = asked.headers["Location"]
    waiting = http().get(path).get_json()
    early = http().get(f"/api/v1/documents/reporting.file/{waiting['id']}")

    jobs = drain().jobs

    done = http().get(path).get_json()
    file = http().get(done["file_url"])
    assert (asked.status_code, waiting["state"], waiting["file_url"], early.status_code) == (202, "waiting", None, 404)
    assert jobs == ["reporting.start_report_run", "reporting.write_report_file"]
    assert (done["state"], done["row_count"], done["byte_count"]) == ("done", 2, len(file.get_data()))
    assert file.headers["Content-Disposition"] == "attachment; filename=core-appointments-2026-03-01-2026-03-31.csv"
    assert [row["therapist"] for row in rows_of(file)] == ["Ana Ruiz", "Ben Foreign"]
    assert http().get(RUNS).get_json() == {"data": [done]}


def test_file_holds_the_clinics_of_who_asked_alone(http, visit, drain):
    made = http("clinic_manager").post(RUNS, QUESTION).get_json()
    drain()

    file = http("clinic_manager").get(f"/api/v1/documents/reporting.file/{made['id']}")

    assert [row["therapist"] for row in rows_of(file)] == ["Ana Ruiz"]


def test_file_is_nobody_elses(http, browse, visit, drain):
    made = http("clinic_manager").post(RUNS, QUESTION).get_json()
    drain()

    answers = [http().get(f"{RUNS}/{made['id']}"), http().get(f"/api/v1/documents/reporting.file/{made['id']}")]
    answers += [browse().get(f"/ext/reporting/files/{made['id']}")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert http().get(RUNS).get_json() == {"data": []}


def test_who_lost_the_permission_gets_no_file(http, visit, drain):
    made = http("clinic_manager").post(RUNS, QUESTION).get_json()
    roles = {"chain_administrator": ["reporting.reports:read", "reporting.dashboards:read"]}
    http().post("/api/v1/plugins/reporting/enable", {"role_permissions": roles})
    drain()
    http().post(
        "/api/v1/plugins/reporting/enable",
        {"role_permissions": {**roles, "clinic_manager": [*roles["chain_administrator"]]}},
    )

    shown = http("clinic_manager").get(f"{RUNS}/{made['id']}").get_json()

    assert (shown["state"], shown["remark"], shown["file_url"]) == ("failed", "You may no longer see reports.", None)


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"format": "pdf"}, "/format"),
        ({"first_on": "2026-04-01"}, "/last_on"),
        ({"params": {"which": "nobody"}}, "/params/which"),
        ({"params": {"colour": "red"}}, "/params/colour"),
    ],
)
def test_wrong_question_is_refused_by_its_field_and_nothing_waits(http, visit, changed, pointer):
    response = http().post(RUNS, QUESTION | changed)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]
    assert http().get(RUNS).get_json() == {"data": []}


def test_clinic_out_of_reach_is_not_found(http, world, visit):
    response = http("clinic_manager").post(RUNS, QUESTION | {"clinic_ids": [str(world.clinics[1].id)]})

    assert response.status_code == 404


def test_job_that_runs_twice_makes_one_file(http, visit, drain, ctx):
    made = http().post(RUNS, QUESTION).get_json()
    drain()
    before = http().get(f"{RUNS}/{made['id']}").get_json()

    with ctx("reporting") as own:
        runs.start_run(own, {"run_id": made["id"]})
        runs.write_file(own, {"run_id": made["id"]})
    drain()

    assert http().get(f"{RUNS}/{made['id']}").get_json() == before


def test_files_go_after_a_day_and_when_a_client_is_erased(http, visit, drain, ctx, freeze_time):
    first = http().post(RUNS, QUESTION).get_json()
    drain()
    freeze_time(NOW + timedelta(hours=20))
    second = http().post(RUNS, QUESTION).get_json()
    drain()

    freeze_time(NOW + timedelta(hours=25))
    with ctx("reporting") as own:
        runs.clear_files(own, {})
    after_a_day = [row["id"] for row in http().get(RUNS).get_json()["data"]]
    with ctx("reporting") as own:
        receipt = runs.forget_client(own, ClientErasure(visit.id, visit.client_id, "asked"))

    assert after_a_day == [second["id"]]
    assert http().get(f"{RUNS}/{first['id']}").status_code == 404
    assert (receipt.changed, http().get(RUNS).get_json()) == (1, {"data": []})


def test_every_way_out_of_a_report_leads_somewhere(browse, visit):
    reader = browse()
    page = reader.get(f"/ext/reporting/reports/core.appointments?{PERIOD}").get_data(as_text=True)

    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/ext/reporting/[^"]*)"', page)]
    answers = {link: reader.get(link).status_code for link in links}

    assert len([link for link in links if "/exports/core.appointments/" in link]) == 3
    assert {link: status for link, status in answers.items() if status != 200} == {}


def test_file_that_is_being_made_goes_with_an_erased_client_and_one_that_waits_is_made_later(http, visit, drain, ctx):
    begun = http().post(RUNS, QUESTION).get_json()
    with ctx("reporting") as own:
        runs.start_run(own, {"run_id": begun["id"]})
    waiting = http().post(RUNS, QUESTION).get_json()

    with ctx("reporting") as own:
        receipt = runs.forget_client(own, ClientErasure(visit.id, visit.client_id, "asked"))
    drain()

    assert receipt.changed == 1
    assert [(row["id"], row["state"]) for row in http().get(RUNS).get_json()["data"]] == [(waiting["id"], "done")]
