"""Takes the pictures of docs/images anew, from the demo's data at a fixed time: `python tools/screenshots.py`."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from polyclinic.app import create_app
from polyclinic.demo.access import DemoAccess
from polyclinic.demo.seeding import Seeder
from polyclinic.kit import clock
from polyclinic.kit.embedded_postgres import start_embedded_postgres
from polyclinic.kit.zones import use_pinned_zones
from polyclinic.testing.browsers import DESK, FLAGS, find_chromium
from polyclinic.testing.databases import build_template, clone
from polyclinic.testing.sites import serve, site_config

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
NOW = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)
MOST_BYTES = 200_000


def main() -> int:
    """Returns the number of pictures that are too large."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demo_site() as (url, access), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for name, (role, draw) in SCENES.items():
            page = browser.new_page(viewport={"width": DESK[0], "height": DESK[1]}, base_url=url, color_scheme="light")
            sign_in(page, access, role)
            draw(page)
            page.mouse.move(0, 0)
            page.screenshot(path=IMAGES / f"{name}.png")
            page.close()
        browser.close()
    sizes = {path.name: path.stat().st_size for path in sorted(IMAGES.glob("*.png"))}
    print("\n".join(f"{name} {size // 1000} kB" for name, size in sizes.items()))
    return sum(size > MOST_BYTES for size in sizes.values())


@contextmanager
def demo_site() -> Iterator[tuple[str, DemoAccess]]:
    """Serves the demo on a database of its own that ends with the program."""
    use_pinned_zones()
    with tempfile.TemporaryDirectory(prefix="polyclinic-pictures-") as folder:
        Path(folder).chmod(0o755)
        with start_embedded_postgres(Path(folder) / "data", durable=False) as server:
            build_template(server.admin_url())
            app = create_app(replace(site_config(clone(server.admin_url())), is_demo=True))
            seeder = Seeder(app.extensions["polyclinic_session"])
            with app.app_context(), clock.frozen(NOW):
                seeder.seed()
                access = seeder.renew_access()
            with serve(app, at=NOW) as url:
                yield url, access
            app.extensions["polyclinic_engine"].dispose()


def sign_in(page: Any, access: DemoAccess, role: str) -> None:
    """Signs in as the first person of a role."""
    person = next(each for each in access.sign_ins if each.role == role)
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/today")


def draw_record_editor(page: Any) -> None:
    """Shows a return visit being recorded: the last note copied, its points treated and scored anew."""
    visit = page.locator(".pc-day-item", has_text="Neuromuscular").filter(has_text="In room")
    visit.get_by_role("link", name="Record").first.click()
    page.get_by_role("button", name="Copy last note").click()
    page.locator(".nm-point.pc-carried").first.wait_for()
    page.get_by_role("radio", name="None of these today").check()
    for row in page.locator(".nm-point").all():
        row.locator("select[name$='point_pressure']").select_option("2")
        row.locator("input[type=number][name$='hold_seconds']").fill("45")
        choose_score(page, row, "Pain before", 6)
        choose_score(page, row, "Pain after", 3)
    page.wait_for_function("() => document.getElementById('save-state').innerText.startsWith('Draft saved')")
    page.goto(page.url)
    page.locator(".pc-chart svg[data-whole]").first.wait_for()
    page.evaluate("() => window.scrollTo(0, 0)")


def choose_score(page: Any, row: Any, label: str, value: int) -> None:
    """Opens a point's 0-10 strip and chooses a value."""
    strip = row.locator("details", has=page.locator(f"summary[aria-label^='{label}']"))
    strip.locator("summary").click()
    strip.locator("label", has_text=re.compile(f"^{value}$")).click()


def draw_today(page: Any) -> None:
    """Shows a therapist's day, where signing in leads."""
    page.get_by_role("heading", name="Visits").wait_for()


def draw_calendar(page: Any) -> None:
    """Shows a day of one clinic."""
    page.goto("/calendar?view=day")


def draw_signed_record(page: Any) -> None:
    """Shows the newest signed record of a client who comes today."""
    page.locator(".pc-day-item", has_text="Neuromuscular").first.get_by_role("link").first.click()
    page.get_by_role("link", name="Client file").click()
    signed = page.locator(".pc-timeline-item", has_text="Treatment record").filter(has_text="Pain")
    signed.first.get_by_role("link").first.click()
    page.locator(".pc-record-seal").wait_for()
    page.locator(".pc-chart svg[data-whole]").first.wait_for()


def draw_checkout(page: Any) -> None:
    """Shows the check-out of a visit that is over: what it costs, how it is paid, when the next one is."""
    page.get_by_role("link", name="Check out").first.click()
    page.locator(".billing-checkout").wait_for()


def draw_clinic(page: Any) -> None:
    """Shows a clinic's month, from the chain's table."""
    page.goto("/ext/reporting/?period=last_month")
    page.locator("#reporting-clinics a").first.click()
    page.locator(".reporting-chart canvas").wait_for()


SCENES: Mapping[str, tuple[str, Callable[[Any], None]]] = {
    "record-editor": ("therapist", draw_record_editor),
    "today": ("therapist", draw_today),
    "calendar": ("front_desk", draw_calendar),
    "signed-record": ("therapist", draw_signed_record),
    "check-out": ("front_desk", draw_checkout),
    "clinic-dashboard": ("chain_administrator", draw_clinic),
}

if __name__ == "__main__":
    sys.exit(main())
