"""Core's own events and hooks reach billing: under its database role, with its granted scopes."""

from sqlalchemy import text

from polyclinic.sdk.api import PageRequest
from polyclinic_billing.queries.invoices import InvoiceFilter, get_invoice, list_invoices
from polyclinic_billing.services.drafting import invoice_of


def test_completing_an_appointment_drafts_its_invoice(desk, drain):
    visit = desk.visit()

    drain()
    drain()

    draft = desk.do(invoice_of, visit.id)
    assert (draft.status, draft.gross_minor, draft.client_id) == ("draft", 6000, visit.client_id)
    assert len(desk.do(list_invoices, InvoiceFilter(), PageRequest()).rows) == 1


def test_missing_an_appointment_drafts_its_fee(desk, drain, settings):
    settings(fee_policy="percent", fee_percent=50)
    visit = desk.visit("no_show")

    drain()

    draft = desk.do(invoice_of, visit.id)
    assert (draft.kind, draft.gross_minor) == ("fee", 3000)


def test_visits_before_anybody_sells_are_drafted_without_an_error(bare_desk, drain):
    visit = bare_desk.make.appointment(status="completed")

    drain()

    assert bare_desk.do(invoice_of, visit.id).is_unpriced


def test_events_of_billing_are_announced(desk, drain, db):
    issued = desk.issue()
    desk.pay(issued)
    drain()

    rows = db.execute(
        text("SELECT type, payload->>'on' FROM event WHERE type LIKE 'billing.%' ORDER BY position")
    ).all()
    assert [tuple(row) for row in rows] == [
        ("billing.invoice_issued", "2026-11-23"),
        ("billing.payment_recorded", "2026-11-23"),
    ]
    assert desk.do(get_invoice, issued.id).state == "paid"


def test_every_write_leaves_an_audit_row(desk, db):
    desk.pay(desk.issue())

    actions = (
        db.execute(text("SELECT action FROM audit_event WHERE action LIKE 'billing.%' ORDER BY id")).scalars().all()
    )
    assert actions == [
        "billing.legal_entity_created",
        "billing.price_set",
        "billing.invoice_drafted",
        "billing.invoice_issued",
        "billing.payment_recorded",
    ]
