"""Invoices: drafted once, issued with a number, frozen, voided, credited."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from polyclinic.sdk.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from polyclinic_billing.commands import (
    AddLine,
    ChangeLine,
    CreateLegalEntity,
    CreditInvoice,
    DiscardDraft,
    DraftForAppointment,
    HandOutInvoice,
    IssueInvoice,
    PriceDraft,
    RemoveLine,
    SetPrice,
    UpdateLegalEntity,
    VoidInvoice,
)
from polyclinic_billing.queries.details import get_invoice_detail
from polyclinic_billing.queries.invoices import get_invoice, invoices_of_appointments
from polyclinic_billing.rules.taxes import Amounts
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.drafting import draft_invoice_for_appointment, price_draft
from polyclinic_billing.services.issuing import hand_out, issue_invoice
from polyclinic_billing.services.lines import add_line, change_line, discard_draft, remove_line
from polyclinic_billing.services.pricing import set_price
from polyclinic_billing.services.sellers import create_legal_entity, update_legal_entity
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import Basis, TaxCategory

TODAY = date(2026, 11, 23)


def register_seller(desk):
    changes = {"tax_registered_on": date(2020, 1, 1), "tax_number": "GB 123"}
    desk.do(update_legal_entity, UpdateLegalEntity(desk.seller.id, desk.seller.row_version, changes))


def amounts(row):
    return Amounts(row.net_minor, row.tax_minor, row.gross_minor)


def test_completed_visit_is_drafted_once_with_the_price_of_its_day(desk):
    visit = desk.visit()

    first, second = desk.draft(visit), desk.draft(visit)

    assert first == second
    assert (first.status, first.gross_minor, first.currency, first.service_on) == ("draft", 6000, "GBP", TODAY)
    assert list(desk.do(invoices_of_appointments, [visit.id])) == [visit.id]


@pytest.mark.parametrize("status", ["booked", "started", "cancelled", "no_show"])
def test_visit_that_was_not_attended_is_not_charged(desk, status):
    visit = desk.visit(status)

    with pytest.raises(Conflict, match="Complete it first") as refused:
        desk.draft(visit)

    assert refused.value.code == "not_attended"


def test_service_without_a_price_makes_a_draft_that_says_so(desk):
    visit = desk.visit(service_id=desk.make.service("Unpriced").id)

    draft = desk.draft(visit)

    assert (draft.is_unpriced, draft.gross_minor) == (True, 0)
    assert "has no price here" in draft.remark
    with pytest.raises(Conflict) as refused:
        desk.issue(draft)
    assert refused.value.code == "unpriced"


def test_draft_takes_a_price_that_was_added_later(desk):
    service = desk.make.service("Priced later")
    draft = desk.draft(desk.visit(service_id=service.id))
    desk.do(set_price, SetPrice(service.id, None, 4500, "GBP", date(2020, 1, 1)))

    priced = desk.do(price_draft, PriceDraft(draft.id, draft.row_version))

    assert (priced.is_unpriced, priced.gross_minor, priced.remark) == (False, 4500, "")


def test_price_for_each_minute_counts_the_minutes(desk):
    service = desk.make.service("By minute", minutes=45)
    desk.do(set_price, SetPrice(service.id, None, 120, "GBP", date(2020, 1, 1), basis=Basis.MINUTE))

    draft = desk.draft(desk.visit(service_id=service.id))

    line = desk.do(get_invoice_detail, draft.id).lines[0]
    assert (line.quantity, line.unit_minor, line.gross_minor, line.minutes) == (45, 120, 5400, 45)


def test_registered_seller_charges_tax_inside_the_price(desk):
    register_seller(desk)

    line = desk.do(get_invoice_detail, desk.draft().id).lines[0]

    assert (amounts(line), line.tax_rate, line.tax_reason) == (Amounts(5000, 1000, 6000), Decimal(20), "standard")


def test_issued_invoice_has_number_due_day_and_snapshots(desk):
    issued = desk.issue()

    assert (issued.number_text, issued.issued_on, issued.due_on) == ("INV-000001", TODAY, date(2026, 12, 7))
    assert (issued.seller["name"], issued.client["name"]) == ("Harbour Ltd", "Tom Hale")
    assert (issued.therapist["name"], issued.visit["minutes"]) == ("Ana Ruiz", 60)
    assert issued.state == "issued"


def test_issued_invoice_keeps_what_it_said_when_the_seller_moves(desk):
    issued = desk.issue()
    current = desk.seller
    desk.do(update_legal_entity, UpdateLegalEntity(current.id, current.row_version, {"name": "Moved", "city": "Bath"}))

    assert desk.now(issued).seller == issued.seller
    assert desk.issue().seller["name"] == "Moved"


def test_numbers_follow_each_other(desk):
    assert [desk.issue().number_text for _ in range(3)] == ["INV-000001", "INV-000002", "INV-000003"]


def test_refused_issue_takes_no_number(desk):
    draft = desk.draft()
    with pytest.raises(Stale):
        desk.do(issue_invoice, IssueInvoice(draft.id, draft.row_version + 5))

    assert desk.issue(draft).number_text == "INV-000001"
    with pytest.raises(Stale):
        desk.do(issue_invoice, IssueInvoice(draft.id, draft.row_version))


def test_issued_invoice_is_not_issued_again(desk):
    issued = desk.issue()

    with pytest.raises(Conflict) as refused:
        desk.do(issue_invoice, IssueInvoice(issued.id, issued.row_version))

    assert refused.value.code == "invoice_issued"


def test_draft_lines_are_added_changed_and_removed(desk):
    draft = desk.draft()
    added = desk.do(add_line, AddLine(draft.id, draft.row_version, "Tape", 500, 2))
    extra = desk.do(get_invoice_detail, draft.id).lines[1]
    changed = desk.do(change_line, ChangeLine(draft.id, extra.id, added.row_version, quantity=3, discount_minor=100))
    removed = desk.do(remove_line, RemoveLine(draft.id, extra.id, changed.row_version))

    assert [one.gross_minor for one in (added, changed, removed)] == [7000, 7400, 6000]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"description": ""}, "/description"),
        ({"unit_minor": -1}, "/unit_price"),
        ({"quantity": 0}, "/quantity"),
        ({"discount_minor": 6001}, "/discount"),
    ],
)
def test_wrong_line_is_refused_at_its_field(desk, changes, pointer):
    draft = desk.draft()
    line = desk.do(get_invoice_detail, draft.id).lines[0]

    with pytest.raises(Invalid) as refused:
        desk.do(change_line, ChangeLine(draft.id, line.id, draft.row_version, **changes))

    assert refused.value.errors[0].pointer == pointer
    assert desk.now(draft) == draft


def test_issued_invoice_is_not_edited(desk):
    issued = desk.issue()
    line = desk.do(get_invoice_detail, issued.id).lines[0]
    version = issued.row_version

    for act, command in (
        (add_line, AddLine(issued.id, version, "Tape", 500)),
        (change_line, ChangeLine(issued.id, line.id, version, unit_minor=1)),
        (remove_line, RemoveLine(issued.id, line.id, version)),
        (discard_draft, DiscardDraft(issued.id, version)),
        (price_draft, PriceDraft(issued.id, version)),
    ):
        with pytest.raises(Conflict) as refused:
            desk.do(act, command)
        assert refused.value.code == "invoice_issued"
    assert desk.now(issued) == issued


def test_discarded_draft_can_be_drafted_again(desk):
    visit = desk.visit()
    draft = desk.draft(visit)
    desk.do(discard_draft, DiscardDraft(draft.id, draft.row_version))

    assert desk.draft(visit).id != draft.id


def test_changing_the_status_of_an_appointment_leaves_its_invoice(desk, db):
    issued = desk.issue()
    db.execute(text("UPDATE appointment SET status = 'no_show' WHERE id = :id"), {"id": issued.appointment_id})

    assert desk.now(issued) == issued


def test_void_needs_a_reason_keeps_the_number_and_frees_the_appointment(desk):
    visit = desk.visit()
    issued = desk.issue(desk.draft(visit))
    with pytest.raises(Invalid) as refused:
        desk.do(void_invoice, VoidInvoice(issued.id, issued.row_version, "  "))

    void = desk.do(void_invoice, VoidInvoice(issued.id, issued.row_version, "Wrong service"))

    assert refused.value.errors[0].pointer == "/reason"
    assert (void.state, void.number_text, void.void_reason) == ("void", "INV-000001", "Wrong service")
    assert desk.issue(desk.draft(visit)).number_text == "INV-000002"


def test_paid_invoice_is_not_voided(desk):
    issued = desk.issue()
    desk.pay(issued, 1000)

    with pytest.raises(Conflict, match=r"10\.00 GBP of this invoice are paid. Refund the payment first") as refused:
        desk.do(void_invoice, VoidInvoice(issued.id, desk.now(issued).row_version, "Wrong"))

    assert refused.value.code == "invoice_paid"


def test_credit_note_has_a_number_of_its_own_and_the_tax_of_the_line(desk):
    register_seller(desk)
    issued = desk.issue()

    note = desk.do(credit_invoice, CreditInvoice(issued.id, issued.row_version, "Too long a wait", 1200))

    assert (note.number_text, amounts(note)) == ("INV-C000001", Amounts(1000, 200, 1200))
    assert (desk.now(issued).state, desk.now(issued).open_minor) == ("issued", 4800)


def test_rest_is_credited_without_an_amount_and_nothing_beyond(desk):
    issued = desk.issue()
    desk.do(credit_invoice, CreditInvoice(issued.id, issued.row_version, "Part", 1000))
    note = desk.do(credit_invoice, CreditInvoice(issued.id, desk.now(issued).row_version, "Rest"))

    assert (note.gross_minor, desk.now(issued).state) == (5000, "credited")
    with pytest.raises(Conflict, match="credited in full already"):
        desk.do(credit_invoice, CreditInvoice(issued.id, desk.now(issued).row_version, "More", 1))


def test_more_than_is_left_is_not_credited(desk):
    issued = desk.issue()

    with pytest.raises(Conflict, match=r"At most 60\.00 GBP"):
        desk.do(credit_invoice, CreditInvoice(issued.id, issued.row_version, "Too much", 6001))
    with pytest.raises(Invalid):
        desk.do(credit_invoice, CreditInvoice(issued.id, issued.row_version, " "))


def test_second_receipt_is_a_duplicate(desk):
    issued = desk.issue()

    assert desk.do(hand_out, HandOutInvoice(issued.id)) is False
    assert desk.do(hand_out, HandOutInvoice(issued.id)) is True


def test_draft_without_a_seller_waits_for_one(bare_desk):
    draft = bare_desk.draft(bare_desk.make.appointment(status="completed"))

    assert (draft.currency, draft.is_unpriced) == (None, True)
    assert "Nobody sells at this clinic yet" in draft.remark


def test_other_clinic_neither_sees_nor_changes_an_invoice(desk):
    there = desk.world.other_clinic.id
    visit = desk.visit(clinic_id=there, therapist_id=desk.make.therapist(clinic_id=there).id)
    draft = desk.draft(visit)

    with pytest.raises(NotFound):
        desk.do(get_invoice, draft.id, role="clinic_manager")
    for act, command in (
        (issue_invoice, IssueInvoice(draft.id, draft.row_version)),
        (discard_draft, DiscardDraft(draft.id, draft.row_version)),
        (void_invoice, VoidInvoice(draft.id, draft.row_version, "x")),
        (draft_invoice_for_appointment, DraftForAppointment(visit.id)),
    ):
        with pytest.raises(NotFound):
            desk.do(act, command, role="clinic_manager")
    assert desk.now(draft) == draft


def test_front_desk_does_not_void(desk):
    issued = desk.issue()

    with pytest.raises(NotAllowed):
        desk.do(void_invoice, VoidInvoice(issued.id, issued.row_version, "x"), role="front_desk")


def test_wellness_is_taxed_where_treatment_is_exempt(desk):
    register_seller(desk)
    draft = desk.draft()
    line = desk.do(get_invoice_detail, draft.id).lines[0]

    wellness = desk.do(change_line, ChangeLine(draft.id, line.id, draft.row_version, tax_category=TaxCategory.WELLNESS))

    assert wellness.tax_minor == 1000
    assert replace(wellness, row_version=0, created_at=None).gross_minor == 6000


def test_seller_in_another_currency_cannot_issue_an_older_draft(desk):
    draft = desk.draft()
    desk.do(create_legal_entity, CreateLegalEntity("Euro Ltd", "EUR", "EU-", is_default=True))

    with pytest.raises(Conflict) as refused:
        desk.issue(draft)

    assert refused.value.code == "other_currency"
