"""The test kit's checks of pages find what they are there for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from polyclinic.kit import clock
from polyclinic.testing.watching import inline_code

BAD = '<p style="color: red" onclick="x()">Hi</p><script>1</script><script src="/a.js"></script><style>p{}</style>'


def test_frozen_time_holds_until_it_is_set_again(freeze_time):
    first, second = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)

    seen = [freeze_time(first), clock.now(), freeze_time(second), clock.now()]

    assert seen == [first, first, second, second]


def test_too_many_queries_fail_and_are_named(db, assert_max_queries):
    with assert_max_queries(1), db.begin_nested():
        db.execute(text("SELECT 1"))

    with pytest.raises(pytest.fail.Exception, match="2 statements ran, at most 1"):
        ask_twice(db, assert_max_queries(1))


def ask_twice(db, limit):
    with limit:
        db.execute(text("SELECT 1"))
        db.execute(text("SELECT 2"))


def test_inline_code_is_found():
    assert inline_code(BAD) == ["style on <p>", "onclick on <p>", "inline <script>", "inline <style>"]


def test_page_that_is_not_there_fails(browse, assert_ui_ok):
    with pytest.raises(pytest.fail.Exception, match="answers 404"):
        assert_ui_ok(browse(), "/no-such-page")


@pytest.mark.browser
def test_page_is_looked_at_in_a_browser_inside_the_tests_transaction(chromium, browse, make, assert_ui_ok):
    client = make.client("Zora", "Quill")

    assert_ui_ok(browse("clinic_manager"), f"/clients/{client.id}")
