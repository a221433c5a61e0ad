"""Billing's pages without a browser: papers, what others may not see, what comes back after a mistake."""

from __future__ import annotations

from datetime import date, timedelta

from polyclinic.testing.counting import counted
from polyclinic.testing.pdf_reading import read_pdf
from polyclinic_billing.commands import CloseDay, CreditInvoice
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.vocabulary import Method


def test_the_second_receipt_is_a_duplicate_and_the_invoice_never_is(desk, browse):
    invoice = desk.issue()
    desk.pay(invoice)
    page = browse("front_desk")

    answers = [page.post(f"/ext/billing/invoices/{invoice.id}/receipt", {}) for _ in range(2)]
    paper = page.get(f"/documents/billing.invoice/{invoice.id}")

    assert [answer.status_code for answer in (*answers, paper)] == [200, 200, 200]
    marks = ["DUPLICATE" in read_pdf(answer.get_data())[0] for answer in (*answers, paper)]
    assert marks == [False, True, False]


def test_a_receipt_before_the_record_confirms_a_payment_only(desk, browse):
    visit = desk.visit()
    invoice = desk.issue(desk.draft(visit))
    desk.pay(invoice)

    said = read_pdf(browse("clinic_manager").post(f"/ext/billing/invoices/{invoice.id}/receipt", {}).get_data())[0]

    assert "Payment receipt" in said
    assert "It does not confirm a treatment." in said


def test_there_is_no_receipt_before_a_payment_and_no_paper_of_a_draft(desk, browse):
    draft = desk.draft()
    invoice = desk.issue()
    page = browse("front_desk")

    paths = (f"/documents/billing.receipt/{invoice.id}", f"/documents/billing.invoice/{draft.id}")
    assert [page.get(path).status_code for path in paths] == [409, 409]


def test_a_credit_note_is_a_paper_with_its_reason(desk, browse):
    invoice = desk.issue()
    note = desk.do(credit_invoice, CreditInvoice(invoice.id, invoice.row_version, "Ended early.", 1000))

    said = read_pdf(browse().get(f"/documents/billing.credit_note/{note.id}").get_data())[0]

    assert "Reason: Ended early." in said
    assert said.count("£10.00") >= 2


def test_a_closed_day_says_who_closed_it_to_those_who_may_know_and_is_shown_to_all(desk, browse, world):
    day = date(2026, 11, 22)
    desk.do(close_day, CloseDay(world.clinic.id, day, {Method.CASH: 0}, ""))
    path = f"/ext/billing/day-close?clinic_id={world.clinic.id}&day={day}"

    answers = {role: browse(role).get(path) for role in ("chain_administrator", "clinic_manager", "front_desk")}

    closer = world.people["chain_administrator"].member.display_name
    assert {role: answer.status_code for role, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert {role: f"by {closer}" in answer.get_data(as_text=True) for role, answer in answers.items()} == {
        "chain_administrator": True,
        "clinic_manager": True,
        "front_desk": False,
    }


def test_pages_of_another_clinic_are_not_there(desk, browse, world):
    invoice = desk.issue()
    payment = desk.pay(invoice)
    visit = desk.visit()
    paths = [
        f"/ext/billing/invoices/{invoice.id}",
        f"/documents/billing.receipt/{invoice.id}",
        f"/ext/billing/payments/{payment.id}",
        f"/ext/billing/checkout/{visit.id}",
        f"/documents/billing.invoice/{invoice.id}",
    ]
    elsewhere = browse(world.elsewhere["front_desk"])

    assert [elsewhere.get(path).status_code for path in paths] == [404] * len(paths)


def test_checking_out_twice_takes_the_money_once(desk, browse):
    visit = desk.visit("arrived")
    page = browse("front_desk")
    path = f"/ext/billing/checkout/{visit.id}"
    form = {"method": "cash", "amount": "60.00", "reference": "", "row_version": "0"}

    first, second = page.post(path, form), page.post(path, form)

    assert (first.status_code, second.status_code) == (303, 422)
    assert "changed since you opened it" in second.get_data(as_text=True)


def test_a_visit_to_come_cannot_be_checked_out(desk, browse):
    visit = desk.visit("booked")
    page = browse("front_desk")
    path = f"/ext/billing/checkout/{visit.id}"

    answer = page.post(path, {"method": "cash", "amount": "60.00", "row_version": "0"})

    assert answer.status_code == 422
    assert "still to come" in answer.get_data(as_text=True)
    assert visit.starts_at - desk.make.appointment(status="completed").starts_at > timedelta(0)


def test_a_period_that_ends_before_it_starts_keeps_what_was_asked(desk, browse):
    answer = browse().get("/ext/billing/invoices?first_on=2026-11-20&last_on=2026-11-01")

    said = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="2026-11-20"' in said
    assert 'value="2026-11-01"' in said
    assert "lies before the first one" in said


def test_a_list_takes_as_many_statements_for_three_invoices_as_for_one(desk, browse, engine):
    page = browse()
    desk.issue()
    page.get("/ext/billing/invoices")
    with counted(engine) as one:
        page.get("/ext/billing/invoices")
    for _ in range(2):
        desk.issue()
    with counted(engine) as three:
        page.get("/ext/billing/invoices")

    assert len(three.texts) == len(one.texts)
