"""Keyset paging."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.kit.errors import Invalid
from polyclinic.kit.pagination import Page, PageRequest, decode_cursor, encode_cursor, page_of

VALUES = st.text() | st.integers(-(2**53), 2**53) | st.uuids() | st.dates() | st.datetimes(timezones=st.just(UTC))


@given(st.lists(VALUES))
def test_cursor_gives_the_sort_key_back(key):
    assert decode_cursor(encode_cursor(key)) == tuple(key)


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "W10x", "eyJhIjoxfQ", "é", "WyJ4Il0"])
def test_cursor_that_was_not_made_here_is_refused(cursor):
    if cursor == "":
        assert encode_cursor(()) != ""
    else:
        with pytest.raises(Invalid):
            decode_cursor(cursor)


def test_last_page_has_no_cursor_and_a_full_one_points_at_its_last_row():
    rows = [(date(2026, 1, n), UUID(int=n)) for n in (1, 2, 3)]

    assert page_of(rows, PageRequest(limit=3), key=lambda row: row) == Page(rows, None)
    page = page_of(rows, PageRequest(limit=2), key=lambda row: row)
    assert page.rows == rows[:2]
    assert decode_cursor(page.next_cursor or "") == rows[1]


def test_instants_keep_their_zone():
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert decode_cursor(encode_cursor([at])) == (at,)
