"""On a phone: one column, the actions under the thumb, and a body chart that fingers can hit."""

from __future__ import annotations

import pytest

from polyclinic.testing.browsers import PHONE, overflow
from polyclinic.testing.sites import SITE_NOW, committed
from tests.journeys.editor import Editor

pytestmark = pytest.mark.browser
SMALL_TARGETS = """(least) => [...document.querySelectorAll('main :is(a, button, input, select, summary, textarea)')]
  .filter((e) => e.checkVisibility() && !e.closest('p, li, td, dd, label, .pc-hidden-text, [hidden]'))
  .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 80)])
  .filter(([box]) => box.width > 1 && (box.width < least || box.height < least)).map(([box, html]) => html)"""


@pytest.fixture(params=[16])
def editor(request, visit, site, chain):
    """An editor on a phone, of a visit at the hour of the parameter."""
    with committed(site.app, site.world):
        row = chain.arrive(chain.book("Reed", SITE_NOW.replace(hour=request.param, minute=0)))
    opened = Editor(visit("therapist", size=PHONE, touch=True), touch=True)
    opened.page.goto("/today")
    opened.start(row.id)
    return opened


def test_the_first_tap_enlarges_and_the_second_adds_the_point(editor):
    page = editor.page
    place = editor.chart("Back").get_by_role("button", name="Shoulder blade, left", exact=True)
    before = place.bounding_box()
    place.tap()
    page.get_by_role("button", name="Whole body").wait_for()
    assert place.bounding_box()["width"] > 2 * before["width"]
    assert page.locator(".nm-point").count() == 0
    place.tap()
    editor.point(1).wait_for()
    editor.saved()
    assert "Shoulder blade, left" in page.locator("#pin-list").inner_text()
    assert page.get_by_role("button", name="Whole body").count() == 0
    assert overflow(page) == 0


@pytest.mark.parametrize("editor", [17], indirect=True)
def test_the_saved_state_and_the_actions_stay_in_sight(editor):
    page = editor.page
    page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
    for thing in (page.locator("#save-state"), page.get_by_role("button", name="Sign…")):
        box = thing.bounding_box()
        assert 0 <= box["y"] < PHONE[1] - box["height"]
    editor.treat_by_list("Buttock, left")
    assert page.evaluate(SMALL_TARGETS, 24) == []


def test_every_part_of_the_site_is_reached_by_the_bar_at_the_bottom(visit):
    page = visit("chain_administrator", size=PHONE, touch=True)
    page.goto("/today")
    page.get_by_role("navigation", name="Main").get_by_text("More").tap()
    page.get_by_role("link", name="Clinics").locator("visible=true").tap()
    page.wait_for_url("**/clinics")
    assert overflow(page) == 0
