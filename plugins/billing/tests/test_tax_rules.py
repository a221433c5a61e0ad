"""Tax of a line: amounts, rates, and what a registration changes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic_billing.rules.tax_regimes import REGIMES, TaxQuestion, TaxVerdict, decide_tax, find_regime
from polyclinic_billing.rules.taxes import Amounts, RateTotal, amounts_of, by_rate, total_of
from polyclinic_billing.vocabulary import PriceTax, TaxCategory, TaxReason

DAY = date(2026, 11, 23)
BEFORE, AFTER = date(2026, 1, 1), date(2026, 12, 1)
RATES = st.sampled_from([Decimal(0), Decimal(5), Decimal(10), Decimal(13), Decimal("14.975"), Decimal(19), Decimal(20)])
MINOR = st.integers(0, 10**10)
T, W, OTHER = TaxCategory.TREATMENT, TaxCategory.WELLNESS, TaxCategory.OTHER


def ask(country, category=T, **known):
    return decide_tax(TaxQuestion(**{"country": country, "region": "", "category": category, "on": DAY, **known}))


@pytest.mark.parametrize(
    ("price", "rate", "kind", "amounts"),
    [
        (12000, "20", PriceTax.INCLUSIVE, (10000, 2000, 12000)),
        (10000, "20", PriceTax.EXCLUSIVE, (10000, 2000, 12000)),
        (9999, "19", PriceTax.INCLUSIVE, (8403, 1596, 9999)),
        (50, "5", PriceTax.EXCLUSIVE, (50, 3, 53)),
        (10, "5", PriceTax.EXCLUSIVE, (10, 1, 11)),
        (7500, "0", PriceTax.INCLUSIVE, (7500, 0, 7500)),
        (9000, "14.975", PriceTax.EXCLUSIVE, (9000, 1348, 10348)),
    ],
)
def test_tax_of_a_line_is_rounded_half_up(price, rate, kind, amounts):
    assert amounts_of(price, Decimal(rate), kind) == Amounts(*amounts)


@given(MINOR, RATES, st.sampled_from(PriceTax))
def test_net_and_tax_are_always_the_gross(price, rate, kind):
    found = amounts_of(price, rate, kind)

    assert found.net_minor + found.tax_minor == found.gross_minor
    assert price == (found.gross_minor if kind is PriceTax.INCLUSIVE else found.net_minor)
    assert 0 <= found.tax_minor <= found.gross_minor


@given(MINOR, RATES)
def test_tax_inside_a_price_is_within_half_a_unit_of_the_exact_one(price, rate):
    exact = Decimal(price) * rate / (100 + rate)

    assert abs(amounts_of(price, rate, PriceTax.INCLUSIVE).tax_minor - exact) <= Decimal("0.5")


@given(st.lists(st.tuples(RATES, MINOR), max_size=8))
def test_totals_of_the_rates_are_the_total_of_the_lines(lines):
    rows = [(rate, amounts_of(price, rate, PriceTax.INCLUSIVE)) for rate, price in lines]

    assert total_of(total.amounts for total in by_rate(rows)) == total_of(amounts for _, amounts in rows)


def test_rates_are_totalled_apart():
    rows = [(Decimal(20), Amounts(100, 20, 120)), (Decimal(0), Amounts(5, 0, 5)), (Decimal(20), Amounts(50, 10, 60))]

    assert by_rate(rows) == (
        RateTotal(Decimal(0), Amounts(5, 0, 5)),
        RateTotal(Decimal(20), Amounts(150, 30, 180)),
    )


@pytest.mark.parametrize(
    ("country", "region", "rate"),
    [("CA", "ON", "13"), ("CA", "AB", "5"), ("CA", "NS", "14"), ("CA", "QC", "14.975"), ("AU", "", "10")],
)
def test_registered_seller_charges_the_rate_of_the_region(country, region, rate):
    verdict = ask(country, region=region, seller_registered_on=BEFORE)

    assert (verdict.rate, verdict.reason) == (Decimal(rate), TaxReason.STANDARD)


def test_rate_of_nova_scotia_was_higher_before_april_2025():
    question = TaxQuestion("CA", "NS", T, date(2025, 3, 31), seller_registered_on=date(2020, 1, 1))

    assert decide_tax(question).rate == Decimal(15)


@pytest.mark.parametrize("country", ["CA", "AU", "GB", "DE"])
def test_nobody_registered_charges_no_tax(country):
    verdict = ask(country, W, seller_registered_on=AFTER)

    assert (verdict.rate, verdict.reason) == (Decimal(0), TaxReason.NOT_REGISTERED)


def test_tax_follows_the_therapist_who_is_registered_from_that_day_on():
    question = TaxQuestion("AU", "", T, DAY, therapist_registered_on=DAY)

    assert decide_tax(question).rate == Decimal(10)
    assert decide_tax(replace(question, on=date(2026, 11, 22))).rate == Decimal(0)


@pytest.mark.parametrize(
    ("country", "category", "authority", "reason", "rate"),
    [
        ("UK", T, "HCPC", TaxReason.EXEMPT, "0"),
        ("GB", T, "hcpc", TaxReason.EXEMPT, "0"),
        ("GB", T, "CNHC", TaxReason.STANDARD, "20"),
        ("GB", W, "HCPC", TaxReason.STANDARD, "20"),
        ("GB", OTHER, "HCPC", TaxReason.STANDARD, "20"),
        ("DE", T, "Gesundheitsamt", TaxReason.EXEMPT, "0"),
        ("DE", T, "", TaxReason.STANDARD, "19"),
        ("DE", W, "Gesundheitsamt", TaxReason.STANDARD, "19"),
        ("CA", T, "CMTO", TaxReason.STANDARD, "5"),
        ("AU", T, "AMT", TaxReason.STANDARD, "10"),
    ],
)
def test_only_some_countries_exempt_treatment_by_registered_therapists(country, category, authority, reason, rate):
    verdict = ask(country, category, authority=authority, seller_registered_on=BEFORE)

    assert (verdict.reason, verdict.rate) == (reason, Decimal(rate))


def test_states_leave_the_rate_to_the_clinic():
    assert ask("US").reason is TaxReason.NOT_TAXED
    assert ask("US", clinic_rate=Decimal("8.875")) == TaxVerdict(Decimal("8.875"), TaxReason.SET_HERE, "Sales tax")


def test_clinics_own_rate_does_not_tax_what_is_exempt():
    known = {"seller_registered_on": BEFORE, "clinic_rate": Decimal(12)}

    assert ask("GB", T, authority="HCPC", **known).rate == Decimal(0)
    assert ask("GB", W, **known).rate == Decimal(12)


def test_unknown_country_is_not_taxed_and_says_so():
    assert ask("XX", seller_registered_on=BEFORE).reason is TaxReason.UNKNOWN_COUNTRY


def test_five_countries_are_known():
    assert sorted(REGIMES) == ["AU", "CA", "DE", "GB", "US"]
    assert find_regime("uk") is REGIMES["GB"]
