"""Prices and sellers: set, ended, refused; who may."""

from datetime import date

import pytest

from polyclinic.sdk.api import PageRequest
from polyclinic.sdk.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from polyclinic_billing.commands import AssignClinic, CreateLegalEntity, EndPrice, SetPrice, UpdateLegalEntity
from polyclinic_billing.queries.prices import PriceFilter, find_price_for, list_prices
from polyclinic_billing.queries.sellers import list_legal_entities, seller_of_clinic
from polyclinic_billing.services.pricing import end_price, set_price
from polyclinic_billing.services.sellers import assign_clinic, create_legal_entity, update_legal_entity

LONG_AGO, TODAY, LATER = date(2020, 1, 1), date(2026, 11, 23), date(2027, 1, 1)


def amount_on(desk, day, clinic=None):
    found = desk.do(find_price_for, desk.service.id, (clinic or desk.world.clinic).id, day)
    return found and found.amount_minor


def test_price_of_a_clinic_comes_before_the_price_of_all(desk):
    desk.do(set_price, SetPrice(desk.service.id, desk.world.clinic.id, 7000, "gbp", TODAY, LATER))

    assert (amount_on(desk, TODAY), amount_on(desk, LATER)) == (7000, 6000)
    assert amount_on(desk, TODAY, desk.world.other_clinic) == 6000
    assert amount_on(desk, date(2019, 12, 31)) is None


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"currency": ""}, "/currency", "Name the currency"),
        ({"currency": "ZZ1"}, "/currency", "is no currency"),
        ({"amount_minor": -1}, "/amount", "below zero"),
        ({"valid_from": TODAY}, "/valid_from", "End it first"),
        ({"valid_from": date(2019, 1, 1), "valid_until": date(2020, 1, 2)}, "/valid_from", "End it first"),
        ({"valid_from": LATER, "valid_until": LATER}, "/valid_until", "Give a later day"),
    ],
)
def test_wrong_price_is_refused_at_its_field_with_a_remedy(desk, changes, pointer, words):
    wanted = {"service_id": desk.service.id, "clinic_id": None, "amount_minor": 1, "currency": "GBP"}

    with pytest.raises(Invalid) as refused:
        desk.do(set_price, SetPrice(**({**wanted, "valid_from": LATER} | changes)))

    assert refused.value.errors[0].pointer == pointer
    assert words in refused.value.errors[0].detail
    assert len(desk.do(list_prices, PriceFilter(), PageRequest()).rows) == 1


def test_prices_that_follow_each_other_do_not_overlap(desk):
    first = desk.do(list_prices, PriceFilter(), PageRequest()).rows[0]
    desk.do(end_price, EndPrice(first.id, first.row_version, LATER))

    desk.do(set_price, SetPrice(desk.service.id, None, 6500, "GBP", LATER))

    assert (amount_on(desk, date(2026, 12, 31)), amount_on(desk, LATER)) == (6000, 6500)


def test_new_price_may_replace_the_one_that_holds(desk):
    desk.do(set_price, SetPrice(desk.service.id, None, 6500, "GBP", LATER, replaces=True))

    assert (amount_on(desk, date(2026, 12, 31)), amount_on(desk, LATER)) == (6000, 6500)


def test_price_that_has_begun_is_not_taken_back(desk):
    first = desk.do(list_prices, PriceFilter(), PageRequest()).rows[0]

    with pytest.raises(Invalid) as refused:
        desk.do(end_price, EndPrice(first.id, first.row_version, LONG_AGO))
    with pytest.raises(Stale):
        desk.do(end_price, EndPrice(first.id, first.row_version + 1, LATER))

    assert refused.value.errors[0].pointer == "/valid_until"


def test_price_that_has_not_begun_is_removed(desk):
    made = desk.do(set_price, SetPrice(desk.service.id, desk.world.clinic.id, 1, "GBP", LATER))

    assert desk.do(end_price, EndPrice(made.id, made.row_version, LATER)) is None
    assert amount_on(desk, LATER) == 6000


def test_manager_sets_prices_of_the_own_clinic_alone(desk):
    def wanted(clinic):
        return SetPrice(desk.service.id, clinic and clinic.id, 1, "GBP", TODAY)

    desk.do(set_price, wanted(desk.world.clinic), role="clinic_manager")
    with pytest.raises(NotFound):
        desk.do(set_price, wanted(desk.world.other_clinic), role="clinic_manager")
    with pytest.raises(NotAllowed):
        desk.do(set_price, wanted(None), role="clinic_manager")
    with pytest.raises(NotAllowed):
        desk.do(set_price, wanted(desk.world.clinic), role="front_desk")


def test_list_of_a_clinic_leaves_out_prices_of_others(desk):
    there = desk.do(set_price, SetPrice(desk.service.id, desk.world.other_clinic.id, 5, "GBP", TODAY))

    own = desk.do(list_prices, PriceFilter(), PageRequest(), role="clinic_manager").rows
    every = desk.do(list_prices, PriceFilter(), PageRequest()).rows

    assert there.id in {row.id for row in every}
    assert there.id not in {row.id for row in own}
    with pytest.raises(NotFound):
        desk.do(list_prices, PriceFilter(clinic_id=desk.world.other_clinic.id), PageRequest(), role="clinic_manager")


def test_clinic_sells_in_the_name_it_was_given_or_the_default_one(desk):
    other = desk.do(create_legal_entity, CreateLegalEntity("South Inc", "USD", "US-", country="US"))
    desk.do(assign_clinic, AssignClinic(desk.world.other_clinic.id, other.id))

    assert desk.do(seller_of_clinic, desk.world.clinic.id).id == desk.seller.id
    assert desk.do(seller_of_clinic, desk.world.other_clinic.id).id == other.id
    desk.do(assign_clinic, AssignClinic(desk.world.other_clinic.id, None))
    assert desk.do(seller_of_clinic, desk.world.other_clinic.id).id == desk.seller.id


def test_new_default_seller_takes_the_place_of_the_old_one(desk):
    other = desk.do(create_legal_entity, CreateLegalEntity("New Ltd", "GBP", "NEW-", is_default=True))

    assert [(row.id, row.is_default) for row in desk.do(list_legal_entities)] == [
        (desk.seller.id, False),
        (other.id, True),
    ]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"number_prefix": "INV-"}, Conflict),
        ({"number_prefix": "inv-"}, Conflict),
        ({"number_prefix": ""}, Invalid),
        ({"number_prefix": "a b"}, Invalid),
        ({"currency": ""}, Invalid),
        ({"name": " "}, Invalid),
    ],
)
def test_seller_needs_a_name_a_currency_and_a_prefix_of_its_own(desk, changes, error):
    with pytest.raises(error):
        desk.do(
            create_legal_entity, CreateLegalEntity(**({"name": "X", "currency": "GBP", "number_prefix": "X"} | changes))
        )


def test_sellers_currency_and_prefix_stay(desk):
    version = desk.seller.row_version

    for field in ("currency", "number_prefix"):
        with pytest.raises(Invalid) as refused:
            desk.do(update_legal_entity, UpdateLegalEntity(desk.seller.id, version, {field: "EUR"}))
        assert refused.value.errors[0].pointer == f"/{field}"
    with pytest.raises(Stale):
        desk.do(update_legal_entity, UpdateLegalEntity(desk.seller.id, version + 7, {"name": "Y"}))
    assert desk.do(update_legal_entity, UpdateLegalEntity(desk.seller.id, version, {"name": "Y"})).name == "Y"
