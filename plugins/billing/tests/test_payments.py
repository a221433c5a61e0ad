"""Payments, refunds and what they leave open."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from polyclinic.kit.pagination import decode_cursor
from polyclinic.sdk.api import PageRequest
from polyclinic.sdk.errors import Conflict, Invalid, NotAllowed, NotFound
from polyclinic_billing.commands import AllocationPart, CreditInvoice, RecordPayment, RefundPayment, VoidInvoice
from polyclinic_billing.queries.details import get_invoice_detail, get_payment_detail
from polyclinic_billing.queries.payments import PaymentFilter, get_payment, list_payments, payments_of_invoices
from polyclinic_billing.queries.receivables import ReceivableFilter, list_receivables
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import Method

TODAY = date(2026, 11, 23)


def refund(desk, payment, amount, **known):
    role = known.pop("role", "chain_administrator")
    return desk.do(refund_payment, RefundPayment(payment.id, amount, known.pop("reason", "Sorry"), **known), role=role)


def test_invoice_is_paid_in_parts_by_several_methods(desk):
    issued = desk.issue()

    desk.pay(issued, 2500)
    half = desk.now(issued)
    desk.pay(issued, 3500, method=Method.CARD, reference="4711")
    paid = desk.now(issued)

    assert [(one.state, one.paid_minor, one.open_minor) for one in (half, paid)] == [
        ("part_paid", 2500, 3500),
        ("paid", 6000, 0),
    ]
    known = [(one.method, one.amount_minor, one.on) for one in desk.do(get_invoice_detail, issued.id).payments]
    assert known == [("cash", 2500, TODAY), ("card", 3500, TODAY)]


def test_one_payment_settles_several_invoices(desk):
    first, second = desk.issue(), desk.issue()

    parts = (AllocationPart(first.id), AllocationPart(second.id, 4000))
    payment = desk.pay(first, 10000, allocations=parts)

    shares = {one.invoice_id: one.amount_minor for one in desk.do(get_payment_detail, payment.id).allocations}
    assert shares == {first.id: 6000, second.id: 4000}
    assert desk.now(second).open_minor == 2000


def test_payment_larger_than_the_invoice_is_refused_and_nothing_is_lost(desk):
    issued = desk.issue()

    with pytest.raises(Invalid) as refused:
        desk.pay(issued, 6001)

    error = refused.value.errors[0]
    assert (error.pointer, error.code) == ("/amount", "overpayment")
    assert "Take 60.00 GBP or less" in error.detail
    assert desk.now(issued) == issued
    assert desk.do(list_payments, PaymentFilter(), PageRequest()).rows == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"currency": ""}, "/currency"),
        ({"currency": "EUR"}, "/currency"),
        ({"amount": 0}, "/amount"),
        ({"method": Method.PACKAGE}, "/method"),
        ({"allocations": ()}, "/allocations"),
        ({"received_on": date(2026, 11, 24)}, "/received_on"),
        ({"reference": "x" * 201}, "/reference"),
    ],
)
def test_wrong_payment_is_refused_at_its_field(desk, changes, pointer):
    issued = desk.issue()

    with pytest.raises(Invalid) as refused:
        desk.pay(issued, **changes)

    assert refused.value.errors[0].pointer == pointer
    assert desk.now(issued) == issued


def test_draft_and_void_invoice_take_no_money(desk):
    draft, issued = desk.draft(), desk.issue()
    void = desk.do(void_invoice, VoidInvoice(issued.id, issued.row_version, "Wrong"))

    for invoice, code in ((draft, "invoice_is_draft"), (void, "invoice_void")):
        with pytest.raises(Conflict) as refused:
            desk.pay(invoice)
        assert refused.value.code == code


def test_repeated_payment_with_the_same_id_is_one_payment(desk):
    issued, known = desk.issue(), uuid4()

    first = desk.pay(issued, payment_id=known)
    again = desk.pay(issued, payment_id=known)

    assert first == again
    assert desk.now(issued).paid_minor == 6000
    with pytest.raises(Conflict) as refused:
        desk.pay(issued, 1, payment_id=known)
    assert refused.value.code == "payment_exists"


def test_refund_opens_the_invoice_again(desk):
    issued = desk.issue()
    payment = desk.pay(issued)

    made = refund(desk, payment, 1500)

    assert (made.amount_minor, made.method, made.refunded_on) == (1500, "cash", TODAY)
    assert (desk.now(issued).state, desk.now(issued).open_minor) == ("part_paid", 1500)
    assert desk.do(get_payment, payment.id).refundable_minor == 4500


def test_refund_beyond_what_is_left_is_refused(desk):
    payment = desk.pay(desk.issue())
    refund(desk, payment, 4000)

    with pytest.raises(Invalid, match=r"Only 20\.00 GBP of this payment are left") as refused:
        refund(desk, payment, 4000)

    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/amount", "refund_too_large")
    assert desk.do(get_payment, payment.id).refunded_minor == 4000


def test_same_refund_twice_is_refused_or_answered_by_its_id(desk):
    payment, known = desk.pay(desk.issue()), uuid4()
    first = refund(desk, payment, 6000, refund_id=known)

    assert refund(desk, payment, 6000, refund_id=known) == first
    with pytest.raises(Invalid, match="refunded in full already") as refused:
        refund(desk, payment, 6000)
    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/amount", "refunded")


def test_refund_needs_a_reason_and_an_amount(desk):
    payment = desk.pay(desk.issue())

    for amount, reason, pointer in ((100, " ", "/reason"), (0, "x", "/amount"), (-1, "x", "/amount")):
        with pytest.raises(Invalid) as refused:
            refund(desk, payment, amount, reason=reason)
        assert refused.value.errors[0].pointer == pointer


def test_credited_part_of_a_paid_invoice_is_refunded_without_opening_it(desk):
    issued = desk.issue()
    payment = desk.pay(issued)
    desk.do(credit_invoice, CreditInvoice(issued.id, desk.now(issued).row_version, "Half", 3000))
    over = desk.now(issued)

    refund(desk, payment, 3000)

    assert (over.state, over.refundable_minor, over.open_minor) == ("paid", 3000, 0)
    now = desk.now(issued)
    assert (now.state, now.refundable_minor, now.open_minor) == ("paid", 0, 0)


def test_refunded_invoice_can_be_voided(desk):
    issued = desk.issue()
    refund(desk, desk.pay(issued), 6000)

    void = desk.do(void_invoice, VoidInvoice(issued.id, desk.now(issued).row_version, "Wrong client"))

    assert void.state == "void"


def test_receivables_are_as_of_a_day(desk):
    first, second = desk.issue(), desk.issue()
    desk.pay(first, 1000)
    desk.pay(second)

    now = desk.do(list_receivables, ReceivableFilter(TODAY), PageRequest()).rows
    before = desk.do(list_receivables, ReceivableFilter(date(2026, 11, 22)), PageRequest()).rows
    late = desk.do(list_receivables, ReceivableFilter(date(2027, 1, 10)), PageRequest()).rows

    assert [(one.invoice_id, one.open_minor, one.bucket) for one in now] == [(first.id, 5000, "not_due")]
    assert before == []
    assert [(one.days_late, one.bucket) for one in late] == [(34, "days_31_60")]


def test_receivables_are_paged_without_losing_any(desk):
    ids = {desk.issue().id for _ in range(3)}
    page = desk.do(list_receivables, ReceivableFilter(TODAY), PageRequest(limit=2))
    rest = desk.do(list_receivables, ReceivableFilter(TODAY), PageRequest(2, decode_cursor(page.next_cursor)))

    assert {row.invoice_id for row in [*page.rows, *rest.rows]} == ids
    assert rest.next_cursor is None


def test_other_clinic_neither_sees_nor_refunds_a_payment(desk):
    there = desk.world.other_clinic.id
    visit = desk.visit(clinic_id=there, therapist_id=desk.make.therapist(clinic_id=there).id)
    issued = desk.issue(desk.draft(visit))
    payment = desk.pay(issued)

    assert desk.do(list_payments, PaymentFilter(), PageRequest(), role="clinic_manager").rows == []
    assert desk.do(list_receivables, ReceivableFilter(TODAY), PageRequest(), role="clinic_manager").rows == []
    for act, argument in ((get_payment, payment.id), (get_payment_detail, payment.id)):
        with pytest.raises(NotFound):
            desk.do(act, argument, role="clinic_manager")
    with pytest.raises(NotFound):
        refund(desk, payment, 100, role="clinic_manager")
    assert desk.do(get_payment, payment.id) == payment


def test_manager_cannot_take_money_for_an_invoice_of_another_clinic(desk):
    there = desk.world.other_clinic.id
    visit = desk.visit(clinic_id=there, therapist_id=desk.make.therapist(clinic_id=there).id)
    issued = desk.issue(desk.draft(visit))
    command = RecordPayment(desk.world.clinic.id, Method.CASH, 100, "GBP", (AllocationPart(issued.id),))

    with pytest.raises(NotFound):
        desk.do(record_payment, command, role="clinic_manager")
    assert desk.now(issued) == issued


def test_front_desk_takes_money_and_gives_none_back(desk):
    payment = desk.pay(desk.issue())

    with pytest.raises(NotAllowed):
        refund(desk, payment, 100, role="front_desk")


def test_unknown_payment_is_not_refunded(desk):
    with pytest.raises(NotFound):
        desk.do(refund_payment, RefundPayment(UUID(int=1), 100, "x"))


def test_clinic_sees_its_invoice_paid_at_the_till_of_another(desk):
    invoice = desk.issue()
    desk.pay(invoice, 2500, clinic_id=desk.world.other_clinic.id, reference="slip 7")

    seen = desk.do(payments_of_invoices, [invoice.id], role="clinic_manager")[invoice.id]
    everything = desk.do(payments_of_invoices, [invoice.id])[invoice.id]

    assert [(row.method, row.amount_minor, row.currency, row.on) for row in seen] == [("cash", 2500, "GBP", TODAY)]
    assert ([row.reference for row in seen], [row.reference for row in everything]) == ([""], ["slip 7"])
