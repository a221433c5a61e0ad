"""A developer finds an operation of the API: by a word, by its address, by keyboard, on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
BOOK = "operation-post-api-v1-appointments"


def test_word_finds_the_operation_and_enter_opens_it(visit):
    page = visit()
    page.goto("/api/docs")

    page.get_by_label("Find an operation").fill("Post book refusal")
    expect(page.get_by_role("status")).to_have_text("1 operations shown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/api/docs/groups/appointments#{BOOK}")

    expect(page.locator(f"#{BOOK}")).to_be_visible()
    assert page.locator("details[open]").count() == 1


def test_without_scripts_the_address_opens_the_operation_and_the_overview_leads_to_it(chromium, site):
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/api/docs")
    page.locator(f'a[href$="#{BOOK}"]').click()

    expect(page.locator(f"#{BOOK}")).to_be_visible()
    context.close()


def test_paper_shows_what_is_folded(visit):
    page = visit()
    page.goto("/api/docs/groups/appointments")
    page.emulate_media(media="print")

    folded = page.locator("details:not([open]) > .pc-details-body")
    heights = folded.evaluate_all("bodies => bodies.map(body => body.getBoundingClientRect().height > 20)")
    assert (len(heights) > 20, all(heights)) == (True, True)
