"""Reports and dashboards in a browser: from the chain to the rows in three clicks, accessible, within the window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest

from polyclinic.plugins.calls import acting
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.testing.anchors import Factories
from polyclinic.testing.authoring import acting as actor_of
from polyclinic.testing.browsers import DESK, PHONE, assert_ui_ok, overflow
from polyclinic.testing.sites import SITE_NOW, Site, committed, open_site
from polyclinic.testing.worlds import World
from polyclinic_reporting.asking import Question
from polyclinic_reporting.commands import ScheduleWishes
from polyclinic_reporting.queries.runs import RunRow
from polyclinic_reporting.services import runs
from polyclinic_reporting.services.rollup import recompute
from polyclinic_reporting.services.runs import ask_for_file
from polyclinic_reporting.services.schedules import create_schedule

pytestmark = pytest.mark.browser
PANELS_CAME = "() => !document.querySelector('.pc-lazy')"

MONTH = (date(2026, 11, 1), date(2026, 11, 30))
QUESTION = Question("core.no_show", *MONTH)


@pytest.fixture(scope="module")
def site(admin_url: str) -> Iterator[Site]:
    with open_site(admin_url, furnish) as opened:
        yield opened


def furnish(world: World) -> None:
    enable_plugin(world.actor(), EnablePlugin("reporting"), registry=runtime().registry)
    make = Factories(world)
    for days, status in ((1, "completed"), (2, "completed"), (3, "no_show"), (4, "cancelled")):
        make.appointment(status=status, starts_at=SITE_NOW - timedelta(days=days))
    with acting(Ctx(actor_of(world, "chain_administrator"), None, "reporting"), "reporting") as ctx:
        recompute(ctx, *MONTH)
        wishes = ScheduleWishes("core.no_show", "last_month", "xlsx", "monthly", 7, ("chain@example.org",), day=1)
        create_schedule(ctx, wishes)
        make_file(ctx, ask_for_file(ctx, ctx.core.reports.get(QUESTION.report), QUESTION, "csv"))


def make_file(ctx: Ctx, run: RunRow) -> None:
    """Do what the worker does with a run."""
    runs.start_run(ctx, {"run_id": str(run.id)})
    runs.write_file(ctx, {"run_id": str(run.id)})


def test_chain_clinic_and_rows_in_three_clicks(visit, site):
    page = visit("chain_administrator")
    page.goto("/today")
    clicks = 0
    for link in ("Dashboard", site.world.clinic.name):
        page.get_by_role("link", name=link, exact=True).click()
        clicks += 1
    page.locator("a", has_text="Completed visits").click()
    clicks += 1

    page.get_by_role("heading", name="List of appointments").wait_for()
    assert clicks == 3
    assert page.locator("table a[href^='/appointments/']").count() == 2


def test_report_is_asked_by_keyboard_and_drawn_with_a_table_beside_it(visit, site):
    page = visit("chain_administrator")
    page.goto("/ext/reporting/reports/core.no_show?first=2026-11-01&last=2026-11-30")
    page.get_by_text("Period, clinics and questions").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Until").fill("2026-11-25")
    page.get_by_label("Until").press("Enter")

    page.get_by_text("1 Nov 2026 to 25 Nov 2026").wait_for()
    assert page.get_by_role("table").count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "",
        "clinics/{clinic}",
        "reports",
        "reports/core.no_show?first=2026-11-01&last=2026-11-30",
        "reports/core.utilisation",
        "reports/core.no_show?first=2026-12-01&last=2026-11-01",
        "reports/core.unsigned_records",
        "schedules",
        "schedules/new?report=core.no_show",
        "files",
    ],
)
def test_page_is_accessible_and_fits(visit, site, console, path):
    console.allow(422)  # one of the questions ends before it starts
    page = visit("chain_administrator")
    page.goto(f"/ext/reporting/{path.format(clinic=site.world.clinic.id)}")
    page.wait_for_function(PANELS_CAME)

    assert_ui_ok(page)
    for size in (DESK, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert overflow(page) == 0


def test_file_appears_on_its_page_by_itself(visit, site):
    with acting_in(site) as ctx:
        run = ask_for_file(ctx, ctx.core.reports.get(QUESTION.report), QUESTION, "csv")
    page = visit("chain_administrator")
    page.goto(f"/ext/reporting/files/{run.id}")
    page.get_by_text("Waiting for a worker").wait_for()
    assert_ui_ok(page)

    with acting_in(site) as ctx:
        make_file(ctx, run)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()

    assert_ui_ok(page)
    assert download.value.suggested_filename == "core-no-show-2026-11-01-2026-11-30.csv"


@contextmanager
def acting_in(site: Site) -> Iterator[Ctx]:
    """Act as the chain's administrator in a transaction of its own."""
    with (
        committed(site.app, site.world),
        acting(Ctx(actor_of(site.world, "chain_administrator"), None, "reporting"), "reporting") as ctx,
    ):
        yield ctx
