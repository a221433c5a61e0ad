"""The pages of reports: what was asked stays, rows lead on, and nothing of another clinic is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from polyclinic_reporting.services.rollup import recompute

VISIT = datetime(2026, 3, 4, 11, tzinfo=UTC)
MARCH = "first=2026-03-01&last=2026-03-31"


@pytest.fixture
def visits(enable, make, world):
    """One visit of two hours at the first clinic, one missed at the second, both in March."""
    enable("reporting")
    here = make.appointment(status="completed", starts_at=VISIT)
    there = make.therapist("Ben Foreign", clinic_id=world.clinics[1].id)
    client = make.client("Zed", "Elsewhere", clinic_id=world.clinics[1].id)
    ids = {"clinic_id": world.clinics[1].id, "therapist_id": there.id, "client_id": client.id}
    make.appointment(status="no_show", starts_at=VISIT, **ids)
    return here


def test_list_groups_the_reports_that_the_reader_may_run(browse, visits):
    page = browse().get("/ext/reporting/reports").get_data(as_text=True)

    assert ">Missed visits</a>" in page
    assert ">Utilisation</a>" in page


def test_report_shows_totals_a_table_and_the_way_to_the_rows(browse, visits):
    page = browse().get(f"/ext/reporting/reports/core.no_show?{MARCH}").get_data(as_text=True)

    (here,) = re.findall(r'href="(/ext/reporting/reports/core\.appointments\?[^"]*)">[^<]*</a>', page)[:1]
    rows = browse().get(here.replace("&amp;", "&")).get_data(as_text=True)
    assert "50.0 %" in page
    assert f'href="/appointments/{visits.id}"' in rows


def test_question_that_is_wrong_says_what_to_correct_and_keeps_what_was_asked(browse, visits):
    response = browse().get("/ext/reporting/reports/core.no_show?first=2026-03-31&last=2026-03-01")

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "One thing needs correcting" in page
    assert 'href="#field-last"' in page or 'href="#field-first"' in page
    assert 'value="2026-03-31"' in page


@pytest.mark.parametrize("query", ["first=yesterday&last=2026-03-01", "clinics=north", "first=0001-01-01"])
def test_address_that_cannot_be_read_is_answered_with_the_form(browse, visits, query):
    response = browse().get(f"/ext/reporting/reports/core.no_show?{query}")

    assert response.status_code == 422
    assert "One thing needs correcting" in response.get_data(as_text=True)


def test_manager_of_one_clinic_sees_its_rows_alone(browse, world, visits):
    paths = [f"reports/core.{name}?{MARCH}" for name in ("no_show", "appointments", "utilisation", "therapist_load")]
    paths += [f"exports/core.appointments/{kind}?{MARCH}" for kind in ("csv", "json")]

    pages = {path: browse("clinic_manager").get(f"/ext/reporting/{path}") for path in paths}
    whole = browse().get(f"/ext/reporting/exports/core.appointments/csv?{MARCH}").get_data(as_text=True)

    told = [path for path, answer in pages.items() if re.search(r"Foreign|Elsewhere", answer.get_data(as_text=True))]
    assert {answer.status_code for answer in pages.values()} == {200}
    assert told == []
    assert "Ben Foreign" in whole


def test_clinic_out_of_reach_is_not_found(browse, world, other_world, visits):
    for clinic in (world.clinics[1], other_world.clinic):
        path = f"/ext/reporting/reports/core.no_show?{MARCH}&clinics={clinic.id}"

        assert browse("clinic_manager").get(path).status_code == 404
        assert browse("clinic_manager").get(f"/ext/reporting/clinics/{clinic.id}").status_code == 404


def test_role_without_the_permission_sees_no_report(browse, visits):
    answers = [browse("front_desk").get(f"/ext/reporting/{path}").status_code for path in ("", "reports", "schedules")]

    assert answers == [403, 403, 403]


def test_export_is_a_file_with_the_reports_name(browse, visits):
    answer = browse().get(f"/ext/reporting/exports/core.appointments/xlsx?{MARCH}")

    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=core-appointments-2026-03-01-2026-03-31.xlsx"
    )
    assert answer.get_data()[:2] == b"PK"
    assert browse().get("/ext/reporting/exports/core.appointments/pdf").status_code == 404


def test_rest_runs_a_report_with_its_totals(http, visits):
    body = {"first_on": "2026-03-01", "last_on": "2026-03-31"}

    answer = http().post("/api/v1/ext/reporting/reports/core.no_show/run", body).get_json()

    assert [(row["due"], row["no_shows"]) for row in answer["rows"]] == [(1, 0), (1, 1)]
    assert answer["totals"] == {"due": 2, "no_shows": 1, "rate": "50.0"}


def test_rest_refuses_a_period_that_ends_before_it_starts(http, visits):
    body = {"first_on": "2026-03-31", "last_on": "2026-03-01"}

    response = http().post("/api/v1/ext/reporting/reports/core.no_show/run", body)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == ["/last_on"]


def test_chain_leads_to_a_clinic_and_the_clinic_to_its_rows(browse, ctx, world, visits):
    with ctx("reporting") as own:
        recompute(own, VISIT.date().replace(day=1), VISIT.date().replace(day=31))

    chain = browse().get("/ext/reporting/?period=this_year").get_data(as_text=True)
    clinic = browse().get(f"/ext/reporting/clinics/{world.clinic.id}?period=this_year").get_data(as_text=True)

    assert f'href="/ext/reporting/clinics/{world.clinic.id}?period=this_year"' in chain
    (rows,) = re.findall(r'href="([^"]*core\.appointments[^"]*which=completed[^"]*)"', clinic.replace("%3A", ":"))
    assert f'href="/appointments/{visits.id}"' in browse().get(rows.replace("&amp;", "&")).get_data(as_text=True)
