"""What is owed, as of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Select, Text, bindparam, cast, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.paging import Page, PageRequest, page_of
from polyclinic_billing.models.invoices import CreditNote, Invoice
from polyclinic_billing.models.payments import Allocation
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import after, fetch
from polyclinic_billing.rows import ReceivableRow
from polyclinic_billing.rules.ageing import bucket_of


@dataclass(frozen=True)
class ReceivableFilter:
    """Which receivables a list shows."""

    as_of: date
    clinic_id: UUID | None = None
    client_id: UUID | None = None


def list_receivables(ctx: Ctx, wanted: ReceivableFilter, page: PageRequest) -> Page[ReceivableRow]:
    """Return the invoices that had something open at the end of a day, what was due first in front."""
    clinics = scope.clinics_with(ctx, scope.INVOICES_READ, wanted.clinic_id)
    statement = open_on(wanted.as_of).where(Invoice.clinic_id.in_(clinics))
    if wanted.client_id is not None:
        statement = statement.where(Invoice.client_id == wanted.client_id)
    statement = statement.where(*after((Invoice.due_on, Invoice.id), page.after))
    statement = statement.order_by(Invoice.due_on, Invoice.id).limit(page.limit + 1)
    found = [_row(known, wanted.as_of) for known in fetch(ctx, statement, dict, {})]
    return page_of(found, page, lambda row: (row.due_on, row.invoice_id))


def open_on(as_of: date) -> Any:
    """Return the invoices that had something open at the end of a day; what came after it does not count."""
    paid = _sum(
        select(func.sum(Allocation.amount_minor)).where(
            Allocation.organisation_id == Invoice.organisation_id,
            Allocation.invoice_id == Invoice.id,
            Allocation.booked_on <= as_of,
        )
    )
    credited = _sum(
        select(func.sum(CreditNote.gross_minor)).where(
            CreditNote.organisation_id == Invoice.organisation_id,
            CreditNote.invoice_id == Invoice.id,
            CreditNote.issued_on <= as_of,
        )
    )
    rest = Invoice.gross_minor - paid - credited
    return select(
        Invoice.id.label("invoice_id"),
        Invoice.number_text,
        Invoice.clinic_id,
        Invoice.client_id,
        cast(func.coalesce(Invoice.client.op("->>")("name"), ""), Text).label("client_name"),
        Invoice.issued_on,
        Invoice.due_on,
        Invoice.currency,
        Invoice.gross_minor,
        rest.label("open_minor"),
        cast(literal(as_of, Date) - Invoice.due_on, Integer).label("days_late"),
    ).where(
        Invoice.organisation_id == bindparam("organisation_id"),
        Invoice.status != "draft",
        Invoice.issued_on <= as_of,
        or_(Invoice.voided_on.is_(None), Invoice.voided_on > as_of),
        rest > 0,
    )


def _sum(statement: Select[Any]) -> ColumnElement[int]:
    return func.coalesce(statement.correlate(Invoice).scalar_subquery(), 0)


def _row(known: dict[str, Any], as_of: date) -> ReceivableRow:
    return ReceivableRow(**known, bucket=bucket_of(known["due_on"], as_of))
