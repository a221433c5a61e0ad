"""Age, flags and duplicates: values in, verdict out."""

from datetime import date
from uuid import UUID

import pytest

from polyclinic.clients.rows import ClientIdentity, FlagRow
from polyclinic.clients.rules import age_on, birth_problem, by_severity, duplicate_reasons, is_active, strictest
from polyclinic.clients.vocabulary import DuplicateReason
from polyclinic.plugins.contract import SafetySeverity

TODAY = date(2026, 11, 23)
ID = UUID(int=1)


@pytest.mark.parametrize(
    ("birth_on", "expected"),
    [(None, None), (date(1985, 11, 23), 41), (date(1985, 11, 24), 40), (date(2026, 11, 23), 0)],
)
def test_age_is_counted_in_whole_years(birth_on, expected):
    assert age_on(birth_on, TODAY) == expected


@pytest.mark.parametrize(
    ("birth_on", "is_fine"),
    [(None, True), (TODAY, True), (date(1900, 1, 1), True), (date(2026, 11, 24), False), (date(1899, 12, 31), False)],
)
def test_birth_date_lies_between_1900_and_today(birth_on, is_fine):
    assert (birth_problem(birth_on, TODAY) is None) is is_fine


@pytest.mark.parametrize(
    ("since_on", "until_on", "expected"),
    [
        (None, None, True),
        (TODAY, None, True),
        (date(2026, 11, 24), None, False),
        (None, date(2026, 11, 24), True),
        (None, TODAY, False),
    ],
)
def test_flag_counts_from_its_first_day_up_to_its_end(since_on, until_on, expected):
    assert is_active(flag(since_on=since_on, until_on=until_on), TODAY) is expected


def test_flags_are_shown_strongest_first():
    caution, emergency = flag(), flag(severity=SafetySeverity.EMERGENCY)

    assert by_severity([caution, emergency]) == [emergency, caution]


@pytest.mark.parametrize(
    ("chosen", "known", "expected"),
    [
        (None, None, None),
        (SafetySeverity.CAUTION, None, SafetySeverity.CAUTION),
        (None, SafetySeverity.LOCAL, SafetySeverity.LOCAL),
        (SafetySeverity.CAUTION, SafetySeverity.ABSOLUTE, SafetySeverity.ABSOLUTE),
        (SafetySeverity.EMERGENCY, SafetySeverity.CAUTION, SafetySeverity.EMERGENCY),
    ],
)
def test_severity_can_be_tightened_and_never_loosened(chosen, known, expected):
    assert strictest(chosen, known) == expected


@pytest.mark.parametrize(
    ("wanted", "is_similar", "expected"),
    [
        ({}, True, [DuplicateReason.NAME]),
        ({}, False, []),
        ({"birth_on": date(1985, 3, 14)}, True, [DuplicateReason.NAME, DuplicateReason.BIRTH_DATE]),
        ({"birth_on": date(1990, 3, 14)}, True, []),
        ({"birth_on": date(1985, 3, 14)}, False, []),
        ({"email": " TOM@example.org"}, False, [DuplicateReason.EMAIL]),
        ({"phone": "+44 20 7946 0123", "birth_on": date(1990, 1, 1)}, True, [DuplicateReason.PHONE]),
        ({"phone": "0123"}, False, []),
    ],
)
def test_duplicate_is_named_with_its_reasons(wanted, is_similar, expected):
    known = ClientIdentity("Tom", "Hale", "tom@example.org", "020 7946 0123", date(1985, 3, 14))

    found = duplicate_reasons(ClientIdentity("Thom", "Hale", **wanted), known, is_similar_name=is_similar)

    assert found == expected


def flag(severity=SafetySeverity.CAUTION, since_on=None, until_on=None):
    return FlagRow(ID, ID, "code", "Label", "", severity, [], since_on, until_on, 1)
