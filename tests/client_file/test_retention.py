"""How long records are kept, by the test vectors of the shared domain data."""

from datetime import date

import pytest

from polyclinic.client_file.retention import keep_until, retention_of, rule_by_id

LAST = date(2026, 3, 10)
VECTORS = [
    ("ca_on", date(1990, 5, 1), date(2036, 3, 10)),
    ("ca_on", date(2012, 5, 1), date(2040, 5, 1)),
    ("uk", date(2010, 6, 15), date(2035, 6, 15)),
    ("uk", date(2008, 12, 1), date(2034, 12, 1)),
    ("au", date(2016, 2, 2), date(2041, 2, 2)),
    ("us_wa", date(2011, 1, 1), date(2032, 1, 1)),
    ("de", date(1980, 1, 1), date(2036, 3, 10)),
]


@pytest.mark.parametrize(("rule", "birth_on", "expected"), VECTORS)
def test_rule_keeps_records_until_the_day_that_the_vectors_say(rule, birth_on, expected):
    assert keep_until(rule_by_id(rule), birth_on, LAST) == expected


def test_longest_rule_of_all_clinics_counts_and_is_named():
    found = retention_of(["GB", "CA", "GB"], date(1990, 5, 1), LAST)

    assert (found.keep_until, found.rules) == (
        date(2042, 3, 10),
        ("British Columbia: 16 years, minors 16 years from 19",),
    )


def test_country_without_a_rule_has_the_default():
    assert retention_of(["FR"], date(1990, 5, 1), LAST).keep_until == date(2036, 3, 10)
    assert retention_of([], date(2010, 1, 1), LAST).keep_until == date(2038, 1, 1)


def test_unknown_birth_date_counts_as_grown_up_and_leap_days_become_the_28th():
    assert retention_of(["DE"], None, date(2024, 2, 29)).keep_until == date(2034, 2, 28)
