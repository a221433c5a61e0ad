"""Copying the last note takes its structure, never its scores, and what was not looked at cannot be signed."""

from __future__ import annotations

import pytest

from polyclinic.testing.clients import RestClient
from tests.journeys.editor import Editor

pytestmark = pytest.mark.browser


def test_copy_the_last_note(visit, site, chain, console):
    editor = Editor(visit("therapist"))
    page = editor.page
    page.goto("/today")
    address = editor.start(chain.return_visit.id)
    editor.leave(page.get_by_role("button", name="Copy last note"))

    known = signed_points(site, chain)
    rows = page.locator(".nm-point")
    assert rows.count() == len(known)
    assert page.locator(".nm-point.pc-carried").count() == len(known)
    for number, point in enumerate(known, start=1):
        assert editor.point(number).get_by_label(f"Tool at point {number}").input_value() == point["tool"]
        assert editor.point(number).locator("input[type=radio][name$='pain_before']:checked").count() == 0
        assert editor.point(number).get_by_label(f"Pressure 0 to 5 at point {number}").input_value() == ""
    assert page.locator(".pc-complaint input[type=radio]:checked").count() == 0
    assert page.get_by_label("Plan", exact=True).input_value() == "Weekly visits."

    page.get_by_role("radio", name="None of these today").check()
    page.get_by_label("Today's complaint").fill("Neck again after a long drive")
    editor.saved()
    page.get_by_role("button", name="Sign…").click()
    page.wait_for_url("**/sign")
    assert "Something is missing before you can sign" in page.get_by_role("main").inner_text()
    assert page.get_by_role("button", name="Sign", exact=True).count() == 0
    page.get_by_role("link", name="Back to the record").click()
    page.wait_for_url(address)

    editor.fill_point(1, pressure="1", hold="30", pain=(5, 2))
    editor.saved()
    editor.act(page.get_by_role("button", name="Not treated today", exact=True))
    assert page.locator(".nm-point.pc-carried").count() == 0
    editor.sign()
    text = page.get_by_role("main").inner_text().lower()
    assert "not treated" in text


def signed_points(site, chain):
    rest = RestClient(site.app, site.world.people["therapist"].token)
    record = rest.get(f"/api/v1/treatment-records/{chain.signed_record_id}").get_json()
    sections = {section["section_key"]: section["data"] for section in record["newest_version"]["sections"]}
    return sections["neuromuscular.protocol"]["points"]
