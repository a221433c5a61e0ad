"""Canonical JSON is RFC 8785 to the byte, whichever writer made it."""

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.plugins.canonical import canonical_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


@given(VALUES)
def test_canonical_json_equals_the_reference(value):
    assert canonical_json(value) == rfc8785.dumps(value)


def test_control_characters_are_written_as_the_standard_says():
    text = "".join(chr(code) for code in range(128)) + "é€\U0001f600\u2028"

    assert canonical_json({"text": text}) == rfc8785.dumps({"text": text})
