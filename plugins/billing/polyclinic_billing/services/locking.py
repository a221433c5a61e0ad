"""Rows that a write holds until it ends, always in this order: till, payment, invoices, package, numbers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select, text, update

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound, Stale
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.models.payments import Package, Payment
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one
from polyclinic_billing.rows import InvoiceRow, PackageRow, PaymentRow
from polyclinic_billing.rules.invoice_states import Standing
from polyclinic_billing.vocabulary import InvoiceStatus

_INVOICES = (
    select(*columns_of(Invoice, InvoiceRow))
    .where(
        Invoice.organisation_id == bindparam("organisation_id"),
        Invoice.id.in_(bindparam("ids", expanding=True)),
        Invoice.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
    )
    .order_by(Invoice.id)
    .with_for_update()
)
_PAYMENT = (
    select(*columns_of(Payment, PaymentRow))
    .where(
        Payment.organisation_id == bindparam("organisation_id"),
        Payment.id == bindparam("payment_id"),
        Payment.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
    )
    .with_for_update()
)
_PACKAGE = (
    select(*columns_of(Package, PackageRow))
    .where(Package.organisation_id == bindparam("organisation_id"), Package.id == bindparam("package_id"))
    .with_for_update()
)
_PACKAGE_OF_INVOICE = (
    select(*columns_of(Package, PackageRow))
    .where(Package.organisation_id == bindparam("organisation_id"), Package.invoice_id == bindparam("invoice_id"))
    .with_for_update()
)
_TILL = "hashtextextended('billing.till:' || :clinic_id, 0)"
_SHARE_TILL = text(f"SELECT pg_advisory_xact_lock_shared({_TILL})")
_HOLD_TILL = text(f"SELECT pg_advisory_xact_lock({_TILL})")


def lock_invoices(ctx: Ctx, invoice_ids: Sequence[UUID]) -> Sequence[InvoiceRow]:
    """Hold invoices within the actor's clinics, by id; raises `NotFound` when one is missing."""
    values = {"ids": list(invoice_ids), "clinic_ids": list(ctx.actor.clinic_ids)}
    rows = fetch(ctx, _INVOICES, InvoiceRow, values)
    if len(rows) != len(set(invoice_ids)):
        raise NotFound("invoice")
    return rows


def lock_invoice(ctx: Ctx, invoice_id: UUID, row_version: int | None, permission: str) -> InvoiceRow:
    """Hold one invoice; raises `NotFound`, `NotAllowed` without the permission at its clinic, `Stale`."""
    invoice = lock_invoices(ctx, [invoice_id])[0]
    scope.require_at(ctx, permission, invoice.clinic_id)
    if row_version is not None and invoice.row_version != row_version:
        raise Stale("The invoice changed since you opened it.", row_version=invoice.row_version, current=invoice)
    return invoice


def again(ctx: Ctx, invoice_id: UUID) -> InvoiceRow:
    """Return a held invoice as it stands now."""
    return lock_invoices(ctx, [invoice_id])[0]


def lock_payment(ctx: Ctx, payment_id: UUID) -> PaymentRow:
    """Hold one payment; raises `NotFound`."""
    values = {"payment_id": payment_id, "clinic_ids": list(ctx.actor.clinic_ids)}
    found = fetch_one(ctx, _PAYMENT, PaymentRow, values)
    if found is None:
        raise NotFound("payment")
    return found


def lock_package(ctx: Ctx, package_id: UUID) -> PackageRow:
    """Hold one package; raises `NotFound`."""
    found = fetch_one(ctx, _PACKAGE, PackageRow, {"package_id": package_id})
    if found is None:
        raise NotFound("package")
    return found


def lock_package_of(ctx: Ctx, invoice_id: UUID) -> PackageRow:
    """Hold the package that an invoice sold; raises `NotFound`."""
    found = fetch_one(ctx, _PACKAGE_OF_INVOICE, PackageRow, {"invoice_id": invoice_id})
    if found is None:
        raise NotFound("package")
    return found


def close_package(ctx: Ctx, package: PackageRow) -> None:
    """End a package: nothing more can be redeemed."""
    ctx.db.execute(
        update(Package)
        .where(Package.organisation_id == ctx.organisation_id, Package.id == package.id)
        .values(closed_at=ctx.now(), row_version=Package.row_version + 1, updated_at=ctx.now())
    )


def share_till(ctx: Ctx, clinic_id: UUID) -> None:
    """Keep a clinic's day from being closed while money is booked."""
    ctx.db.execute(_SHARE_TILL, {"clinic_id": str(clinic_id)})


def hold_till(ctx: Ctx, clinic_id: UUID) -> None:
    """Keep money from being booked while a clinic's day is closed."""
    ctx.db.execute(_HOLD_TILL, {"clinic_id": str(clinic_id)})


def standing_of(invoice: InvoiceRow) -> Standing:
    """Return what decides where an invoice stands."""
    return Standing(
        InvoiceStatus(invoice.status),
        invoice.gross_minor,
        invoice.paid_minor,
        invoice.credited_minor,
        invoice.currency or "",
    )
