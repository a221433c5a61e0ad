"""Reports and figures of billing against what was done by hand."""

from datetime import UTC, date, datetime

import pytest

from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.reports import FigureRow
from polyclinic_billing.commands import CloseDay, CreditInvoice, RefundPayment, UpdateLegalEntity, VoidInvoice
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.services.sellers import update_legal_entity
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import Method

TODAY = date(2026, 11, 23)
YESTERDAY = date(2026, 11, 22)


def run(desk, key, *, first_on=TODAY, last_on=TODAY, role="chain_administrator", clinic_ids=None, **params):
    def act(ctx):
        return ctx.core.reports.run(key, clinic_ids=clinic_ids, first_on=first_on, last_on=last_on, params=params)

    return desk.do(act, role=role)


def figure(desk, key, role="chain_administrator"):
    return desk.do(lambda ctx: ctx.core.reports.run_figure(key, first_on=TODAY, last_on=TODAY), role=role)


def sums(rows, *names):
    return [sum(row[name] for row in rows) for name in names]


@pytest.fixture
def busy(desk):
    """Three visits with 20 % tax (one voided, one credited in part), a package with a visit, payments and a refund."""
    changes = {"tax_registered_on": date(2020, 1, 1)}
    desk.do(update_legal_entity, UpdateLegalEntity(desk.seller.id, desk.seller.row_version, changes))
    kept, voided, credited = desk.issue(), desk.issue(), desk.issue()
    desk.do(void_invoice, VoidInvoice(voided.id, voided.row_version, "Wrong"))
    desk.do(credit_invoice, CreditInvoice(credited.id, credited.row_version, "Late", 1200))
    desk.sell(2, 12000)
    desk.redeem()
    desk.pay(kept, 6000)
    card = desk.pay(credited, 4000, method=Method.CARD)
    desk.do(refund_payment, RefundPayment(card.id, 500, "Sorry"))
    return desk


def test_revenue_is_what_was_issued_less_voids_and_credit(busy):
    rows = run(busy, "billing.revenue")

    assert sums([row for row in rows if row["kind"] == "visit"], "net_minor", "tax_minor", "gross_minor") == [
        9000,
        1800,
        10800,
    ]
    assert sums([row for row in rows if row["kind"] == "package"], "net_minor", "gross_minor") == [10000, 12000]
    assert {row["therapist"] for row in rows if row["kind"] == "visit"} == {"Ana Ruiz"}


def test_documents_behind_revenue_add_up_to_it(busy):
    revenue = run(busy, "billing.revenue")
    documents = run(busy, "billing.invoices")

    names = ("net_minor", "tax_minor", "gross_minor")
    assert sums(documents, *names) == sums(revenue, *names)
    assert sorted(row["document"] for row in documents) == ["credit_note", *["invoice"] * 5, "void"]
    assert sums(run(busy, "billing.invoices", kind="package"), "gross_minor") == [12000]


def test_tax_by_rate_adds_up_to_revenue(busy):
    rows = run(busy, "billing.tax_by_rate")

    assert sums(rows, "net_minor", "tax_minor") == sums(run(busy, "billing.revenue"), "net_minor", "tax_minor")
    assert {str(row["tax_rate"].normalize()) for row in rows if row["gross_minor"]} == {"2E+1"}


def test_receivables_by_age_add_up_to_the_open_invoices(busy):
    rows = run(busy, "billing.receivables")
    behind = run(busy, "billing.open_invoices")

    assert [(row["invoices"], row["not_due"], row["open_minor"]) for row in rows] == [(2, 13300, 13300)]
    assert sums(behind, "open_minor") == [13300]
    assert run(busy, "billing.receivables", first_on=YESTERDAY, last_on=YESTERDAY) == []


def test_payments_by_method_tell_refunds_apart(busy):
    rows = {row["method"]: row for row in run(busy, "billing.payments_by_method")}

    assert {
        method: (row["received_minor"], row["refunded_minor"], row["net_minor"]) for method, row in rows.items()
    } == {"cash": (6000, 0, 6000), "card": (4000, -500, 3500)}
    assert sums(run(busy, "billing.payments", method="card"), "amount_minor") == [3500]


def test_day_close_differences_are_listed(busy):
    command = CloseDay(busy.world.clinic.id, TODAY, {Method.CASH: 5950}, "Fifty short")
    busy.do(close_day, command)

    rows = {row["method"]: row for row in run(busy, "billing.day_closes")}

    assert (rows["cash"]["expected_minor"], rows["cash"]["difference_minor"]) == (6000, -50)
    assert rows["cash"]["note"] == "Fifty short"


def test_package_liability_is_what_is_not_redeemed(busy):
    rows = run(busy, "billing.package_liability")

    assert [(row["sold_minor"], row["used_minor"], row["owed_minor"]) for row in rows] == [(10000, 5000, 5000)]


def test_daily_figures_are_net_invoiced_and_money_kept(busy):
    clinic_id = busy.world.clinic.id

    assert figure(busy, "billing.revenue") == [FigureRow(clinic_id, TODAY, 19000, "GBP")]
    assert figure(busy, "billing.payments") == [FigureRow(clinic_id, TODAY, 9500, "GBP")]


def test_manager_sees_the_own_clinic_alone_in_every_report(busy):
    there = busy.world.other_clinic.id
    zoe, eva = busy.make.therapist("Zoe", clinic_id=there), busy.make.client("Eva")
    start = datetime(2026, 11, 23, 3, tzinfo=UTC)
    visit = busy.visit(clinic_id=there, therapist_id=zoe.id, client_id=eva.id, starts_at=start)
    busy.pay(busy.issue(busy.draft(visit)), 1000)

    keys = ("revenue", "tax_by_rate", "receivables", "payments_by_method", "invoices", "open_invoices", "payments")
    for key in (f"billing.{key}" for key in keys):
        own = run(busy, key, role="clinic_manager")
        assert {row["clinic_id"] for row in own} == {busy.world.clinic.id}, key
        assert {row["clinic_id"] for row in run(busy, key)} == {busy.world.clinic.id, there}, key
        with pytest.raises(NotFound):
            run(busy, key, role="clinic_manager", clinic_ids=[there])
    assert {row.clinic_id for row in figure(busy, "billing.revenue", "clinic_manager")} == {busy.world.clinic.id}


def test_invoice_paid_at_another_clinics_till_is_not_owed_at_its_own(desk):
    invoice = desk.issue()
    desk.pay(invoice, 2500, clinic_id=desk.world.other_clinic.id)

    rows = run(desk, "billing.receivables", role="clinic_manager")
    behind = run(desk, "billing.open_invoices", clinic_ids=[desk.world.clinic.id])

    assert [(row["invoices"], row["open_minor"]) for row in rows] == [(1, 3500)]
    assert [row["open_minor"] for row in behind] == [3500]


def test_visit_that_went_back_to_its_package_was_not_sold_again(desk):
    desk.sell(2, 12000)
    invoice = desk.redeem()
    desk.do(void_invoice, VoidInvoice(invoice.id, invoice.row_version, "Wrong"))

    rows = run(desk, "billing.package_liability")

    assert [(row["sold_minor"], row["used_minor"], row["owed_minor"]) for row in rows] == [(12000, 0, 12000)]
