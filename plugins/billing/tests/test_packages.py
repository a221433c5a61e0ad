"""Packages: sold with an invoice, redeemed per attended visit, given back, credited."""

from datetime import date

import pytest

from polyclinic.sdk.api import PageRequest
from polyclinic.sdk.errors import Conflict, Invalid, NotAllowed
from polyclinic_billing.commands import AddLine, CreatePackageType, CreditInvoice, UpdateLegalEntity, VoidInvoice
from polyclinic_billing.queries.details import get_invoice_detail
from polyclinic_billing.queries.packages import get_package, list_packages, redeemable_packages, redemptions_of_packages
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.lines import add_line
from polyclinic_billing.services.packages import create_package_type, months_later
from polyclinic_billing.services.sellers import update_legal_entity
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import TaxCategory

TODAY = date(2026, 11, 23)


def void(desk, invoice):
    return desk.do(void_invoice, VoidInvoice(invoice.id, desk.now(invoice).row_version, "Wrong"))


def invoice_of(desk, package):
    return desk.do(get_invoice_detail, package.invoice_id)


def register_seller(desk):
    changes = {"tax_registered_on": date(2020, 1, 1)}
    desk.do(update_legal_entity, UpdateLegalEntity(desk.seller.id, desk.seller.row_version, changes))


def test_sold_package_has_an_issued_invoice_to_be_paid(desk):
    package = desk.sell(3, 15000, valid_months=6)

    invoice = invoice_of(desk, package)
    assert (invoice.kind, invoice.state, invoice.gross_minor, invoice.number_text) == (
        "package",
        "issued",
        15000,
        "INV-000001",
    )
    assert (package.visits_left, package.value_left_minor, package.expires_on) == (3, 15000, date(2027, 5, 23))
    desk.pay(invoice, 15000)
    assert desk.now(invoice).state == "paid"


def test_redeemed_visit_costs_nothing_and_uses_one_visit(desk):
    package = desk.sell(3, 10000)

    invoice = desk.redeem()

    line = desk.do(get_invoice_detail, invoice.id).lines[0]
    assert (invoice.state, invoice.gross_minor, line.kind) == ("paid", 0, "redeemed")
    now = desk.do(get_package, package.id)
    assert (now.visits_left, now.value_left_minor) == (2, 6667)
    assert [one.value_minor for one in desk.do(redemptions_of_packages, [package.id])[package.id]] == [3333]


def test_last_visit_takes_the_rest_of_the_value(desk):
    package = desk.sell(3, 10000)

    for _ in range(3):
        desk.redeem()

    now = desk.do(get_package, package.id)
    assert (now.visits_left, now.value_left_minor) == (0, 0)
    with pytest.raises(Conflict) as refused:
        desk.redeem()
    assert refused.value.code == "no_package"


def test_package_that_expires_first_is_redeemed_first(desk):
    endless, soon, late = desk.sell(), desk.sell(valid_months=1), desk.sell(valid_months=12)

    order = desk.do(redeemable_packages, desk.make.own_client().id, desk.service.id, TODAY, "GBP")
    desk.redeem()

    assert [one.id for one in order] == [soon.id, late.id, endless.id]
    assert desk.do(get_package, soon.id).visits_used == 1


def test_chosen_package_must_be_the_clients_own_and_fit(desk):
    other = desk.sell(client_id=desk.make.client("Eva").id)
    elsewhere = desk.sell(service_id=desk.make.service("Another").id)

    for package, code in ((other, "no_such_package"), (elsewhere, "package_other_service")):
        with pytest.raises(Conflict) as refused:
            desk.redeem(package_id=package.id)
        assert refused.value.code == code


def test_visit_is_redeemed_once(desk):
    package, visit = desk.sell(), desk.visit()
    desk.redeem(visit)

    with pytest.raises(Conflict) as refused:
        desk.redeem(visit)

    assert refused.value.code == "invoice_issued"
    assert desk.do(get_package, package.id).visits_used == 1


def test_visit_that_was_not_attended_is_not_redeemed(desk):
    package = desk.sell()

    with pytest.raises(Conflict) as refused:
        desk.redeem(desk.visit("booked"))

    assert (refused.value.code, desk.do(get_package, package.id).visits_used) == ("not_attended", 0)


def test_extras_of_a_redeemed_visit_are_still_to_be_paid(desk):
    desk.sell()
    visit = desk.visit()
    draft = desk.draft(visit)
    desk.do(add_line, AddLine(draft.id, draft.row_version, "Tape", 700))

    invoice = desk.redeem(visit)

    assert (invoice.state, invoice.open_minor) == ("issued", 700)


def test_voided_visit_goes_back_to_its_package(desk):
    package, visit = desk.sell(), desk.visit()
    invoice = desk.redeem(visit)

    void(desk, invoice)

    assert desk.do(get_package, package.id).visits_used == 0
    assert desk.redeem(visit).state == "paid"


def test_redeemed_package_is_not_voided_but_credited_for_the_rest(desk):
    register_seller(desk)
    package = desk.sell(3, 18000)
    desk.redeem()
    invoice = invoice_of(desk, package)
    with pytest.raises(Conflict) as refused:
        void(desk, invoice)
    with pytest.raises(Invalid) as wrong:
        desk.do(credit_invoice, CreditInvoice(invoice.id, invoice.row_version, "Moves away", 1))

    note = desk.do(credit_invoice, CreditInvoice(invoice.id, invoice.row_version, "Moves away"))

    assert refused.value.code == "package_redeemed"
    assert wrong.value.errors[0].pointer == "/amount"
    assert (note.net_minor, note.tax_minor, note.gross_minor) == (10000, 2000, 12000)
    assert desk.do(get_package, package.id).visits_left == 0


def test_unused_package_is_voided_and_ends(desk):
    package = desk.sell()

    void(desk, invoice_of(desk, package))

    assert desk.do(get_package, package.id).visits_left == 0
    with pytest.raises(Conflict):
        desk.redeem(package_id=package.id)


def test_taxed_at_sale_a_redeemed_visit_is_no_second_taxable_sale(desk):
    register_seller(desk)
    package = desk.sell(2, 12000, tax_category=TaxCategory.TREATMENT)

    invoice = desk.redeem()

    assert (invoice_of(desk, package).tax_minor, package.value_minor, invoice.tax_minor) == (2000, 10000, 0)


def test_taxed_at_redemption_the_visit_holds_the_tax_and_is_paid_by_the_package(desk, settings):
    settings(package_tax_point="redemption")
    register_seller(desk)
    package = desk.sell(2, 12000)
    visit = desk.visit()

    invoice = desk.redeem(visit)

    sale = invoice_of(desk, package)
    assert (sale.tax_minor, sale.gross_minor, package.value_minor) == (0, 12000, 12000)
    assert (invoice.gross_minor, invoice.tax_minor, invoice.state) == (6000, 1000, "paid")
    known = [(one.method, one.amount_minor) for one in desk.do(get_invoice_detail, invoice.id).payments]
    assert known == [("package", 6000)]
    assert void(desk, invoice).state == "void"
    assert desk.do(get_package, package.id).visits_used == 0
    assert desk.redeem(visit).state == "paid"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"visits_total": 0}, "/visits_total"),
        ({"currency": ""}, "/currency"),
        ({"amount_minor": -1}, "/amount"),
        ({"name": ""}, "/name"),
        ({"valid_months": 0}, "/valid_months"),
    ],
)
def test_wrong_package_is_refused_at_its_field(desk, changes, pointer):
    wanted = {"name": "Ten", "visits_total": 10, "amount_minor": 1, "currency": "GBP"}

    with pytest.raises(Invalid) as refused:
        desk.do(create_package_type, CreatePackageType(**(wanted | changes)))

    assert refused.value.errors[0].pointer == pointer


def test_only_administrators_put_packages_on_offer(desk):
    with pytest.raises(NotAllowed):
        desk.do(create_package_type, CreatePackageType("Ten", 10, 1, "GBP"), role="clinic_manager")


def test_packages_are_good_at_every_clinic(desk):
    package = desk.sell()

    assert [one.id for one in desk.do(list_packages, PageRequest(), role="front_desk").rows] == [package.id]


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(day, months, end):
    assert months_later(day, months) == end
