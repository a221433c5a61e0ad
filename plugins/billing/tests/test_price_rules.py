"""Which price applies, what it makes of a visit, what a fee is, and how money is read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from polyclinic.sdk.errors import Invalid
from polyclinic_billing.rules.currencies import checked_currency, minor_of, money_text
from polyclinic_billing.rules.fees import FeeRule, fee_minor, is_late
from polyclinic_billing.rules.prices import Charge, Price, charge_of, check_amount, check_validity, find_price
from polyclinic_billing.vocabulary import Basis, FeePolicy

SERVICE, HERE, THERE = UUID(int=1), UUID(int=2), UUID(int=3)
JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)
GENERAL = Price(UUID(int=10), SERVICE, None, 6000, "GBP", Basis.VISIT, JANUARY, None)
OWN = replace(GENERAL, id=UUID(int=11), clinic_id=HERE, amount_minor=7000, valid_until=MARCH)
DOLLARS = replace(GENERAL, id=UUID(int=12), currency="USD", amount_minor=9000)
ALL = [GENERAL, OWN, DOLLARS]


@pytest.mark.parametrize(
    ("clinic_id", "day", "currency", "found"),
    [
        (HERE, JANUARY, "GBP", OWN),
        (HERE, date(2026, 2, 28), "GBP", OWN),
        (HERE, MARCH, "GBP", GENERAL),
        (THERE, JANUARY, "GBP", GENERAL),
        (HERE, JANUARY, "USD", DOLLARS),
        (HERE, date(2025, 12, 31), "GBP", None),
        (HERE, JANUARY, "EUR", None),
    ],
)
def test_price_of_the_clinic_comes_before_that_of_all_clinics(clinic_id, day, currency, found):
    assert find_price(ALL, clinic_id=clinic_id, day=day, currency=currency) == found


def test_price_for_each_minute_is_multiplied():
    assert charge_of(GENERAL, 45) == Charge(6000, 1, Basis.VISIT)
    assert charge_of(replace(GENERAL, amount_minor=120, basis=Basis.MINUTE), 45).total_minor == 5400


def test_price_must_hold_for_a_day_and_not_be_below_zero():
    check_validity(JANUARY, None)
    check_amount(0)

    with pytest.raises(Invalid) as ended:
        check_validity(JANUARY, JANUARY)
    with pytest.raises(Invalid) as negative:
        check_amount(-1)
    assert ended.value.errors[0].pointer == "/valid_until"
    assert negative.value.errors[0].pointer == "/amount"


@pytest.mark.parametrize("currency", ["", None, "  ", "XXQ", "pounds"])
def test_price_without_a_currency_is_refused_at_its_field(currency):
    with pytest.raises(Invalid) as refused:
        checked_currency(currency)

    assert refused.value.errors[0].pointer == "/currency"
    assert "for example GBP" in refused.value.errors[0].detail


def test_amounts_are_read_exactly_and_never_rounded():
    assert (minor_of("55.00", "GBP"), minor_of("55", "JPY"), minor_of("1.234", "KWD")) == (5500, 55, 1234)
    assert money_text(5500, "GBP") == "55.00 GBP"
    for text in ("1.005", "a", "", "1e9", "NaN"):
        with pytest.raises(Invalid):
            minor_of(text, "GBP")


def test_fee_is_a_part_of_the_price_where_the_policy_is_on():
    rule = FeeRule(FeePolicy.PERCENT, 50, 24)

    assert (fee_minor(rule, 6001), fee_minor(replace(rule, policy=FeePolicy.OFF), 6001)) == (3001, 0)


def test_cancelling_costs_only_within_the_notice():
    start = datetime(2026, 11, 24, 10, tzinfo=UTC)
    rule = FeeRule(FeePolicy.PERCENT, 50, 24)

    assert is_late(rule, cancelled_at=start - timedelta(hours=23), starts_at=start)
    assert not is_late(rule, cancelled_at=start - timedelta(hours=24), starts_at=start)
    assert not is_late(replace(rule, notice_hours=0), cancelled_at=start, starts_at=start)
