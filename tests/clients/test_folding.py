"""How names, mail addresses and phone numbers are compared and searched."""

import pytest

from polyclinic.clients.folding import fold_name, phone_key, search_patterns, search_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë", "zoe"),
        ("  Anne-Marie   O'Brien ", "anne marie obrien"),
        ("O\u2019Brien", "obrien"),
        ("Łukasz Øster Strauß", "lukasz oster strauss"),
        ("İpek Ñuño", "ipek nuno"),
        ("Щ-Ж", "щ ж"),
        ("%_\\", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(text, expected):
    assert fold_name(text) == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+44 20 7946 0123", "079460123"),
        ("020 7946 0123", "079460123"),
        ("(0711) 123-456", "711123456"),
        ("12345", ""),
        ("", ""),
    ],
)
def test_phone_numbers_are_compared_by_their_last_nine_digits(phone, expected):
    assert phone_key(phone) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoe", ["%zoe%"]),
        ("Zo", ["% zo%"]),
        ("Zoë Hart", ["%hart%", "%zoe%"]),
        ("zoe@", ["%zoe@%"]),
        ("a_b@%", ["%a\\_b@\\%%"]),
        ("0171 55", ["%17155%"]),
        ("+44 (0)20", ["%44020%"]),
        ("000", ["% 0%"]),
        ("a b c d eee", ["%eee%", "% a%", "% b%"]),
        ("%%%", []),
        ("  ", []),
    ],
)
def test_a_search_becomes_patterns_that_must_all_match(text, expected):
    assert search_patterns(text) == expected


def test_search_looks_into_names_mail_and_digits():
    assert (
        search_text(["Zoë", "", "Hartmann"], "Zoe@Example.org", "+44 20 7946")
        == " zoe hartmann zoe@example.org 44207946"
    )
