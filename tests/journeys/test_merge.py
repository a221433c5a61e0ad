"""Two entries of one person become one, and two again, without a mouse."""

from __future__ import annotations

import pytest

from polyclinic.clients.commands import CreateClient
from polyclinic.clients.services.clients import create_client
from polyclinic.testing.sites import committed

pytestmark = pytest.mark.browser


@pytest.fixture
def twins(site):
    with committed(site.app, site.world):
        names = (("Edith", "Marlowe", "Leeds"), ("Edyth", "Marlow", "Whitby"))
        return [
            create_client(site.world.actor(), CreateClient(site.world.clinic.id, given, family, city=city)).id
            for given, family, city in names
        ]


def test_merge_two_clients_and_undo_it_by_keyboard(visit, twins):
    stays, goes = twins
    page = visit("clinic_manager")
    keys = page.keyboard
    page.goto(f"/clients/{stays}")
    page.get_by_role("link", name="Merge with another client").focus()
    keys.press("Enter")
    page.wait_for_url("**/merge")
    assert page.get_by_role("link", name="Compare with Edyth Marlow").count() == 1

    field = page.get_by_role("combobox", name="Other client")
    field.focus()
    with page.expect_response("**/suggest?*"):
        keys.type("Edyth")
    page.get_by_role("option", name="Edyth Marlow").wait_for()
    keys.press("ArrowDown")
    keys.press("Enter")
    page.get_by_role("button", name="Compare").focus()
    keys.press("Enter")
    page.wait_for_url("**/merge?other=*")

    page.get_by_role("group", name="City").get_by_role("radio", name="Leeds").focus()
    keys.press("ArrowDown")
    page.get_by_label("Reason").focus()
    keys.type("Registered twice")
    page.get_by_role("button", name="Merge the two clients").focus()
    keys.press("Enter")
    page.wait_for_url("**/clients/merges/*")
    assert page.get_by_role("row", name="City Leeds Whitby").is_visible()

    page.get_by_role("button", name="Undo the merge").focus()
    keys.press("Enter")
    page.get_by_text("These are two clients again").wait_for()
    page.goto(f"/clients/{goes}")
    assert "Edyth Marlow" in page.get_by_role("heading", level=1).inner_text()
