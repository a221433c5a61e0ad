"""Many at once, with real commits: numbers without gaps, one payment for one key, one invoice for one visit."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from polyclinic.sdk.errors import Conflict
from polyclinic_billing.commands import CloseDay, DraftForAppointment, IssueInvoice
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.queries.day_closes import till_of
from polyclinic_billing.queries.payments import payments_of_invoices
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.drafting import draft_invoice_for_appointment
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.vocabulary import Method

THREADS = 20


def together(count, act):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(act, range(count)))


def test_numbers_have_no_gap_under_twenty_threads_even_when_some_roll_back(live_desk):
    drafts = [live_desk.draft() for _ in range(THREADS)]

    class BrokenOff(Exception):
        pass

    def issue(number):
        def act(ctx):
            issued = issue_invoice(ctx, IssueInvoice(drafts[number].id, drafts[number].row_version))
            if number % 5 == 0:
                raise BrokenOff
            return issued.number_text

        try:
            return live_desk.do(act)
        except BrokenOff:
            return None

    numbers = [number for number in together(THREADS, issue) if number]

    first = int(min(numbers).removeprefix("INV-"))
    assert sorted(numbers) == [f"INV-{number:06d}" for number in range(first, first + 16)]


def test_visit_is_drafted_once_by_twenty_at_once(live_desk):
    visit = live_desk.visit()

    ids = together(THREADS, lambda _: live_desk.do(draft_invoice_for_appointment, DraftForAppointment(visit.id)).id)

    found = live_desk.do(lambda ctx: ctx.db.execute(select(Invoice.id).where(Invoice.appointment_id == visit.id)).all())
    assert (len(set(ids)), len(found)) == (1, 1)


def test_invoice_is_paid_once_by_twenty_at_once(live_desk):
    issued = live_desk.issue()

    def pay(_):
        try:
            return live_desk.pay(issued).amount_minor
        except Conflict as error:
            return error.code

    assert Counter(together(THREADS, pay)) == {6000: 1, "nothing_open": THREADS - 1}
    assert live_desk.now(issued).paid_minor == 6000


def test_package_is_never_redeemed_more_often_than_sold(live_desk):
    live_desk.sell(3, 10000)
    visits = [live_desk.visit() for _ in range(8)]

    def redeem(number):
        try:
            return live_desk.redeem(visits[number]).state
        except Conflict as error:
            return error.code

    found = Counter(together(8, redeem))

    assert found["paid"] == 3
    assert set(found) <= {"paid", "no_package", "package_used_up"}


def test_money_is_either_in_the_closed_day_or_on_the_next_one(live_desk):
    invoices = [live_desk.issue() for _ in range(8)]
    today = datetime.now(UTC).date()
    clinic_id = live_desk.world.clinic.id
    before = live_desk.do(till_of, clinic_id, today).counts[0].expected_minor

    def act(number):
        if number == 4:
            return live_desk.do(close_day, CloseDay(clinic_id, today, {Method.CASH: 0}, "Counted nothing"))
        return live_desk.pay(invoices[number])

    results = together(8, act)

    closed = results.pop(4)
    counted = sum(1 for payment in results if payment.received_on == today)
    expected = {count.method: count.expected_minor for count in closed.counts}
    assert expected["cash"] == before + counted * 6000


@pytest.mark.parametrize("posts", [200])
def test_two_hundred_identical_payment_posts_make_one_payment(live_desk, posts):
    issued = live_desk.issue()
    body = {
        "clinic_id": str(issued.clinic_id),
        "method": "cash",
        "amount": {"amount": "60.00", "currency": "GBP"},
        "allocations": [{"invoice_id": str(issued.id)}],
    }
    client = live_desk.http("front_desk")

    def post(_):
        answer = client.post("/api/v1/ext/billing/payments", body, key="the same")
        return answer.status_code, answer.get_data()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(post, range(posts)))

    assert Counter(status for status, _ in answers) == {201: posts}
    assert len({data for _, data in answers}) == 1
    assert len(live_desk.do(payments_of_invoices, [issued.id])[issued.id]) == 1
    assert live_desk.now(issued).paid_minor == 6000
