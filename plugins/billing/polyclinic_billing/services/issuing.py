"""Issuing: the number, the snapshots, the ledger entry and the event, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from polyclinic.sdk import views
from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.errors import Conflict
from polyclinic_billing.commands import HandOutInvoice, IssueInvoice
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import InvoiceRow, LegalEntityRow
from polyclinic_billing.rules import ledger as postings
from polyclinic_billing.rules.invoice_states import check_draft
from polyclinic_billing.rules.taxes import Amounts
from polyclinic_billing.services import snapshots
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.drafting import check_attended, known_appointment
from polyclinic_billing.services.ledger import Booking, book
from polyclinic_billing.services.lines import lines_of
from polyclinic_billing.services.locking import again, lock_invoice, standing_of
from polyclinic_billing.services.numbering import take_number
from polyclinic_billing.services.taxing import Supply
from polyclinic_billing.vocabulary import EntryKind, InvoiceKind, SeriesKind


def issue_invoice(ctx: Ctx, command: IssueInvoice) -> InvoiceRow:
    """Give a draft its number and freeze it.

    Raises `Conflict` for an issued one, one without lines, price or seller, and one of a visit that was not attended;
    `Stale`, `NotFound`, `NotAllowed`.
    """
    return issue_held(ctx, lock_invoice(ctx, command.invoice_id, command.row_version, scope.INVOICES_WRITE))


def issue_held(ctx: Ctx, invoice: InvoiceRow) -> InvoiceRow:
    """Issue a draft that the caller holds and may issue."""
    check_draft(standing_of(invoice))
    seller = _seller(ctx, invoice)
    _check_lines(ctx, invoice)
    appointment = _attended(ctx, invoice)
    today = today_at(ctx, invoice.clinic_id)
    number = take_number(ctx, seller, SeriesKind.INVOICE)
    ctx.db.execute(
        update(Invoice)
        .where(Invoice.organisation_id == ctx.organisation_id, Invoice.id == invoice.id)
        .values(
            status="issued",
            legal_entity_id=seller.id,
            number=number.number,
            number_text=number.text,
            issued_on=today,
            issued_at=ctx.now(),
            due_on=today + timedelta(days=terms_at(ctx, invoice.clinic_id).due_days),
            issued_by=member_of(ctx),
            remark="",
            row_version=Invoice.row_version + 1,
            updated_at=ctx.now(),
            **_snapshots(ctx, invoice, seller, appointment),
        )
    )
    issued = again(ctx, invoice.id)
    booking = Booking(EntryKind.ISSUE, issued.id, seller.id, issued.clinic_id, today, seller.currency)
    amounts = Amounts(issued.net_minor, issued.tax_minor, issued.gross_minor)
    book(ctx, booking, postings.of_issue(InvoiceKind(issued.kind), amounts))
    act = Act("invoice", issued.id, issued.clinic_id, {"number": number.text})
    audit(ctx, "invoice_issued", act)
    announce(
        ctx, "billing.invoice_issued", act, on=today, client_id=issued.client_id, appointment_id=issued.appointment_id
    )
    return issued


def hand_out(ctx: Ctx, command: HandOutInvoice) -> bool:
    """Note that a receipt leaves the house; True when it is a duplicate of one that did before."""
    invoice = lock_invoice(ctx, command.invoice_id, None, scope.INVOICES_READ)
    if invoice.handed_out_at is None:
        ctx.db.execute(
            update(Invoice)
            .where(Invoice.organisation_id == ctx.organisation_id, Invoice.id == invoice.id)
            .values(handed_out_at=ctx.now())
        )
    audit(ctx, "invoice_handed_out", Act("invoice", invoice.id, invoice.clinic_id))
    return invoice.handed_out_at is not None


def _seller(ctx: Ctx, invoice: InvoiceRow) -> LegalEntityRow:
    seller = sellers.seller_of_clinic(ctx, invoice.clinic_id)
    if seller is None:
        raise Conflict(
            "Nobody sells at this clinic yet. Add a legal entity in the billing settings first.", code="no_legal_entity"
        )
    if invoice.currency != seller.currency:
        raise Conflict(
            f"This draft is not in {seller.currency}, in which {seller.name} sells. Price it again, then issue it.",
            code="other_currency",
        )
    return seller


def _check_lines(ctx: Ctx, invoice: InvoiceRow) -> None:
    if invoice.is_unpriced:
        raise Conflict("A line of this draft has no price. Write it in, or price the draft again.", code="unpriced")
    if not lines_of(ctx, invoice.id):
        raise Conflict("This draft has no lines. Add what is charged, or discard it.", code="no_lines")


def _attended(ctx: Ctx, invoice: InvoiceRow) -> AppointmentFact | None:
    """Return the visit that was paid for; raises `Conflict` when nobody was there or nothing was written up."""
    if invoice.kind != InvoiceKind.VISIT.value or invoice.appointment_id is None:
        return None
    appointment = known_appointment(ctx, invoice.appointment_id)
    check_attended(appointment)
    if appointment.therapist_id != invoice.therapist_id:
        raise Conflict(
            "Another therapist treated than this draft says. Discard it and draft another.", code="other_therapist"
        )
    if terms_at(ctx, invoice.clinic_id).record_needed and not _is_written_up(ctx, appointment):
        raise Conflict("This visit has no treatment record yet. Write it up first.", code="no_treatment_record")
    return appointment


def _is_written_up(ctx: Ctx, appointment: AppointmentFact) -> bool:
    record = views.treatment_record
    statement = select(record.c.id).where(
        record.c.organisation_id == ctx.organisation_id, record.c.appointment_id == appointment.id
    )
    return ctx.db.execute(statement).first() is not None


def _snapshots(
    ctx: Ctx, invoice: InvoiceRow, seller: LegalEntityRow, appointment: AppointmentFact | None
) -> dict[str, Any]:
    said = {
        "seller": snapshots.of_seller(seller),
        "clinic": snapshots.of_clinic(ctx, invoice.clinic_id),
        "client": snapshots.of_client(ctx, invoice.client_id),
    }
    if appointment is None:
        return said
    supply = Supply(
        seller, invoice.clinic_id, invoice.service_on, appointment.therapist_id, appointment.service_modality
    )
    return said | {
        "therapist": snapshots.of_therapist(ctx, appointment, supply),
        "visit": snapshots.of_visit(appointment),
    }
