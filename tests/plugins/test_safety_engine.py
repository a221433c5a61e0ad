"""The safety engine: vectors, and the law that one more answer never loosens the verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.plugins.contract import ClientFlagFact, SafetyOutcome, SafetyRule, SafetyScope, SafetySeverity
from polyclinic.plugins.safety_engine import judge, one_per_code


def rule(code: str, severity: SafetySeverity, **options) -> SafetyRule:
    return SafetyRule(code, code, severity, "Ask?", "Do.", **options)


RULES = (
    rule("cardiac", SafetySeverity.EMERGENCY),
    rule("fever", SafetySeverity.ABSOLUTE),
    rule("wound", SafetySeverity.LOCAL, exclude_recorded_site=True),
    rule("pregnancy", SafetySeverity.CAUTION, exclude_regions=("abdomen",), exclude_techniques=("stripping",)),
    rule("fibromyalgia", SafetySeverity.CAUTION, pressure_cap=2),
    rule("nerve", SafetySeverity.CAUTION, pressure_cap=3, scope=SafetyScope.LOCAL),
    rule("clearance", SafetySeverity.CAUTION, clearance_required=True),
)


def flag(code: str, *regions: str) -> ClientFlagFact:
    return ClientFlagFact(code, regions)


@pytest.mark.parametrize(
    ("flags", "region", "technique", "level", "outcome", "cap"),
    [
        ([], "calf", "friction", 5, "allow", None),
        ([flag("unknown")], "calf", "friction", 5, "allow", None),
        ([flag("cardiac")], None, None, None, "block", None),
        ([flag("fever")], "calf", "friction", 0, "block", None),
        ([flag("wound", "calf")], "calf", None, 1, "block", None),
        ([flag("wound", "calf")], "neck", None, 1, "warn", None),
        ([flag("pregnancy")], "abdomen", None, None, "block", None),
        ([flag("pregnancy")], "neck", "stripping", None, "block", None),
        ([flag("pregnancy")], "neck", "friction", 5, "warn", None),
        ([flag("fibromyalgia")], "neck", "friction", 2, "warn", 2),
        ([flag("fibromyalgia")], "neck", "friction", 3, "block", 2),
        ([flag("nerve", "calf")], "calf", None, 4, "block", 3),
        ([flag("nerve", "calf")], "neck", None, 4, "warn", None),
        ([flag("nerve")], "neck", None, 4, "block", 3),
        ([flag("nerve", "calf")], None, None, 4, "block", 3),
        ([flag("fibromyalgia"), flag("nerve")], "neck", None, 3, "block", 2),
        ([flag("clearance")], "neck", None, 5, "warn", None),
    ],
)
def test_verdict(flags, region, technique, level, outcome, cap):
    verdict = judge(RULES, flags, region, technique, level)

    assert (verdict.outcome, verdict.cap) == (outcome, cap)


def test_reasons_come_strongest_first_and_exclusions_are_the_union():
    verdict = judge(RULES, [flag("pregnancy"), flag("wound", "calf"), flag("fever")], None, None, None)

    assert [(reason.code, reason.outcome.value) for reason in verdict.reasons] == [
        ("fever", "block"),
        ("wound", "warn"),
        ("pregnancy", "warn"),
    ]
    assert verdict.excluded_regions == frozenset({"abdomen", "calf"})
    assert verdict.excluded_techniques == frozenset({"stripping"})


REGIONS = ("abdomen", "calf", "neck")
TECHNIQUES = ("stripping", "friction")
rules = st.builds(
    SafetyRule,
    code=st.sampled_from("abcdef"),
    title=st.just("t"),
    severity=st.sampled_from(SafetySeverity),
    question=st.just("?"),
    action=st.just("!"),
    hard_stop=st.booleans(),
    pressure_cap=st.none() | st.integers(0, 5),
    exclude_regions=st.lists(st.sampled_from(REGIONS), max_size=2).map(tuple),
    exclude_recorded_site=st.booleans(),
    exclude_techniques=st.lists(st.sampled_from(TECHNIQUES), max_size=2).map(tuple),
    clearance_required=st.booleans(),
    scope=st.sampled_from(SafetyScope),
)
flags = st.builds(
    ClientFlagFact,
    code=st.sampled_from("abcdefg"),
    region_ids=st.lists(st.sampled_from(REGIONS), max_size=2).map(tuple),
)
ORDER = tuple(SafetyOutcome)


@given(
    st.lists(rules, max_size=8),
    st.lists(flags, max_size=6),
    flags,
    st.none() | st.sampled_from(REGIONS),
    st.none() | st.sampled_from(TECHNIQUES),
    st.none() | st.integers(0, 5),
)
def test_one_more_answer_never_loosens(known_rules, answers, one_more, region, technique, level):
    before = judge(known_rules, answers, region, technique, level)
    after = judge(known_rules, [*answers, one_more], region, technique, level)

    assert ORDER.index(after.outcome) >= ORDER.index(before.outcome)
    assert (6 if after.cap is None else after.cap) <= (6 if before.cap is None else before.cap)
    assert after.excluded_regions >= before.excluded_regions
    assert after.excluded_techniques >= before.excluded_techniques
    assert after.clearance_required >= before.clearance_required
    assert set(after.reasons) >= set(before.reasons)


@given(st.lists(rules, max_size=8), st.lists(flags, max_size=6), st.sampled_from(REGIONS), st.integers(0, 4))
def test_more_pressure_is_never_judged_milder(known_rules, answers, region, level):
    lighter = judge(known_rules, answers, region, None, level)
    deeper = judge(known_rules, answers, region, None, level + 1)

    assert ORDER.index(deeper.outcome) >= ORDER.index(lighter.outcome)


@given(st.lists(rules, max_size=8), st.lists(flags, max_size=6), st.sampled_from(REGIONS), st.integers(0, 5))
def test_one_rule_per_code_is_never_looser_than_all_of_them(known_rules, answers, region, level):
    combined = one_per_code(known_rules)
    apart = judge(known_rules, answers, region, None, level)
    together = judge(combined, answers, region, None, level)

    assert len(combined) == len({rule.code for rule in known_rules})
    assert ORDER.index(together.outcome) >= ORDER.index(apart.outcome)
    assert (6 if together.cap is None else together.cap) <= (6 if apart.cap is None else apart.cap)
    assert together.excluded_regions >= apart.excluded_regions
    assert together.excluded_techniques == apart.excluded_techniques


def test_equal_rules_of_two_plugins_stay_as_they_are():
    assert one_per_code([*RULES, *RULES]) == RULES
