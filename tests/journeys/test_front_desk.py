"""The front desk finds clients, books, moves and cancels, and is told plainly what stands in the way."""

from __future__ import annotations

import re

import pytest

from polyclinic.testing.browsers import assert_ui_ok
from polyclinic.testing.sites import SITE_NOW, committed

pytestmark = pytest.mark.browser
WEDNESDAY = SITE_NOW.replace(day=25)


@pytest.fixture
def book(site, chain):
    """Book a visit with Ana on Wednesday at an hour."""

    def act(client, hour):
        with committed(site.app, site.world):
            return chain.book(client, WEDNESDAY.replace(hour=hour, minute=0))

    return act


def choose_client(page, typed: str, name: str) -> None:
    client_field(page).press_sequentially(typed)
    page.get_by_role("option", name=name).click()


def client_field(page):
    return page.get_by_role("combobox", name=re.compile("^Client"))


def choose_visit(page, chain, day: str) -> None:
    page.get_by_label("Service").select_option(str(chain.neuromuscular.id))
    page.get_by_label("Therapist").select_option(str(chain.ana.id))
    page.get_by_label("Date").fill(day)


def test_find_a_client_from_anywhere_by_three_letters(visit, chain):
    page = visit("front_desk")
    page.goto("/services")
    page.keyboard.press("/")
    with page.expect_response("**/clients/suggest?q=pet*"):
        page.keyboard.type("pet")
    page.get_by_role("option", name=re.compile("Olga Petrov")).wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{chain.clients['Petrov']}")
    assert "Olga Petrov" in page.get_by_role("heading", level=1).inner_text()
    assert_ui_ok(page)


def test_register_a_client_is_warned_of_a_likely_duplicate(visit, console):
    console.allow(409, 422)
    page = visit("front_desk")
    page.goto("/clients/new")
    page.get_by_label("Given name").fill("Olga")
    page.get_by_label("Family name").fill("Petrov")
    page.get_by_label("Birth date").fill("1985-04-12")
    page.get_by_label("Birth date").blur()
    page.get_by_text("Is this client already here?").wait_for()
    assert page.get_by_role("main").get_by_role("link", name="Olga Petrov").is_visible()


def test_book_a_suggested_free_time(visit, chain):
    page = visit("front_desk")
    page.goto("/appointments/new")
    choose_client(page, "pet", "Olga Petrov")
    choose_visit(page, chain, "2026-11-27")
    with page.expect_response("**/choices?*"):
        page.get_by_role("radio", name="09:15").press("Space")
    page.wait_for_function("() => document.activeElement.name === 'starts_at'")
    assert page.get_by_role("radio", name="09:15").is_checked()
    assert client_field(page).input_value() == "Olga Petrov"
    page.get_by_role("button", name="Book").click()
    page.wait_for_url("**/calendar?*")
    assert page.get_by_role("heading", level=1).inner_text() == "Friday 27 November 2026"
    assert page.get_by_role("link", name="Olga Petrov").is_visible()


def test_a_conflict_is_told_with_nothing_typed_lost(visit, console, chain, book):
    console.allow(422)
    book("Reed", 10)
    page = visit("front_desk")
    page.goto("/appointments/new")
    choose_client(page, "pet", "Olga Petrov")
    choose_visit(page, chain, "2026-11-25")
    page.get_by_label("Another time").fill("2026-11-25T10:15")
    page.get_by_label("Note").fill("Prefers a quiet room")
    page.get_by_role("button", name="Book").click()
    summary = page.locator(".pc-error-summary")
    assert "Ana Ruiz" in summary.inner_text()
    assert page.evaluate("() => document.activeElement.matches('.pc-error-summary')")
    assert client_field(page).input_value() == "Olga Petrov"
    assert page.get_by_label("Another time").input_value() == "2026-11-25T10:15"
    assert page.get_by_label("Note").input_value() == "Prefers a quiet room"
    assert page.get_by_label("Reason for booking over a conflict").count() == 0


def test_a_manager_may_overbook_with_a_reason(visit, chain, book):
    book("Reed", 12)
    page = visit("clinic_manager")
    page.goto("/appointments/new")
    choose_client(page, "mos", "Rita Moss")
    choose_visit(page, chain, "2026-11-25")
    page.get_by_label("Another time").fill("2026-11-25T12:15")
    page.get_by_label("Reason for booking over a conflict").fill("Acute pain, agreed with Ana")
    page.get_by_role("button", name="Book").click()
    page.wait_for_url("**/calendar?*")
    assert page.get_by_role("link", name="Rita Moss").is_visible()


def test_move_then_cancel(visit, book):
    row = book("Aziz", 15)
    page = visit("front_desk")
    page.goto(f"/appointments/{row.id}")
    page.get_by_label("Another time").fill("2026-11-25T16:30")
    page.get_by_role("button", name="Move appointment").click()
    assert "16:30 to 17:00" in page.get_by_role("main").inner_text()
    page.get_by_label("Reason").fill("Client is ill")
    page.get_by_role("button", name="Cancel appointment").click()
    assert page.locator(".pc-status").first.inner_text() == "Cancelled"
    assert "Client is ill" in page.get_by_role("main").inner_text()
