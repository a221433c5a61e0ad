"""The administrator of a chain moves between its clinics and opens another one."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit, site):
    """A page of the administrator, signed in by the form: the choice of a clinic belongs to this visit alone."""
    person = site.world.people["chain_administrator"]
    opened = visit()
    opened.goto("/sign-in?next=/clinics")
    opened.get_by_label("E-mail").fill(person.email)
    opened.get_by_label("Password").fill(person.password)
    opened.get_by_role("button", name="Sign in").click()
    opened.wait_for_url("**/clinics")
    return opened


def test_open_a_clinic_with_a_room(page):
    page.get_by_role("link", name="New clinic").click()
    page.get_by_label("Name").fill("Harbour West")
    page.get_by_label("Time zone").select_option("Australia/Perth")
    page.get_by_label("City").fill("Perth")
    page.get_by_role("button", name="Save clinic").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Harbour West"
    assert "No rooms yet" in page.get_by_role("main").inner_text()
    page.get_by_label("New room").fill("Garden room")
    page.get_by_role("button", name="Add room").click()
    assert page.get_by_role("listitem").filter(has_text="Garden room").is_visible()
    assert page.get_by_label("Time zone").input_value() == "Australia/Perth"
    page.get_by_role("combobox", name="Clinic", exact=True).select_option("Harbour West")
    page.wait_for_load_state()
    assert page.get_by_role("combobox", name="Clinic", exact=True).locator(":checked").inner_text() == "Harbour West"


def test_the_clinic_switcher_narrows_the_week(page, chain):
    page.goto("/calendar")
    page.get_by_role("link", name="Week").click()
    assert page.get_by_role("link", name="Hugo Lang").is_visible()
    switcher = page.get_by_role("combobox", name="Clinic", exact=True)
    with page.expect_navigation():
        switcher.select_option("Harbour South")
    assert switcher.locator(":checked").inner_text() == "Harbour South"
    assert page.get_by_role("heading", level=1).inner_text() == "23 November to 29 November 2026"
    assert page.get_by_role("link", name="Hugo Lang").count() == 0
    with page.expect_navigation():
        switcher.select_option("All clinics")
    assert page.get_by_role("link", name="Hugo Lang").is_visible()


def test_another_organisation_sees_nothing_of_it(visit, site, chain, console):
    console.allow(404)
    page = visit(site.other_world.people["chain_administrator"])
    addresses = (f"/clinics/{chain.world.clinic.id}", f"/appointments/{chain.visit.id}", f"/therapists/{chain.ana.id}")
    assert [page.goto(address).status for address in addresses] == [404, 404, 404]
