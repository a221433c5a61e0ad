"""Closing a day: expected from the ledger, counted, locked."""

from datetime import date, timedelta

import pytest

from polyclinic.sdk.api import PageRequest
from polyclinic.sdk.errors import Conflict, Invalid, NotFound
from polyclinic_billing.commands import CloseDay, RefundPayment
from polyclinic_billing.queries.day_closes import find_day_close, get_day_close, list_day_closes, till_of
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.vocabulary import Method

TODAY = date(2026, 11, 23)


def close(desk, cash, day=TODAY, *, note="", clinic=None, role="chain_administrator", **counted):
    counts = {Method.CASH: cash} | {Method(name): amount for name, amount in counted.items()}
    return desk.do(close_day, CloseDay((clinic or desk.world.clinic).id, day, counts, note), role=role)


def rows(counts):
    return {one.method: (one.expected_minor, one.counted_minor, one.difference_minor) for one in counts}


def test_till_should_hold_float_and_cash_less_refunds(desk, settings):
    settings(till_float="100.00", till_name="Front")
    payment = desk.pay(desk.issue())
    desk.pay(desk.issue(), 2000, method=Method.CARD)
    desk.do(refund_payment, RefundPayment(payment.id, 500, "Sorry"))

    till = desk.do(till_of, desk.world.clinic.id, TODAY)

    assert (till.till_name, till.float_minor, till.currency) == ("Front", 10000, "GBP")
    assert {one.method: one.expected_minor for one in till.counts} == {"cash": 15500, "card": 2000, "transfer": 0}


def test_day_is_closed_with_a_difference_that_is_explained(desk):
    desk.pay(desk.issue())

    closed = close(desk, 5900, note="A pound short")

    assert rows(closed.counts) == {"cash": (6000, 5900, -100), "card": (0, 0, 0), "transfer": (0, 0, 0)}
    assert desk.do(find_day_close, desk.world.clinic.id, TODAY) == closed
    assert desk.do(get_day_close, closed.id) == closed


def test_difference_without_a_note_is_refused(desk):
    desk.pay(desk.issue())

    with pytest.raises(Invalid) as refused:
        close(desk, 5900)

    assert refused.value.errors[0].pointer == "/note"
    assert desk.do(find_day_close, desk.world.clinic.id, TODAY) is None


def test_day_is_closed_once(desk):
    first = close(desk, 0)

    with pytest.raises(Invalid, match="never opened again") as refused:
        close(desk, 0)

    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/day", "day_closed")
    assert desk.do(list_day_closes, PageRequest()).rows == [first]


def test_day_to_come_is_not_closed(desk):
    with pytest.raises(Invalid) as refused:
        close(desk, 0, TODAY + timedelta(days=1))

    assert refused.value.errors[0].pointer == "/day"


def test_money_after_the_close_counts_on_the_next_day(desk):
    issued = desk.issue()
    close(desk, 0)

    payment = desk.pay(issued)

    assert payment.received_on == TODAY + timedelta(days=1)
    with pytest.raises(Invalid, match="is closed") as refused:
        desk.pay(desk.issue(), received_on=TODAY)
    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/received_on", "day_closed")


def test_refund_after_the_close_counts_on_the_next_day(desk):
    payment = desk.pay(desk.issue())
    close(desk, 6000)

    made = desk.do(refund_payment, RefundPayment(payment.id, 1000, "Sorry"))

    assert made.refunded_on == TODAY + timedelta(days=1)
    with pytest.raises(Invalid) as refused:
        desk.do(refund_payment, RefundPayment(payment.id, 1000, "Sorry", refunded_on=TODAY))
    assert refused.value.errors[0].pointer == "/refunded_on"


def test_clinics_close_their_days_on_their_own(desk):
    close(desk, 0)

    there = desk.world.other_clinic
    assert desk.do(find_day_close, there.id, TODAY) is None
    closed = close(desk, 0, clinic=there)
    with pytest.raises(NotFound):
        close(desk, 0, TODAY - timedelta(days=1), clinic=there, role="clinic_manager")
    with pytest.raises(NotFound):
        desk.do(get_day_close, closed.id, role="clinic_manager")
    with pytest.raises(NotFound):
        desk.do(till_of, there.id, TODAY, role="clinic_manager")
    assert closed.id not in {one.id for one in desk.do(list_day_closes, PageRequest(), role="clinic_manager").rows}


def test_clinic_that_sells_nothing_has_no_till(bare_desk):
    with pytest.raises(Conflict) as refused:
        bare_desk.do(till_of, bare_desk.world.clinic.id, TODAY)

    assert refused.value.code == "no_legal_entity"
