"""Reads of invoices, their lines and credit notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.paging import Page, PageRequest
from polyclinic_billing.models.invoices import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one, newest_first
from polyclinic_billing.rows import CreditNoteLineRow, CreditNoteRow, InvoiceRow, LineRow
from polyclinic_billing.vocabulary import InvoiceState, InvoiceStatus

_INVOICES = select(*columns_of(Invoice, InvoiceRow)).where(Invoice.organisation_id == bindparam("organisation_id"))
_IN_CLINICS = _INVOICES.where(Invoice.clinic_id.in_(bindparam("clinic_ids", expanding=True)))
_ONE = _IN_CLINICS.where(Invoice.id == bindparam("invoice_id"))
_SOME = _IN_CLINICS.where(Invoice.id.in_(bindparam("ids", expanding=True)))
_OF_APPOINTMENTS = _IN_CLINICS.where(
    Invoice.appointment_id.in_(bindparam("ids", expanding=True)), Invoice.status != InvoiceStatus.VOID.value
)
_shown_on = func.coalesce(Invoice.issued_on, Invoice.service_on)
_OPEN_STATES = (InvoiceState.ISSUED.value, InvoiceState.PART_PAID.value)
_OPEN_OF_CLIENTS = _IN_CLINICS.where(
    Invoice.client_id.in_(bindparam("ids", expanding=True)), Invoice.state.in_(_OPEN_STATES)
).order_by(Invoice.due_on, Invoice.id)
_LINES = (
    select(*columns_of(InvoiceLine, LineRow))
    .where(
        InvoiceLine.organisation_id == bindparam("organisation_id"),
        InvoiceLine.invoice_id.in_(bindparam("ids", expanding=True)),
        InvoiceLine.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
    )
    .order_by(InvoiceLine.invoice_id, InvoiceLine.position)
)
_NOTES = select(*columns_of(CreditNote, CreditNoteRow)).where(
    CreditNote.organisation_id == bindparam("organisation_id"),
    CreditNote.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
)
_NOTES_OF_INVOICES = _NOTES.where(CreditNote.invoice_id.in_(bindparam("ids", expanding=True))).order_by(CreditNote.id)
_NOTE = _NOTES.where(CreditNote.id == bindparam("credit_note_id"))
_NOTE_LINES = (
    select(
        *columns_of(CreditNoteLine, CreditNoteLineRow, without=frozenset({"description", "tax_name"})),
        InvoiceLine.description,
        InvoiceLine.tax_name,
    )
    .join(
        InvoiceLine,
        (InvoiceLine.organisation_id == CreditNoteLine.organisation_id)
        & (InvoiceLine.id == CreditNoteLine.invoice_line_id),
    )
    .where(
        CreditNoteLine.organisation_id == bindparam("organisation_id"),
        CreditNoteLine.credit_note_id == bindparam("credit_note_id"),
    )
    .order_by(InvoiceLine.position)
)


@dataclass(frozen=True)
class InvoiceFilter:
    """Which invoices a list shows; the span is of the day of issue, or of the service for drafts."""

    clinic_id: UUID | None = None
    client_id: UUID | None = None
    therapist_id: UUID | None = None
    states: Sequence[InvoiceState] = ()
    first_on: date | None = None
    last_on: date | None = None
    number: str | None = None


def list_invoices(ctx: Ctx, wanted: InvoiceFilter, page: PageRequest) -> Page[InvoiceRow]:
    """Return invoices, newest first."""
    clinics = scope.clinics_with(ctx, scope.INVOICES_READ, wanted.clinic_id)
    statement = _INVOICES.where(Invoice.clinic_id.in_(clinics))
    for column, value in (
        (Invoice.client_id, wanted.client_id),
        (Invoice.therapist_id, wanted.therapist_id),
        (Invoice.number_text, wanted.number),
    ):
        statement = statement if value is None else statement.where(column == value)
    if wanted.states:
        statement = statement.where(Invoice.state.in_([state.value for state in wanted.states]))
    if wanted.first_on is not None:
        statement = statement.where(_shown_on >= wanted.first_on)
    if wanted.last_on is not None:
        statement = statement.where(_shown_on <= wanted.last_on)
    return newest_first(ctx, statement, InvoiceRow, Invoice.id, page)


def get_invoice(ctx: Ctx, invoice_id: UUID) -> InvoiceRow:
    """Return one invoice; raises `NotFound`."""
    values = {"invoice_id": invoice_id, "clinic_ids": _clinics(ctx)}
    found = fetch_one(ctx, _ONE, InvoiceRow, values)
    if found is None:
        raise NotFound("invoice")
    return found


def get_invoices(ctx: Ctx, invoice_ids: Sequence[UUID]) -> Mapping[UUID, InvoiceRow]:
    """Return invoices by id; what does not exist or lies outside of the actor's clinics is left out."""
    values = {"ids": list(invoice_ids), "clinic_ids": _clinics(ctx)}
    return {row.id: row for row in fetch(ctx, _SOME, InvoiceRow, values)}


def invoices_of_appointments(ctx: Ctx, appointment_ids: Sequence[UUID]) -> Mapping[UUID, InvoiceRow]:
    """Return the invoice of each appointment that has one, void ones left out."""
    values = {"ids": list(appointment_ids), "clinic_ids": _clinics(ctx)}
    rows = fetch(ctx, _OF_APPOINTMENTS, InvoiceRow, values)
    return {row.appointment_id: row for row in rows if row.appointment_id is not None}


def open_invoices_of_clients(ctx: Ctx, client_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[InvoiceRow]]:
    """Return what each client still has to pay, what is due first in front."""
    found: dict[UUID, list[InvoiceRow]] = {}
    values = {"ids": list(client_ids), "clinic_ids": _clinics(ctx)}
    for row in fetch(ctx, _OPEN_OF_CLIENTS, InvoiceRow, values):
        found.setdefault(row.client_id, []).append(row)  # type: ignore[arg-type]
    return found


def lines_of_invoices(ctx: Ctx, invoice_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[LineRow]]:
    """Return the lines of each invoice in their order."""
    found: dict[UUID, list[LineRow]] = {}
    for row in fetch(ctx, _LINES, LineRow, {"ids": list(invoice_ids), "clinic_ids": _clinics(ctx)}):
        found.setdefault(row.invoice_id, []).append(row)
    return found


def credit_notes_of_invoices(ctx: Ctx, invoice_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[CreditNoteRow]]:
    """Return the credit notes of each invoice, oldest first."""
    found: dict[UUID, list[CreditNoteRow]] = {}
    for row in fetch(ctx, _NOTES_OF_INVOICES, CreditNoteRow, {"ids": list(invoice_ids), "clinic_ids": _clinics(ctx)}):
        found.setdefault(row.invoice_id, []).append(row)
    return found


def get_credit_note(ctx: Ctx, credit_note_id: UUID) -> CreditNoteRow:
    """Return one credit note; raises `NotFound`."""
    values = {"credit_note_id": credit_note_id, "clinic_ids": _clinics(ctx)}
    found = fetch_one(ctx, _NOTE, CreditNoteRow, values)
    if found is None:
        raise NotFound("credit note")
    return found


def lines_of_credit_note(ctx: Ctx, credit_note_id: UUID) -> Sequence[CreditNoteLineRow]:
    """Return the lines of a credit note that the actor may see."""
    get_credit_note(ctx, credit_note_id)
    return fetch(ctx, _NOTE_LINES, CreditNoteLineRow, {"credit_note_id": credit_note_id})


def _clinics(ctx: Ctx) -> list[UUID]:
    return list(scope.clinics_with(ctx, scope.INVOICES_READ))
