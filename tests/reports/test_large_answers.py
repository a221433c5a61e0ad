"""A hundred thousand rows: refused at once with the way out, made into a file in the background, whole."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import openpyxl
import pytest

from polyclinic.plugins.report_types import Column, ColumnType, ReportDefinition
from polyclinic.plugins.runtime import runtime, runtime_of

COUNT = 100_000


def listing(name: str, count: int) -> ReportDefinition:
    return ReportDefinition(
        key=f"reporting.{name}",
        title="Many",
        group="Tests",
        description="As many rows as a busy chain has visits in a year.",
        columns=(Column("number", "Number", ColumnType.INTEGER), Column("who", "Who")),
        run=lambda _ctx, _asked: [{"number": number, "who": "Zoë Ångström"} for number in range(count)],
        permission="reporting.reports:read",
    )


MANY = listing("many", COUNT)
SOME = listing("some", 10_001)
TOO_MANY = replace(listing("too_many", 101), max_file_rows=100)
BROKEN = replace(listing("broken", 1), run=lambda _ctx, _asked: 1 / 0)
RUNS = "/api/v1/ext/reporting/report-runs"
DAYS = {"first_on": "2026-03-01", "last_on": "2026-03-31"}
PAGE = "/ext/reporting/reports/reporting.{}?period=custom&first=2026-03-01&last=2026-03-31"
WAYS = re.compile(r'action="(/ext/reporting/files/new/reporting\.\w+/(\w+)\?[^"]*)"')


@pytest.fixture
def many(app, enable) -> Iterator[None]:
    """Let the reporting plugin declare these reports."""
    enable("reporting")
    registry = runtime().registry
    with_many = [
        replace(plugin, declarations=replace(plugin.declarations, reports=(MANY, SOME, TOO_MANY, BROKEN)))
        if plugin.id == "reporting"
        else plugin
        for plugin in registry.plugins
    ]
    with runtime_of(replace(registry, plugins=tuple(with_many))):
        yield


def test_hundred_thousand_rows_are_refused_at_once_and_made_into_a_file(http, browse, many, drain):
    refused = http().post("/api/v1/ext/reporting/reports/reporting.many/run", DAYS)
    reader = browse()
    page = reader.get(PAGE.format("many"))
    ways = {kind: way.replace("&amp;", "&") for way, kind in WAYS.findall(page.get_data(as_text=True))}
    asked = reader.post(ways["csv"], {})
    shown = reader.get(asked.headers["Location"]).get_data(as_text=True)
    drain()
    ready = reader.get(asked.headers["Location"]).get_data(as_text=True)
    (download,) = re.findall(r'href="(/documents/reporting\.file/[^"]*)"', ready)
    lines = reader.get(download).get_data(as_text=True).splitlines()

    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_rows")
    assert (page.status_code, sorted(ways)) == (422, ["csv", "json", "xlsx"])
    assert "Waiting for a worker" in shown
    assert 'hx-trigger="every 2s"' in shown
    assert "100,000 rows" in ready
    assert 'hx-trigger="every 2s"' not in ready
    assert lines == ["number,who", *(f"{number},Zoë Ångström" for number in range(COUNT))]


def test_more_rows_than_a_request_writes_are_offered_as_files(http, browse, many, drain):
    reader = browse()
    page = reader.get(PAGE.format("some"))
    direct = reader.get(f"/ext/reporting/exports/reporting.some/xlsx?{PAGE.partition('?')[2]}")
    made = http().post(RUNS, {"report_key": SOME.key, "format": "xlsx", **DAYS})
    drain()
    file = http().get(http().get(made.headers["Location"]).get_json()["file_url"]).get_data()

    sheet = openpyxl.load_workbook(io.BytesIO(file), read_only=True)["Report"]
    assert (page.status_code, direct.status_code) == (200, 409)
    assert "made in the background" in direct.get_data(as_text=True)
    assert sorted(kind for _, kind in WAYS.findall(page.get_data(as_text=True))) == ["csv", "json", "xlsx"]
    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["Number", *range(10_001)]


def test_more_rows_than_any_file_may_have_are_refused_with_the_remedy(http, many, drain):
    made = http().post(RUNS, {"report_key": TOO_MANY.key, "format": "csv", **DAYS})
    drain()
    shown = http().get(made.headers["Location"]).get_json()

    assert (shown["state"], shown["file_url"]) == ("failed", None)
    assert shown["remark"].startswith("The report has more than 100 rows.")


def test_report_that_breaks_tells_whoever_waits_and_names_the_plugin(http, many, drain):
    made = http().post(RUNS, {"report_key": BROKEN.key, "format": "csv", **DAYS})
    drain()
    shown = http().get(made.headers["Location"]).get_json()

    assert (shown["state"], shown["file_url"]) == ("failed", None)
    assert "reporting" in shown["remark"]
