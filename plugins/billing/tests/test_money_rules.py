"""Allocation, refunds, packages, states, ledger, credit notes, ageing and the day close: pure arithmetic."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyclinic.sdk.errors import Conflict, Invalid
from polyclinic_billing.rules import ledger
from polyclinic_billing.rules.ageing import bucket_of
from polyclinic_billing.rules.allocation import OpenInvoice, Part, Share, allocate, check_refund, spread_refund
from polyclinic_billing.rules.crediting import Rest, credits_of, share_of
from polyclinic_billing.rules.day_close import Count, booking_day, check_note, counts_of, expected
from polyclinic_billing.rules.invoice_states import Standing, check_credit, check_voidable
from polyclinic_billing.rules.packages import Balance, check_redeemable, fitting, visit_value
from polyclinic_billing.rules.rounding import half_up, half_up_ratio, spread
from polyclinic_billing.rules.taxes import Amounts, amounts_of, total_of
from polyclinic_billing.vocabulary import InvoiceKind, InvoiceState, InvoiceStatus, Method, PriceTax, TaxPoint

A, B, SERVICE = UUID(int=1), UUID(int=2), UUID(int=9)
DAY = date(2026, 11, 23)
OPEN = [OpenInvoice(A, "INV-000001", 5000, "GBP"), OpenInvoice(B, "INV-000002", 3000, "GBP")]
PACKAGE = Balance(A, None, 10, 0, 45000, "GBP", date(2026, 1, 1), date(2026, 12, 31))
ISSUED = Standing(InvoiceStatus.ISSUED, 10000, 0, 0, "GBP")


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("1.5", 2), ("2.4999", 2), ("-0.5", -1), ("-1.4", -1)])
def test_halves_are_rounded_away_from_zero(value, rounded):
    assert half_up(Decimal(value)) == rounded


@given(st.integers(0, 10**9), st.integers(1, 1000))
def test_ratio_is_rounded_like_a_decimal(numerator, denominator):
    assert half_up_ratio(numerator, denominator) == half_up(Decimal(numerator) / denominator)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_spreading_loses_nothing(total, weights):
    parts = spread(total, weights)

    assert sum(parts) == total
    if total <= sum(weights):
        assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("amount", "parts", "shares"),
    [
        (5000, [Part(A)], [Share(A, 5000)]),
        (2000, [Part(A)], [Share(A, 2000)]),
        (8000, [Part(A), Part(B)], [Share(A, 5000), Share(B, 3000)]),
        (6000, [Part(B), Part(A)], [Share(B, 3000), Share(A, 3000)]),
        (4000, [Part(A, 1000), Part(B, 3000)], [Share(A, 1000), Share(B, 3000)]),
    ],
)
def test_payment_is_split_in_the_order_given(amount, parts, shares):
    assert allocate(amount, "GBP", parts, OPEN) == tuple(shares)


@pytest.mark.parametrize(
    ("amount", "parts", "pointer", "words"),
    [
        (5001, [Part(A)], "/amount", "Take 50.00 GBP or less"),
        (8001, [Part(A), Part(B)], "/amount", "Take 80.00 GBP or less"),
        (9000, [Part(A, 5001), Part(B)], "/allocations/0/amount", "Only 50.00 GBP of invoice INV-000001 are open"),
        (1000, [Part(A, 900), Part(B, 200)], "/allocations/1/amount", "more than the payment"),
        (0, [Part(A)], "/amount", "above zero"),
        (-5, [Part(A)], "/amount", "above zero"),
        (100, [Part(A), Part(A)], "/allocations", "once"),
    ],
)
def test_payment_larger_than_what_is_open_is_refused_naming_it(amount, parts, pointer, words):
    with pytest.raises(Invalid) as refused:
        allocate(amount, "GBP", parts, OPEN)

    assert refused.value.errors[0].pointer == pointer
    assert words in refused.value.errors[0].detail


def test_payment_in_another_currency_is_refused():
    with pytest.raises(Invalid) as refused:
        allocate(100, "EUR", [Part(A)], OPEN)

    assert refused.value.errors[0].pointer == "/currency"


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_allocation_never_exceeds_what_is_open(amount, opens):
    invoices = [OpenInvoice(UUID(int=i), str(i), rest, "GBP") for i, rest in enumerate(opens)]
    parts = [Part(invoice.id) for invoice in invoices]

    if amount > sum(opens):
        with pytest.raises(Invalid if any(opens) else Conflict):
            allocate(amount, "GBP", parts, invoices)
        return
    shares = {share.invoice_id: share.amount_minor for share in allocate(amount, "GBP", parts, invoices)}
    assert sum(shares.values()) == amount
    assert all(0 < share <= opens[invoice_id.int] for invoice_id, share in shares.items())


@pytest.mark.parametrize(
    ("amount", "refunded", "code"), [(1, 1000, "refunded"), (501, 500, "refund_too_large"), (0, 0, "invalid")]
)
def test_refund_is_at_most_what_is_left_of_the_payment(amount, refunded, code):
    with pytest.raises(Invalid) as refused:
        check_refund(amount, 1000, refunded, "GBP")

    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/amount", code)


def test_refund_is_taken_first_from_what_is_overpaid():
    rows = [(A, 5000, 0), (B, 3000, 2000)]

    assert spread_refund(2000, rows) == (Share(B, 2000),)
    assert spread_refund(6000, rows) == (Share(A, 4000), Share(B, 2000))
    assert spread_refund(8000, rows) == (Share(A, 5000), Share(B, 3000))


def test_package_that_expires_first_pays_first():
    endless = replace(PACKAGE, id=B, expires_on=None, sold_on=date(2025, 1, 1))
    late = replace(PACKAGE, id=UUID(int=3), expires_on=date(2027, 1, 31))
    used = replace(PACKAGE, id=UUID(int=4), visits_used=10)
    expired = replace(PACKAGE, id=UUID(int=5), expires_on=date(2026, 11, 22))
    other = replace(PACKAGE, id=UUID(int=6), service_id=B)
    closed = replace(PACKAGE, id=UUID(int=7), is_closed=True)

    found = fitting([endless, late, used, expired, other, closed, PACKAGE], SERVICE, DAY, "GBP")

    assert found == (PACKAGE, late, endless)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_closed": True}, "package_closed"),
        ({"expires_on": date(2026, 11, 22)}, "package_expired"),
        ({"visits_used": 10}, "package_used_up"),
        ({"service_id": B}, "package_other_service"),
        ({"currency": "EUR"}, "package_other_currency"),
    ],
)
def test_package_that_cannot_pay_says_why(changes, code):
    with pytest.raises(Conflict) as refused:
        check_redeemable(replace(PACKAGE, **changes), SERVICE, DAY, "GBP")

    assert refused.value.code == code


@given(st.integers(0, 10**6), st.integers(1, 60))
def test_visits_of_a_package_are_worth_what_was_paid(value, visits):
    left, worth = value, []
    for used in range(visits):
        worth.append(visit_value(replace(PACKAGE, visits_total=visits, visits_used=used, value_left_minor=left)))
        left -= worth[-1]

    assert (left, sum(worth)) == (0, value)
    assert max(worth) - min(worth) <= 1


@pytest.mark.parametrize(
    ("status", "gross", "paid", "credited", "state", "open_minor", "refundable"),
    [
        ("draft", 10000, 0, 0, "draft", 0, 0),
        ("issued", 10000, 0, 0, "issued", 10000, 0),
        ("issued", 10000, 1, 0, "part_paid", 9999, 0),
        ("issued", 10000, 10000, 0, "paid", 0, 0),
        ("issued", 10000, 0, 2000, "issued", 8000, 0),
        ("issued", 10000, 8000, 2000, "paid", 0, 0),
        ("issued", 10000, 10000, 2000, "paid", 0, 2000),
        ("issued", 10000, 10000, 10000, "credited", 0, 10000),
        ("issued", 0, 0, 0, "paid", 0, 0),
        ("void", 10000, 0, 0, "void", 0, 0),
    ],
)
def test_state_follows_from_payments_and_credit(status, gross, paid, credited, state, open_minor, refundable):
    standing = Standing(InvoiceStatus(status), gross, paid, credited, "GBP")

    assert standing.state is InvoiceState(state)
    assert (standing.open_minor, standing.refundable_minor) == (open_minor, refundable)


def test_paid_invoice_is_not_voided_and_says_what_to_do():
    with pytest.raises(Conflict, match="Refund the payment first, or write a credit note") as refused:
        check_voidable(replace(ISSUED, paid_minor=100))

    assert refused.value.code == "invoice_paid"


@pytest.mark.parametrize(("credited", "amount"), [(0, 10001), (0, 0), (4000, 6001), (10000, 1)])
def test_credit_is_at_most_what_is_left(credited, amount):
    with pytest.raises(Conflict):
        check_credit(replace(ISSUED, credited_minor=credited), amount)


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from(["0", "5", "14.975", "20"])), min_size=1, max_size=5),
    st.data(),
)
def test_credit_notes_take_back_exactly_what_was_invoiced(lines, data):
    rests = {
        UUID(int=i): Rest(UUID(int=i), Decimal(rate), amounts_of(price, Decimal(rate), PriceTax.INCLUSIVE))
        for i, (price, rate) in enumerate(lines)
    }
    whole = total_of(rest.amounts for rest in rests.values())
    taken = Amounts(0, 0, 0)
    while taken.gross_minor < whole.gross_minor:
        amount = data.draw(st.integers(1, whole.gross_minor - taken.gross_minor))
        for credit in credits_of(amount, list(rests.values())):
            rests[credit.line_id] = replace(
                rests[credit.line_id], amounts=rests[credit.line_id].amounts - credit.amounts
            )
            taken += credit.amounts
            assert min(rests[credit.line_id].amounts.tax_minor, rests[credit.line_id].amounts.net_minor) >= 0
        if amount * 3 < whole.gross_minor:
            break

    left = total_of(rest.amounts for rest in rests.values())
    assert taken + left == whole


def test_share_of_a_package_has_its_share_of_tax():
    assert share_of(Amounts(10000, 2000, 12000), 3000) == Amounts(3000, 600, 3600)
    assert share_of(Amounts(10000, 2000, 12000), 10000) == Amounts(10000, 2000, 12000)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(InvoiceKind))
def test_every_entry_is_balanced(net, tax, kind):
    amounts = Amounts(net, tax, net + tax)
    for postings in (
        ledger.of_issue(kind, amounts),
        ledger.of_credit(kind, amounts),
        ledger.of_payment(Method.CASH, net),
        ledger.of_refund(Method.CARD, net),
        ledger.of_redemption(TaxPoint.SALE, net),
        ledger.of_redemption(TaxPoint.REDEMPTION, net),
        ledger.of_difference(net - tax),
    ):
        assert ledger.is_balanced(postings)
        assert all((one.debit_minor > 0) != (one.credit_minor > 0) for one in postings)


@pytest.mark.parametrize(
    ("due_on", "bucket"),
    [
        (date(2026, 11, 23), "not_due"),
        (date(2026, 11, 22), "days_1_30"),
        (date(2026, 10, 24), "days_1_30"),
        (date(2026, 10, 23), "days_31_60"),
        (date(2026, 9, 23), "days_61_90"),
        (date(2026, 8, 24), "over_90"),
    ],
)
def test_receivables_age_by_days_after_they_were_due(due_on, bucket):
    assert bucket_of(due_on, DAY) == bucket


def test_till_should_hold_its_float_and_the_days_cash():
    assert expected({Method.CASH: 5000, Method.CARD: 700}, 10000) == {
        Method.CASH: 15000,
        Method.CARD: 700,
        Method.TRANSFER: 0,
    }


def test_methods_that_were_not_counted_are_as_expected():
    should = expected({Method.CASH: 5000, Method.CARD: 700}, 10000)

    counts = counts_of(should, {Method.CASH: 14900})

    assert counts == (
        Count(Method.CASH, 15000, 14900),
        Count(Method.CARD, 700, 700),
        Count(Method.TRANSFER, 0, 0),
    )
    assert [count.difference_minor for count in counts] == [-100, 0, 0]
    with pytest.raises(Invalid) as refused:
        check_note(counts, " ")
    assert refused.value.errors[0].pointer == "/note"


@pytest.mark.parametrize("counted", [{}, {Method.CARD: 1}, {Method.CASH: -1}, {Method.CASH: 1, Method.PACKAGE: 1}])
def test_cash_must_be_counted(counted):
    with pytest.raises(Invalid):
        counts_of(expected({}, 0), counted)


def test_money_without_a_day_goes_to_the_next_open_till():
    closed = {date(2026, 11, 23), date(2026, 11, 24)}

    assert booking_day(None, DAY, set()) == DAY
    assert booking_day(None, DAY, closed) == date(2026, 11, 25)
    assert booking_day(date(2026, 11, 20), DAY, closed) == date(2026, 11, 20)
    for wanted in (DAY, date(2026, 11, 25)):
        with pytest.raises(Invalid) as refused:
            booking_day(wanted, DAY, closed)
        assert refused.value.errors[0].pointer == "/received_on"
