"""Every report and figure of core and of all installed plugins: it runs, leads somewhere, and stays at its clinic."""

from __future__ import annotations

import string
from datetime import timedelta

import pytest

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.report_types import ColumnType, Total
from polyclinic.plugins.runtime import runtime
from polyclinic.reports.definitions import core_figures, core_reports
from polyclinic.reports.running import ReportRunner
from polyclinic.testing.authoring import acting
from polyclinic.testing.populated import populate
from tests.reports.chance import NOW

DAYS = (NOW.date() - timedelta(days=90), NOW.date() + timedelta(days=90))


@pytest.fixture
def declared(plugins):
    """Return all reports and all figures by key."""
    active = [plugin.declarations for plugin in runtime().registry.active]
    reports = [*core_reports(), *(report for each in active for report in each.reports)]
    figures = [*core_figures(), *(figure for each in active for figure in each.daily_figures)]
    return {report.key: report for report in reports}, {figure.key: figure for figure in figures}


def test_columns_name_each_other_and_totals_what_they_are_made_of(declared):
    for report in declared[0].values():
        columns = {column.name: column for column in report.columns}
        for column in report.columns:
            if column.type is ColumnType.MONEY:
                assert column.currency in columns, (report.key, column.name)
            if column.total is Total.RATIO:
                assert {column.numerator, column.denominator} <= columns.keys(), (report.key, column.name)
        charted = {report.chart.x, *report.chart.series} if report.chart else set()
        assert charted <= columns.keys(), report.key
        assert set(fields_of(report.link)) <= columns.keys(), report.key


def test_drill_downs_and_figures_lead_to_reports_that_take_what_they_are_given(declared):
    reports, figures = declared
    for report in filter(lambda each: each.drill, reports.values()):
        assert set(report.drill.parameters.values()) <= {column.name for column in report.columns}, report.key
        assert set(report.drill.parameters) <= takes(reports[report.drill.report]), report.key
    for figure in filter(lambda each: each.report, figures.values()):
        assert set(figure.params) <= takes(reports[figure.report]), figure.key


def test_links_of_rows_are_pages(declared, app):
    pages = app.url_map.bind("localhost")
    for report in filter(lambda each: each.link, declared[0].values()):
        path = report.link.format(**dict.fromkeys(fields_of(report.link), "5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01"))
        assert pages.test(path.partition("?")[0], "GET"), report.link


def test_every_report_runs_and_shows_a_clinic_manager_nothing_of_another_clinic(declared, app, db, world):
    filled = populate(world)
    admin, manager = (ReportRunner(Ctx(acting(world, role))) for role in ("chain_administrator", "clinic_manager"))
    elsewhere = {str(value) for value in filled.there.values()} - {str(value) for value in filled.here.values()}
    seen_elsewhere = 0
    for report in admin.list():
        everything = ask(admin, report.key)
        own = ask(manager, report.key) if report.permission in manager.ctx.actor.grants else []
        seen_elsewhere += any(str(row.get("clinic_id")) in elsewhere for row in everything)
        for row in (*own, *(each for first in own[:2] for each in behind(manager, report, first))):
            assert not elsewhere & {str(value) for value in row.values()}, (report.key, row)
    for figure in admin.figures():
        found = admin.run_figure(figure.key, first_on=DAYS[0], last_on=DAYS[1])
        mine = {row.clinic_id for row in found} & {world.clinic.id}
        if figure.permission in manager.ctx.actor.grants:
            assert {r.clinic_id for r in manager.run_figure(figure.key, first_on=DAYS[0], last_on=DAYS[1])} == mine
    assert {report.key for report in admin.list()} == declared[0].keys()
    assert seen_elsewhere >= 3


def takes(report) -> set[str]:
    return {"clinic_id", "from", "until", *(report.params().fields if report.params else ())}


def fields_of(link: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(link) if name]


def ask(runner: ReportRunner, key: str, clinics=None, days=DAYS, **params) -> list:
    return list(runner.run(key, clinic_ids=clinics, first_on=days[0], last_on=days[1], params=params))


def behind(runner: ReportRunner, report, row) -> list:
    if report.drill is None:
        return []
    given = {name: row[column] for name, column in report.drill.parameters.items() if row[column] is not None}
    clinics = [given.pop("clinic_id")] if "clinic_id" in given else None
    days = given.pop("from", DAYS[0]), given.pop("until", DAYS[1])
    return ask(runner, report.drill.report, clinics, days, **{name: str(value) for name, value in given.items()})
