"""People sign in, find their way by the frame, and sign out."""

from __future__ import annotations

import pytest

from polyclinic.testing.browsers import assert_ui_ok, overflow

pytestmark = pytest.mark.browser


def test_sign_in_by_the_form(visit, site, console):
    console.allow(401, 404)
    person = site.world.people["therapist"]
    page = visit()
    page.goto("/clinics")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_label("E-mail").input_value() == person.email
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/clinics")
    assert page.get_by_role("heading", level=1).inner_text() == "Clinics"
    assert_ui_ok(page)
    assert overflow(page) == 0
