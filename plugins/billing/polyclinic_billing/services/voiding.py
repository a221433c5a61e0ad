"""Voiding: the invoice keeps its number, the ledger is reversed on the day of voiding, a package visit goes back."""

from __future__ import annotations

from sqlalchemy import update

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid
from polyclinic_billing.commands import VoidInvoice
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.queries import scope
from polyclinic_billing.rows import InvoiceRow
from polyclinic_billing.rules.invoice_states import check_issued, check_voidable
from polyclinic_billing.rules.ledger import reversed_of
from polyclinic_billing.services.acting import Act, announce, audit, today_at
from polyclinic_billing.services.ledger import Booking, book, postings_of
from polyclinic_billing.services.locking import (
    again,
    close_package,
    lock_invoice,
    lock_package_of,
    standing_of,
)
from polyclinic_billing.services.returning import give_visit_back
from polyclinic_billing.vocabulary import EntryKind, InvoiceKind


def void_invoice(ctx: Ctx, command: VoidInvoice) -> InvoiceRow:
    """Declare an issued invoice void; a package visit that paid for it goes back to its package.

    Raises `Invalid` without a reason, `Conflict` while it is paid or credited and for a package that was redeemed,
    `Stale`, `NotFound`, `NotAllowed`.
    """
    if not command.reason.strip():
        raise Invalid({"reason": "Say why the invoice is void; the reason stays with it."})
    invoice = lock_invoice(ctx, command.invoice_id, command.row_version, scope.INVOICES_VOID)
    check_issued(standing_of(invoice))
    if give_visit_back(ctx, invoice):
        invoice = again(ctx, invoice.id)
    check_voidable(standing_of(invoice))
    if invoice.kind == InvoiceKind.PACKAGE.value:
        _close_unused_package(ctx, invoice)
    return _void(ctx, invoice, command.reason.strip())


def _close_unused_package(ctx: Ctx, invoice: InvoiceRow) -> None:
    package = lock_package_of(ctx, invoice.id)
    if package.visits_used:
        raise Conflict(
            f"{package.visits_used} visits of this package are redeemed. Credit the rest instead of voiding.",
            code="package_redeemed",
        )
    close_package(ctx, package)


def _void(ctx: Ctx, invoice: InvoiceRow, reason: str) -> InvoiceRow:
    today = today_at(ctx, invoice.clinic_id)
    ctx.db.execute(
        update(Invoice)
        .where(Invoice.organisation_id == ctx.organisation_id, Invoice.id == invoice.id)
        .values(
            status="void",
            voided_at=ctx.now(),
            voided_on=today,
            void_reason=reason,
            row_version=Invoice.row_version + 1,
            updated_at=ctx.now(),
        )
    )
    void = again(ctx, invoice.id)
    if void.legal_entity_id is not None and void.currency is not None:
        booking = Booking(EntryKind.VOID, void.id, void.legal_entity_id, void.clinic_id, today, void.currency)
        book(ctx, booking, reversed_of(postings_of(ctx, EntryKind.ISSUE, void.id)))
    act = Act("invoice", void.id, void.clinic_id, {"number": void.number_text})
    audit(ctx, "invoice_voided", act)
    announce(ctx, "billing.invoice_voided", act, on=today, was_on=void.issued_on, client_id=void.client_id)
    return void
