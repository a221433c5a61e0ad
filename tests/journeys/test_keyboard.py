"""Everything a therapist needs can be done without a mouse."""

from __future__ import annotations

import pytest

from polyclinic.testing.sites import SITE_NOW, committed
from tests.journeys.editor import Editor

pytestmark = pytest.mark.browser
FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
MAX_TABS = 80


@pytest.fixture
def appointment(site, chain):
    with committed(site.app, site.world):
        return chain.arrive(chain.book("Reed", SITE_NOW.replace(hour=13, minute=0)))


def tab_to(page, name: str) -> None:
    """Press Tab until the focus stands on what is called so."""
    for _ in range(MAX_TABS):
        if (page.evaluate(FOCUSED) or "").strip().startswith(name):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {name!r}")


def test_record_a_treatment_by_keyboard(visit, site, appointment):
    person = site.world.people["therapist"]
    page = visit()
    keys = page.keyboard
    page.goto("/sign-in")
    page.get_by_label("E-mail").focus()
    keys.type(person.email)
    keys.press("Tab")
    keys.type(person.password)
    keys.press("Enter")
    page.wait_for_url("**/today")

    page.locator(f"#visit-{appointment.id}").get_by_role("link", name="Record").focus()
    keys.press("Enter")
    page.wait_for_url("**/treatment-records/new?*")
    tab_to(page, "Start the record")
    keys.press("Enter")
    editor = Editor(page)
    editor.chart("Back").wait_for()

    place_a_point_with_the_arrows(editor)
    page.get_by_role("radio", name="None of these today").focus()
    keys.press("Space")
    page.get_by_label("Today's complaint").focus()
    keys.type("Stiff neck")
    fill_the_point(editor)
    editor.saved()
    keys.press("Alt+s")
    page.wait_for_url("**/sign")
    assert page.locator(".pc-error-summary").count() == 0, page.get_by_role("main").inner_text()
    tab_to(page, "Sign")
    keys.press("Enter")
    page.locator(".pc-record-seal").wait_for()
    assert "Signed by Ana Ruiz" in page.get_by_role("main").inner_text()


def place_a_point_with_the_arrows(editor: Editor) -> None:
    page, keys = editor.page, editor.page.keyboard
    back = editor.chart("Back")
    assert back.locator("[data-region][tabindex='0']").count() == 1
    back.locator("[data-region][tabindex='0']").focus()
    start = page.evaluate(FOCUSED)
    for arrow in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowUp"):
        keys.press(arrow)
    place = page.evaluate(FOCUSED)
    assert place != start
    assert page.locator("[data-chart-name]").inner_text() == place
    keys.press("Enter")
    editor.point(1).wait_for()
    assert place in page.locator("#pin-list").inner_text()
    assert page.evaluate(FOCUSED) == place


def fill_the_point(editor: Editor) -> None:
    keys = editor.page.keyboard
    if not editor.point(1).locator(".pc-point-muscle").count():
        editor.point(1).get_by_label("Muscle of point 1").select_option(index=1)
    pressure = editor.point(1).get_by_label("Pressure 0 to 5 at point 1")
    pressure.focus()
    pressure.press("2")
    for label, digit in (("Pain before", "6"), ("Pain after", "3")):
        editor.point(1).locator(f"summary[aria-label^='{label}']").focus()
        keys.press(digit)
        assert editor.point(1).locator(f"summary[aria-label='{label} at point 1: {digit}']").count() == 1
