"""Two tabs on one draft: whoever saves second sees both texts, and neither is lost."""

from __future__ import annotations

import pytest

from polyclinic.testing.sites import SITE_NOW, committed
from tests.journeys.editor import Editor

pytestmark = pytest.mark.browser


@pytest.fixture(params=[14])
def tabs(request, visit, site, chain):
    """Two tabs that show one draft, of a visit at the hour of the parameter."""
    with committed(site.app, site.world):
        row = chain.arrive(chain.book("Petrov", SITE_NOW.replace(hour=request.param, minute=0)))
    first = Editor(visit("therapist"))
    first.page.goto("/today")
    address = first.start(row.id)
    second = Editor(first.page.context.new_page())
    second.page.goto(address)
    second.chart("Back").wait_for()
    return first, second


def findings(editor):
    return editor.page.get_by_role("textbox", name="Findings and response")


def test_the_second_save_shows_both_texts(tabs, console):
    console.allow(412)
    first, second = tabs
    findings(first).fill("Written in the first tab.")
    findings(first).blur()
    first.saved()
    findings(second).fill("Written in the second tab.")
    findings(second).blur()
    conflict = second.page.locator("#conflict [role=alert]")
    conflict.wait_for()
    assert "Written in the first tab." in conflict.inner_text()
    assert "Written in the second tab." in conflict.inner_text()
    assert findings(second).input_value() == "Written in the second tab."

    findings(second).fill("Both: first tab, second tab.")
    second.page.get_by_role("button", name="Save my text").click()
    second.page.wait_for_load_state()
    second.chart("Back").wait_for()
    assert findings(second).input_value() == "Both: first tab, second tab."
    first.page.reload()
    assert findings(first).input_value() == "Both: first tab, second tab."


@pytest.mark.parametrize("tabs", [15], indirect=True)
def test_quick_taps_and_typing_meanwhile_are_all_kept(tabs):
    editor, _ = tabs
    page = editor.page
    page.get_by_label("Today's complaint").press_sequentially("Stiff neck")
    for place in ("Shoulder blade, left", "Shoulder blade, right", "Buttock, left"):
        editor.chart("Back").get_by_role("button", name=place, exact=True).click()
    page.get_by_role("textbox", name="Findings and response").press_sequentially("Typed while saving")
    editor.point(3).wait_for()
    editor.saved()
    page.reload()
    assert page.locator(".nm-point").count() == 3
    assert page.get_by_label("Today's complaint").input_value() == "Stiff neck"
    assert findings(editor).input_value() == "Typed while saving"
