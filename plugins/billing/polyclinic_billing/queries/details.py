"""One thing with all that belongs to it, in a constant number of queries."""

from __future__ import annotations

from dataclasses import fields
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic_billing.queries import invoices, payments
from polyclinic_billing.rows import InvoiceDetail, InvoiceRow, PaymentDetail, PaymentRow


def get_invoice_detail(ctx: Ctx, invoice_id: UUID) -> InvoiceDetail:
    """Return an invoice with lines, payments and credit notes; raises `NotFound`."""
    row = invoices.get_invoice(ctx, invoice_id)
    return InvoiceDetail(
        **{field.name: getattr(row, field.name) for field in fields(InvoiceRow)},
        lines=tuple(invoices.lines_of_invoices(ctx, [row.id]).get(row.id, ())),
        payments=tuple(payments.payments_of_invoices(ctx, [row.id]).get(row.id, ())),
        credit_notes=tuple(invoices.credit_notes_of_invoices(ctx, [row.id]).get(row.id, ())),
    )


def get_payment_detail(ctx: Ctx, payment_id: UUID) -> PaymentDetail:
    """Return a payment with what it settles and its refunds; raises `NotFound`."""
    row = payments.get_payment(ctx, payment_id)
    return PaymentDetail(
        **{field.name: getattr(row, field.name) for field in fields(PaymentRow)},
        allocations=tuple(payments.allocations_of_payments(ctx, [row.id]).get(row.id, ())),
        refunds=tuple(payments.refunds_of_payments(ctx, [row.id]).get(row.id, ())),
    )
