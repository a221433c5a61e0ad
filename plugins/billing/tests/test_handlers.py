"""What billing does about events: once, whatever is repeated, and never an error loop."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from polyclinic.sdk.events import Event
from polyclinic_billing.handlers import charge_late_cancellation, charge_no_show, draft_for_visit
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.queries.details import get_invoice_detail
from polyclinic_billing.services.drafting import invoice_of

NOW = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)


def event_of(visit, kind, at=NOW):
    facts = {"on": visit.local_start.date().isoformat()}
    where = (visit.clinic_id, "appointment", visit.id)
    return Event(uuid4(), f"appointment.{kind}", 1, at, uuid4(), *where, None, None, facts)


def drafts(desk):
    return desk.do(lambda ctx: ctx.db.execute(select(func.count()).select_from(Invoice)).scalar_one())


@pytest.mark.parametrize("is_same_event", [True, False])
def test_completed_visit_is_drafted_once_whatever_is_replayed(desk, is_same_event):
    visit = desk.visit()
    first = event_of(visit, "completed")

    for event in (first, first if is_same_event else event_of(visit, "completed")):
        desk.do(draft_for_visit, event)

    assert drafts(desk) == 1
    assert desk.do(invoice_of, visit.id).gross_minor == 6000


def test_visit_that_is_gone_or_not_completed_any_more_is_no_error(desk):
    visit = desk.visit("started")

    desk.do(draft_for_visit, event_of(visit, "completed"))

    assert drafts(desk) == 0


def test_missing_price_makes_a_draft_that_waits(desk):
    visit = desk.visit(service_id=desk.make.service("Unpriced").id)

    desk.do(draft_for_visit, event_of(visit, "completed"))

    assert desk.do(invoice_of, visit.id).is_unpriced


def test_no_show_costs_nothing_where_the_policy_is_off(desk):
    visit = desk.visit("no_show")

    desk.do(charge_no_show, event_of(visit, "no_show"))

    assert drafts(desk) == 0


def test_no_show_costs_a_part_of_the_price_and_is_no_treatment(desk, settings):
    settings(fee_policy="percent", fee_percent=40)
    visit = desk.visit("no_show")

    desk.do(charge_no_show, event_of(visit, "no_show"))

    draft = desk.do(get_invoice_detail, desk.do(invoice_of, visit.id).id)
    assert (draft.kind, draft.gross_minor, draft.therapist_id) == ("fee", 2400, None)
    assert [(line.kind, line.description, line.tax_category) for line in draft.lines] == [
        ("fee", "Missed appointment", "other")
    ]
    assert desk.issue(draft).state == "issued"


@pytest.mark.parametrize(("hours", "count"), [(23, 1), (25, 0)])
def test_cancelling_costs_within_the_notice_alone(desk, settings, hours, count):
    settings(fee_policy="percent", fee_percent=50, notice_hours=24)
    visit = desk.visit("cancelled")
    event = event_of(visit, "cancelled", visit.starts_at - timedelta(hours=hours))

    desk.do(charge_late_cancellation, event)
    desk.do(charge_late_cancellation, event)

    assert drafts(desk) == count


def test_missed_visit_of_a_service_without_a_price_is_no_error(desk, settings):
    settings(fee_policy="percent")
    visit = desk.visit("no_show", service_id=desk.make.service("Unpriced").id)

    desk.do(charge_no_show, event_of(visit, "no_show"))

    assert drafts(desk) == 0
