"""The runner: who may ask what, how a question is refused, what a broken report does, what is left behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Integer, select, text

from polyclinic.access.permissions import CORE_PERMISSIONS
from polyclinic.audit.models import AuditEvent
from polyclinic.jobs.actors import system_actor
from polyclinic.kit.errors import Conflict, Invalid, NotFound
from polyclinic.kit.ids import new_id
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.dispatch import Dispatcher, PluginFailed
from polyclinic.plugins.enablement import Enablement, Switch
from polyclinic.plugins.fields import SectionSchema, number
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import Declarations, LoadedPlugin, PluginRegistry, PluginState
from polyclinic.plugins.report_types import Column, ColumnType, DailyFigure, FigureRow, Period, ReportDefinition
from polyclinic.plugins.runtime import PluginRuntime, runtime, use_runtime
from polyclinic.plugins.vocabulary import EnablementState
from polyclinic.reports.definitions import core_figures, core_reports
from polyclinic.reports.running import ReportRunner
from polyclinic.testing.worlds import without
from tests.reports.chance import FIRST, LAST, fill

DAY = date(2026, 11, 23)
SEEN = text("SELECT current_setting('app.clinic_ids') AS clinics, current_user::text AS who")


class SampleParams(SectionSchema):
    number = number("Number", minimum=1, maximum=9, required=True)


def sample(run: Callable, **changes) -> ReportDefinition:
    given = {"columns": (Column("value", "Value", ColumnType.INTEGER),), "permission": "appointments:read"} | changes
    return ReportDefinition("sample.report", "Sample", "Samples", "For tests.", run=run, **given)


@pytest.fixture
def declare(db, world):
    """Return a function that declares reports and figures of a plugin `sample` and returns an actor's runner."""
    before = runtime()

    def use(*reports: ReportDefinition, figures: tuple[DailyFigure, ...] = (), at=None, actor=None) -> ReportRunner:
        declared = Declarations(reports=reports, daily_figures=figures)
        registry = PluginRegistry((LoadedPlugin("sample", "1.0", PluginState.AVAILABLE, declarations=declared),))
        use_runtime(PluginRuntime(registry, Dispatcher(registry, is_enabled)))
        switch = Switch("sample", at, EnablementState.ENABLED)
        db.info["plugin_enablement"] = {world.id: Enablement((switch,))}
        return ReportRunner(Ctx(actor or world.actor()))

    yield use
    use_runtime(before)


def ask(runner: ReportRunner, key: str = "sample.report", *, clinics=None, days=(DAY, DAY), **params):
    return runner.run(key, clinic_ids=clinics, first_on=days[0], last_on=days[1], params=params)


def noting(seen: list, what) -> list:
    """Remember what was asked and answer without rows."""
    seen.append(what)
    return []


def test_core_declares_its_reports_under_its_own_prefix_with_columns_that_fit():
    for report in core_reports():
        names = [column.name for column in report.columns]
        used = {name for c in report.columns for name in (c.numerator, c.denominator, c.currency) if name}
        drilled = set(report.drill.parameters.values()) if report.drill else set()
        charted = {report.chart.x, *report.chart.series} if report.chart else set()

        assert report.key.startswith("core.")
        assert len(set(names)) == len(names)
        assert used | drilled | charted <= set(names)
        assert report.permission in CORE_PERMISSIONS


def test_every_drill_down_of_core_leads_to_a_report_that_takes_its_parameters():
    reports = {report.key: report for report in core_reports()}
    for report in filter(lambda each: each.drill, reports.values()):
        target = reports[report.drill.report]
        known = {"clinic_id", "from", "until", *(target.params().fields if target.params else ())}

        assert set(report.drill.parameters) <= known


def test_reports_are_listed_by_group_and_title_for_those_who_may_run_them_somewhere(declare, world):
    runner = declare(sample(lambda _ctx, _request: []))
    front_desk = ReportRunner(Ctx(world.actor("front_desk")))
    records = {"core.outcome_change", "core.records", "core.unsigned_records"}
    listed = [report.key for report in runner.list()]

    assert listed == [r.key for r in sorted(runner.list(), key=lambda r: (r.group, r.title))]
    assert set(listed) == {"sample.report", *(report.key for report in core_reports())}
    assert {report.key for report in front_desk.list()} == set(listed) - records
    with pytest.raises(NotFound):
        front_desk.get("core.records")


def test_a_plugins_report_is_there_only_where_the_plugin_is_on(declare, world):
    elsewhere = declare(
        sample(lambda _ctx, _request: []), at=world.other_clinic.id, actor=world.actor("clinic_manager")
    )

    with pytest.raises(NotFound):
        ask(elsewhere)
    asked: list = []
    runner = declare(sample(lambda _ctx, request: noting(asked, request.clinic_ids)), at=world.clinic.id)
    ask(runner)
    assert asked == [(world.clinic.id,)]


def test_a_clinic_outside_the_scope_is_not_found_and_an_empty_choice_is_refused(declare, world, other_world):
    runner = declare(sample(lambda _ctx, _request: []), actor=world.actor("clinic_manager"))

    for clinic in (world.other_clinic, other_world.clinic):
        with pytest.raises(NotFound):
            ask(runner, clinics=[world.clinic.id, clinic.id])
    with pytest.raises(Invalid) as refused:
        ask(runner, clinics=[])
    assert [error.pointer for error in refused.value.errors] == ["/clinic_ids"]


@pytest.mark.parametrize(
    "days", [(DAY, date(2026, 11, 22)), (date(2020, 2, 29), date(2025, 3, 1)), (date(2020, 1, 1), date(2025, 1, 1))]
)
def test_a_period_that_ends_before_it_starts_or_lasts_too_long_names_its_last_day(declare, days):
    ran: list = []

    with pytest.raises(Invalid) as refused:
        ask(declare(sample(lambda _ctx, _request: noting(ran, 1))), days=days)

    assert [error.pointer for error in refused.value.errors] == ["/last_on"]
    assert ran == []


def test_five_years_less_a_day_and_a_report_as_of_one_day_are_answered(declare):
    asked: list = []

    def run(_ctx, request):
        return noting(asked, (request.first_on, request.last_on))

    ask(declare(sample(run)), days=(date(2020, 1, 1), date(2024, 12, 31)))
    ask(declare(sample(run, period=Period.DAY)), days=(date(2001, 1, 1), DAY))

    assert asked == [(date(2020, 1, 1), date(2024, 12, 31)), (DAY, DAY)]


def test_params_pass_through_the_schema(declare):
    runner = declare(sample(lambda _ctx, request: [{"value": request.params["number"]}], params=SampleParams))

    assert ask(runner, number="7") == [{"value": 7}]
    for params, pointer in (({}, "/params/number"), ({"number": 10}, "/params/number"), ({"more": 1}, "/params/more")):
        with pytest.raises(Invalid) as refused:
            ask(runner, **params)
        assert pointer in [error.pointer for error in refused.value.errors]


def test_params_of_a_report_without_questions_are_refused(declare):
    with pytest.raises(Invalid) as refused:
        ask(declare(sample(lambda _ctx, _request: [])), more=1)

    assert [error.pointer for error in refused.value.errors] == ["/params/more"]


@pytest.mark.parametrize("as_select", [True, False])
def test_more_rows_than_allowed_are_refused_not_cut_off(declare, as_select):
    def run(ctx, request):
        numbers = text("SELECT n AS value FROM generate_series(1, 11) n").columns(value=Integer)
        return select(numbers.subquery()) if as_select else [{"value": n} for n in range(11)]

    assert len(ask(declare(sample(run, max_rows=11)))) == 11
    with pytest.raises(Conflict) as refused:
        ask(declare(sample(run, max_rows=10)))
    assert refused.value.code == "too_many_rows"


@pytest.mark.parametrize(
    "run",
    [
        lambda _ctx, _request: 1 / 0,
        lambda ctx, _request: ctx.db.execute(text("SELECT nonsense")),
        lambda ctx, _request: ctx.db.execute(text("DELETE FROM plugin_enablement")),
        lambda _ctx, _request: [{"other": 1}],
        lambda _ctx, _request: [{"value": 1, "more": 2}],
        lambda _ctx, _request: sys.exit(1),
    ],
)
def test_a_failing_report_names_the_plugin_and_leaves_the_transaction_usable(declare, db, run):
    before = db.execute(SEEN).one()

    with pytest.raises(PluginFailed) as failed:
        ask(declare(sample(run)))

    assert (failed.value.failure.plugin_id, failed.value.failure.hook) == ("sample", "report sample.report")
    assert db.execute(SEEN).one() == before


def test_a_report_that_forgets_its_filter_sees_the_chosen_clinics_alone(declare, db, world):
    rows = fill(db, world, seed=3)
    here = [visit for visit in rows.appointments if visit["clinic_id"] == world.clinic.id]
    everything = text("SELECT count(*) AS value FROM pub.v1_appointment").columns(value=Integer)
    runner = declare(sample(lambda _ctx, _request: select(everything.subquery())))
    before = db.execute(SEEN).one()

    assert ask(runner, clinics=[world.clinic.id]) == [{"value": len(here)}]
    assert ask(runner) == [{"value": len(rows.appointments)}]
    assert 0 < len(here) < len(rows.appointments)
    assert db.execute(SEEN).one() == before


def test_running_a_report_leaves_one_line_in_the_trail(declare, db, world):
    runner = declare(sample(lambda _ctx, _request: [{"value": 1}, {"value": 2}]))

    ask(runner, clinics=[world.clinic.id])

    line = db.execute(
        select(AuditEvent.action, AuditEvent.clinic_id, AuditEvent.actor_id, AuditEvent.detail).where(
            AuditEvent.organisation_id == world.id, AuditEvent.action == "report.run"
        )
    ).one()
    detail = {
        "report": "sample.report",
        "first_on": "2026-11-23",
        "last_on": "2026-11-23",
        "clinic_ids": [str(world.clinic.id)],
        "rows": 2,
    }
    assert line == ("report.run", world.clinic.id, world.actor().member_id, detail)


def test_daily_figures_leave_out_zeros_and_refuse_what_was_not_asked(declare, world):
    answers: list = [FigureRow(world.clinic.id, DAY, 3), FigureRow(world.other_clinic.id, DAY, 0)]
    figure = DailyFigure("sample.figure", "S", ColumnType.INTEGER, "appointments:read", lambda *_: answers)
    runner = declare(figures=(figure,))

    assert [each.key for each in runner.figures()] == sorted(["sample.figure", *(f.key for f in core_figures())])
    assert runner.run_figure("sample.figure", first_on=DAY, last_on=DAY) == answers[:1]
    for wrong in (FigureRow(new_id(), DAY, 1), FigureRow(world.clinic.id, date(2026, 11, 24), 1), ("x", DAY, 1)):
        answers[:] = [wrong]
        with pytest.raises(PluginFailed):
            runner.run_figure("sample.figure", first_on=DAY, last_on=DAY)


def test_a_figure_without_the_permission_is_not_found(declare, world):
    runner = declare(actor=without(world.actor(), "appointments:read"))

    with pytest.raises(NotFound):
        runner.run_figure("core.booked", first_on=DAY, last_on=DAY)


def test_background_work_computes_figures_for_every_clinic(declare, world):
    seen = []

    def run(ctx, first_on, last_on):
        seen.append(ctx.db.execute(SEEN).one().clinics)
        return []

    clinics = [clinic.id for clinic in world.clinics]
    figure = DailyFigure("sample.figure", "Sample", ColumnType.INTEGER, "sample.figures:read", run)
    declare(figures=(figure,), actor=system_actor(world.id, clinics)).run_figure(
        "sample.figure", first_on=DAY, last_on=DAY
    )

    assert seen == [",".join(map(str, clinics))]


def test_a_clinic_manager_sees_the_own_clinics_rows_alone_in_every_report_and_behind_every_row(run, db, world):
    rows = fill(db, world, seed=4)
    there = world.other_clinic.id
    theirs = {str(row["id"]) for row in (*rows.appointments, *rows.records) if row["clinic_id"] == there}
    for report in core_reports():
        found = run(report.key, (FIRST, LAST), "clinic_manager")
        drilled = [row for each in found[:3] for row in behind(run, report, each)]

        assert found, report.key
        assert {row.get("clinic_id", world.clinic.id) for row in (*found, *drilled)} == {world.clinic.id}
        assert not theirs & {str(value) for row in (*found, *drilled) for value in row.values()}
    assert theirs


def behind(run, report: ReportDefinition, row) -> list:
    """Return the rows behind a row, as the drill-down asks for them."""
    if report.drill is None:
        return []
    given = {name: row[column] for name, column in report.drill.parameters.items()}
    days = given.pop("from", FIRST), given.pop("until", LAST)
    clinics = [given.pop("clinic_id")] if "clinic_id" in given else None
    params = {name: str(value) for name, value in given.items()}
    return run(report.drill.report, days, "clinic_manager", clinics, **params)


@pytest.mark.parametrize(
    ("key", "counted"),
    [
        ("core.no_show", "due"),
        ("core.therapist_load", "visits"),
        ("core.new_and_returning", "clients"),
    ],
)
def test_a_row_counts_the_rows_behind_it(run, db, world, key, counted):
    fill(db, world, seed=5)
    report = next(report for report in core_reports() if report.key == key)
    found = run(key, (FIRST, LAST), "clinic_manager")

    assert [len(behind(run, report, row)) for row in found] == [row[counted] for row in found]


def test_booked_minutes_are_the_minutes_of_the_appointments_behind(run, db, world):
    fill(db, world, seed=6)
    report = next(report for report in core_reports() if report.key == "core.utilisation")
    found = run("core.utilisation", (FIRST, LAST), "clinic_manager")

    assert [sum(each["minutes"] for each in behind(run, report, row)) for row in found] == [r["booked"] for r in found]
