"""Billing in a browser: checking out, closing the day, paying in parts, giving back; every page for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from polyclinic.plugins.calls import acting
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin
from polyclinic.records.commands import SaveDraft, SignRecord
from polyclinic.records.core_sections.safety import NONE
from polyclinic.records.queries.records import get_record_row
from polyclinic.records.services.checks import check_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SAFETY, SOAP
from polyclinic.testing.anchors import Factories
from polyclinic.testing.authoring import acting as actor_of
from polyclinic.testing.browsers import assert_ui_ok, overflow, violations
from polyclinic.testing.sites import SITE_NOW, Site, open_site
from polyclinic.testing.worlds import World
from polyclinic_billing.commands import (
    AllocationPart,
    CreateLegalEntity,
    CreatePackageType,
    CreditInvoice,
    DraftForAppointment,
    IssueInvoice,
    RecordPayment,
    SellPackage,
    SetPrice,
)
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.drafting import draft_invoice_for_appointment
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.packages import create_package_type, sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.pricing import set_price
from polyclinic_billing.services.sellers import create_legal_entity
from polyclinic_billing.vocabulary import Method

pytestmark = pytest.mark.browser
PANELS_CAME = "() => !document.querySelector('.pc-lazy')"

PHONE = (390, 844)
LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True)
class Shop:
    """What the journeys need by name; every journey has visits and invoices of its own."""

    world: World
    seller_id: UUID
    service_id: UUID
    package_record: UUID
    package_visit: UUID
    unpriced_visit: UUID
    plain_visit: UUID
    parts_visit: UUID
    paid_invoice: UUID
    payment: UUID
    draft: UUID
    credit_note: UUID
    client: UUID


@pytest.fixture(scope="module")
def served(admin_url: str) -> Iterator[tuple[Site, Shop]]:
    made: list[Shop] = []
    with open_site(admin_url, lambda world: made.append(furnish(world))) as site:
        yield site, made[0]


@pytest.fixture(scope="module")
def site(served: tuple[Site, Shop]) -> Site:
    return served[0]


@pytest.fixture(scope="module")
def shop(served: tuple[Site, Shop]) -> Shop:
    return served[1]


def furnish(world: World) -> Shop:
    enable_plugin(world.actor(), EnablePlugin("billing"), registry=runtime().registry)
    make = Factories(world)
    service, unpriced = make.service("Massage", minutes=60), make.service("New idea", minutes=30)
    client, other = make.client("Iris", "Cole", email="iris@example.org"), make.client("Tom", "Hale")
    times = (SITE_NOW - timedelta(hours=hours) for hours in range(2, 60, 2))

    def visit(status: str = "completed", service_id: UUID = service.id, client_id: UUID = other.id) -> Any:
        return make.appointment(
            status=status, starts_at=next(times).replace(minute=0), service_id=service_id, client_id=client_id
        )

    package_visit, record = signed_visit(world, make, visit("arrived", client_id=client.id))
    visits = {"unpriced_visit": visit(service_id=unpriced.id).id, "plain_visit": visit("arrived").id}
    visits["parts_visit"] = visit().id
    billed, drafted, credited = visit(), visit(), visit()
    with acting(Ctx(actor_of(world, "chain_administrator"), None, "billing"), "billing") as ctx:
        seller = create_legal_entity(
            ctx, CreateLegalEntity("Harbour Ltd", "GBP", "HS-", country="GB", tax_registered_on=LONG_AGO)
        )
        set_price(ctx, SetPrice(service.id, None, 6000, "GBP", LONG_AGO, date(2027, 1, 1)))
        set_price(ctx, SetPrice(service.id, None, 6300, "GBP", date(2027, 1, 1)))
        offer = create_package_type(ctx, CreatePackageType("Five massages", 5, 27000, "GBP", service.id, 12))
        sold = sell_package(ctx, SellPackage(offer.id, client.id, world.clinic.id))
        paid = issued(ctx, billed.id)
        payment = pay(ctx, paid)
        note = issued(ctx, credited.id)
        credit = credit_invoice(ctx, CreditInvoice(note.id, note.row_version, "Started late.", 1000))
        draft = draft_invoice_for_appointment(ctx, DraftForAppointment(drafted.id))
    assert sold.visits_left == 5
    return Shop(
        world=world,
        seller_id=seller.id,
        service_id=service.id,
        package_record=record,
        package_visit=package_visit,
        **visits,
        paid_invoice=paid.id,
        payment=payment.id,
        draft=draft.id,
        credit_note=credit.id,
        client=client.id,
    )


def signed_visit(world: World, make: Factories, visit: Any) -> tuple[UUID, UUID]:
    record, own = make.record(visit.id), world.actor("therapist")
    sections = {
        SOAP: {"complaint": "Stiff", "pain_before": 6, "pain_after": 3, "plan": "Rest"},
        SAFETY: {"asked": NONE},
    }
    row = get_record_row(own, record.id)
    saved = save_draft(own, SaveDraft(record.id, row.row_version, sections, is_whole=True)).record
    ticks = frozenset(finding.id for finding in check_treatment_record(own, record.id).findings)
    sign_treatment_record(own, SignRecord(record.id, saved.row_version, ticks))
    return visit.id, record.id


def issued(ctx: Any, appointment_id: UUID) -> Any:
    draft = draft_invoice_for_appointment(ctx, DraftForAppointment(appointment_id))
    return issue_invoice(ctx, IssueInvoice(draft.id, draft.row_version))


def pay(ctx: Any, invoice: Any) -> Any:
    parts = (AllocationPart(invoice.id),)
    return record_payment(ctx, RecordPayment(invoice.clinic_id, Method.CARD, invoice.gross_minor, "GBP", parts))


def alerts(page: Any) -> list[str]:
    return [found.inner_text().strip() for found in page.query_selector_all(".pc-alert")]


def toast(page: Any) -> str:
    return str(page.locator(".pc-toast-text").first.inner_text())


def test_package_and_next_visit_take_three_presses_from_the_signed_record(visit, shop):
    page = visit("therapist")
    page.goto(f"/treatment-records/{shop.package_record}")
    presses = 0

    for name in ("Check out", "Use a visit and finish", "Book Monday, 30 Nov 2026"):
        page.get_by_role("link" if not presses else "button", name=name).first.click()
        presses += 1

    assert presses <= 4
    assert "Iris Cole is booked for Monday, 30 Nov 2026" in toast(page)
    assert alerts(page)[0] == "Paid in full."
    assert "Booked. Iris Cole comes on Monday, 30 Nov 2026" in alerts(page)[1]
    page.goto(f"/ext/billing/clients/{shop.client}")
    assert page.get_by_text("1/5").count() == 1


def test_a_visit_is_paid_in_two_parts_with_what_was_typed_kept_after_a_mistake(visit, shop, console):
    console.allow(422)
    page = visit("front_desk")
    page.goto(f"/ext/billing/checkout/{shop.parts_visit}")
    assert page.input_value("#field-pay-amount") == "60.00"

    page.fill("#field-pay-amount", "75")
    page.fill("#field-pay-reference", "Slip 4711")
    page.get_by_role("button", name="Card").click()
    kept = page.input_value("#field-pay-amount"), page.input_value("#field-pay-reference")
    assert kept == ("75", "Slip 4711")
    assert "60.00 GBP" in page.locator("#field-pay-amount-error").inner_text()
    page.fill("#field-pay-amount", "20")
    page.get_by_role("button", name="Card").click()
    assert page.input_value("#field-pay-amount") == "40.00"
    page.get_by_role("button", name="Cash").click()

    assert alerts(page) == ["Paid in full."]
    rows = [row.inner_text().split("\t") for row in page.query_selector_all("#payments tbody tr")]
    assert [row[-1] for row in rows] == ["£20.00", "£40.00"]


def test_a_visit_without_a_price_gets_one_on_the_way(visit, shop, console):
    console.allow(422)
    page = visit("front_desk")
    page.goto(f"/ext/billing/checkout/{shop.unpriced_visit}")

    page.fill("#field-line-amount", "a lot")
    page.get_by_role("button", name="Use this price").click()
    assert page.input_value("#field-line-amount") == "a lot"
    page.fill("#field-line-amount", "35")
    page.get_by_role("button", name="Use this price").click()
    page.get_by_role("button", name="Issue, pay later").click()

    assert page.locator("#bill-title").inner_text() == "Bill"
    assert page.locator("#bill .pc-badge").first.inner_text() == "Open"
    assert page.input_value("#field-pay-amount") == "35.00"


def test_money_goes_back_once_and_never_more_than_came(visit, shop, console):
    console.allow(422)
    page = visit("clinic_manager")
    page.goto(f"/ext/billing/payments/{shop.payment}")

    page.fill("#field-refund-amount", "70")
    page.fill("#field-refund-reason", "Ended early")
    page.get_by_role("button", name="Refund").click()
    assert "60.00 GBP" in page.locator("#field-refund-amount-error").inner_text()
    assert page.input_value("#field-refund-reason") == "Ended early"
    page.fill("#field-refund-amount", "60")
    page.get_by_role("button", name="Refund").click()

    assert page.locator("#refunds tbody tr").count() == 1
    assert page.get_by_role("button", name="Refund").count() == 0


def test_a_day_closes_with_a_difference_and_a_reason_and_is_locked(visit, shop, console):
    console.allow(422)
    page = visit("front_desk")
    page.goto(f"/ext/billing/day-close?clinic_id={shop.world.clinic.id}&day=2026-11-22")

    page.fill("[name='counted.cash']", "3.50")
    page.check("[name=is_counted]")
    page.get_by_role("button", name="Close the day").click()
    assert page.input_value("[name='counted.cash']") == "3.50"
    page.fill("[name=note]", "Found in the till")
    page.get_by_role("button", name="Close the day").click()

    assert page.locator("#closed .pc-badge").first.inner_text() == "Locked"
    assert "+£3.50" in page.locator("#closed").inner_text()
    assert page.get_by_role("button", name="Close the day").count() == 0


def test_a_calendar_row_leads_to_the_check_out_by_one_press(visit, shop):
    page = visit("front_desk")
    page.goto("/calendar?view=day")

    page.locator(".pc-entry-badges a", has_text="Check out").first.click()

    assert "/ext/billing/checkout/" in page.url


Address = Callable[[Shop], str]
PAGES: dict[str, Address] = {
    "invoices": lambda _: "/ext/billing/invoices",
    "invoices not found": lambda _: "/ext/billing/invoices?state=void&first_on=2030-01-01",
    "draft": lambda shop: f"/ext/billing/invoices/{shop.draft}",
    "issued invoice": lambda shop: f"/ext/billing/invoices/{shop.paid_invoice}",
    "confirmation": lambda shop: f"/ext/billing/invoices/{shop.paid_invoice}?show=credit",
    "credit note": lambda shop: f"/ext/billing/credit-notes/{shop.credit_note}",
    "payment": lambda shop: f"/ext/billing/payments/{shop.payment}",
    "check-out": lambda shop: f"/ext/billing/checkout/{shop.plain_visit}",
    "check-out with a package": lambda shop: f"/ext/billing/checkout/{shop.package_visit}",
    "check-out without a price": lambda shop: f"/ext/billing/checkout/{shop.unpriced_visit}",
    "client": lambda shop: f"/ext/billing/clients/{shop.client}",
    "client's page": lambda shop: f"/clients/{shop.client}",
    "receivables": lambda _: "/ext/billing/receivables",
    "receivables of an age": lambda _: "/ext/billing/receivables?age=not_due",
    "day close": lambda _: "/ext/billing/day-close?day=2026-11-21",
    "prices": lambda _: "/ext/billing/prices",
    "prices of a service": lambda shop: f"/ext/billing/prices/{shop.service_id}",
    "packages": lambda _: "/ext/billing/packages",
    "sellers": lambda _: "/ext/billing/sellers",
    "seller": lambda shop: f"/ext/billing/sellers/{shop.seller_id}",
    "new seller": lambda _: "/ext/billing/sellers/new",
    "appointment": lambda shop: f"/appointments/{shop.plain_visit}",
    "service": lambda shop: f"/services/{shop.service_id}",
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits(visit, shop, name):
    page = visit("chain_administrator")

    answer = page.goto(PAGES[name](shop))
    page.wait_for_function(PANELS_CAME)

    assert answer.status == 200
    assert_ui_ok(page)
    assert overflow(page) == 0
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert overflow(page) == 0
    assert violations(page, "light") == []
