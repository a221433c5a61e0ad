"""A redeemed visit goes back to its package when its invoice is voided."""

from __future__ import annotations

from sqlalchemy import insert, update

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.tables import new_id
from polyclinic_billing.models.payments import Allocation, PackageRedemption, Refund
from polyclinic_billing.queries.packages import redemptions_of_invoices
from polyclinic_billing.rows import InvoiceRow, RedemptionRow
from polyclinic_billing.rules.ledger import of_refund, reversed_of
from polyclinic_billing.services.acting import member_of, today_at
from polyclinic_billing.services.ledger import Booking, book, postings_of
from polyclinic_billing.services.locking import lock_package
from polyclinic_billing.vocabulary import EntryKind, Method


def give_visit_back(ctx: Ctx, invoice: InvoiceRow) -> bool:
    """Undo the redemption that pays for an invoice the caller holds; False when none does."""
    redemption = redemptions_of_invoices(ctx, [invoice.id]).get(invoice.id)
    if redemption is None or invoice.legal_entity_id is None:
        return False
    lock_package(ctx, redemption.package_id)
    today = today_at(ctx, invoice.clinic_id)
    if redemption.payment_id is not None:
        _unpay(ctx, invoice, redemption)
    ctx.db.execute(
        update(PackageRedemption)
        .where(PackageRedemption.organisation_id == ctx.organisation_id, PackageRedemption.id == redemption.id)
        .values(undone_at=ctx.now())
    )
    booking = Booking(
        EntryKind.REDEMPTION_UNDONE,
        redemption.id,
        invoice.legal_entity_id,
        invoice.clinic_id,
        today,
        redemption.currency,
    )
    book(ctx, booking, reversed_of(postings_of(ctx, EntryKind.REDEMPTION, redemption.id)))
    return True


def _unpay(ctx: Ctx, invoice: InvoiceRow, redemption: RedemptionRow) -> None:
    """Take the package's payment back: it is no money, so no till and no refund of a client is concerned."""
    refund_id, today = new_id(), today_at(ctx, invoice.clinic_id)
    ctx.db.execute(
        insert(Refund).values(
            organisation_id=ctx.organisation_id,
            id=refund_id,
            payment_id=redemption.payment_id,
            clinic_id=invoice.clinic_id,
            method=Method.PACKAGE.value,
            amount_minor=redemption.value_minor,
            currency=redemption.currency,
            refunded_on=today,
            refunded_at=ctx.now(),
            reason="Visit returned to its package",
            refunded_by=member_of(ctx),
        )
    )
    ctx.db.execute(
        insert(Allocation).values(
            organisation_id=ctx.organisation_id,
            id=new_id(),
            payment_id=redemption.payment_id,
            invoice_id=invoice.id,
            clinic_id=invoice.clinic_id,
            refund_id=refund_id,
            amount_minor=-redemption.value_minor,
            booked_on=today,
            method=Method.PACKAGE.value,
        )
    )
    if invoice.legal_entity_id is not None:
        booking = Booking(
            EntryKind.REFUND, refund_id, invoice.legal_entity_id, invoice.clinic_id, today, redemption.currency
        )
        book(ctx, booking, of_refund(Method.PACKAGE, redemption.value_minor))
