"""The vectors of the timed-unit rules; the codes are numbers in tests alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic_billing.rules.timed_units import ama_midpoint, cms_8_minute, units_of, units_of_total
from polyclinic_billing.vocabulary import TimedUnits

TOTALS = [
    (0, 0),
    (7, 0),
    (8, 1),
    (22, 1),
    (23, 2),
    (37, 2),
    (38, 3),
    (52, 3),
    (53, 4),
    (67, 4),
    (68, 5),
    (82, 5),
    (83, 6),
    (97, 6),
    (98, 7),
]
POOLED = [
    ({"97110": 33, "97140": 7}, {"97110": 2, "97140": 1}),
    ({"97112": 24, "97110": 23}, {"97112": 2, "97110": 1}),
    ({"97112": 20, "97110": 20}, {"97112": 2, "97110": 1}),
    ({"97112": 7, "97110": 7, "97140": 7}, {"97112": 1, "97110": 0, "97140": 0}),
    ({"97110": 18, "97140": 13, "97116": 10, "97035": 8}, {"97110": 1, "97140": 1, "97116": 1, "97035": 0}),
    ({"97140": 7}, {"97140": 0}),
]
ALONE = [
    ({"97110": 33, "97140": 7}, {"97110": 2, "97140": 0}),
    ({"97140": 53}, {"97140": 4}),
    ({"97112": 8, "97140": 8}, {"97112": 1, "97140": 1}),
]
MINUTES = st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), st.integers(0, 240), min_size=1)


@pytest.mark.parametrize(("minutes", "units"), TOTALS)
def test_units_of_a_days_minutes_follow_the_8_minute_rule(minutes, units):
    assert units_of_total(minutes) == units


@pytest.mark.parametrize(("minutes", "units"), POOLED)
def test_pooled_minutes_are_handed_out_whole_units_first(minutes, units):
    assert cms_8_minute(minutes) == units


@pytest.mark.parametrize(("minutes", "units"), ALONE)
def test_midpoint_rule_counts_each_code_alone(minutes, units):
    assert ama_midpoint(minutes) == units


@given(MINUTES)
def test_pooled_units_add_up_to_those_of_the_total(minutes):
    units = cms_8_minute(minutes)

    assert sum(units.values()) == units_of_total(sum(minutes.values()))
    assert all(minutes[code] // 15 <= count <= minutes[code] // 15 + 1 for code, count in units.items())


def test_no_units_are_counted_where_the_rule_is_off():
    assert units_of({"1": 60}, TimedUnits.OFF) == {}
    assert units_of({"1": 60}, TimedUnits.CMS_8_MINUTE) == {"1": 4}
    assert units_of({"1": 60}, TimedUnits.AMA_MIDPOINT) == {"1": 4}
