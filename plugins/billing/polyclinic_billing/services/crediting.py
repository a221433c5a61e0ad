"""Credit notes: the only way to take back what was paid or partly right."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, FieldError, Invalid
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import CreditInvoice
from polyclinic_billing.models.invoices import CreditNote, CreditNoteLine, InvoiceLine
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.queries.packages import redemptions_of_invoices
from polyclinic_billing.queries.statements import columns_of, fetch_one
from polyclinic_billing.rows import CreditNoteRow, InvoiceRow
from polyclinic_billing.rules import ledger as postings
from polyclinic_billing.rules.crediting import Credit, Rest, credits_of, share_of
from polyclinic_billing.rules.currencies import money_text
from polyclinic_billing.rules.invoice_states import check_credit, check_issued
from polyclinic_billing.rules.taxes import Amounts, total_of
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.ledger import Booking, book
from polyclinic_billing.services.locking import close_package, lock_invoice, lock_package_of, standing_of
from polyclinic_billing.services.numbering import take_number
from polyclinic_billing.vocabulary import EntryKind, InvoiceKind, SeriesKind

AMOUNTS = ("net_minor", "tax_minor", "gross_minor")
_RESTS = (
    select(
        InvoiceLine.id,
        InvoiceLine.tax_rate,
        *(getattr(InvoiceLine, name) - func.coalesce(func.sum(getattr(CreditNoteLine, name)), 0) for name in AMOUNTS),
    )
    .outerjoin(
        CreditNoteLine,
        (CreditNoteLine.organisation_id == InvoiceLine.organisation_id)
        & (CreditNoteLine.invoice_line_id == InvoiceLine.id),
    )
    .where(
        InvoiceLine.organisation_id == bindparam("organisation_id"), InvoiceLine.invoice_id == bindparam("invoice_id")
    )
    .group_by(InvoiceLine.organisation_id, InvoiceLine.id)
    .order_by(InvoiceLine.position)
)
_NOTE = select(*columns_of(CreditNote, CreditNoteRow)).where(
    CreditNote.organisation_id == bindparam("organisation_id"), CreditNote.id == bindparam("credit_note_id")
)


def credit_invoice(ctx: Ctx, command: CreditInvoice) -> CreditNoteRow:
    """Write a credit note over an issued invoice or a part of it; what was paid beyond the rest can be refunded then.

    A package's invoice is credited for the visits that are left, and the package ends. Raises `Invalid` without a
    reason, `Conflict` for more than is left, `Stale`, `NotFound`, `NotAllowed`.
    """
    if not command.reason.strip():
        raise Invalid({"reason": "Say why the invoice is credited; the reason stands on the credit note."})
    invoice = lock_invoice(ctx, command.invoice_id, command.row_version, scope.INVOICES_VOID)
    check_issued(standing_of(invoice))
    if redemptions_of_invoices(ctx, [invoice.id]):
        raise Conflict("A package paid for this visit. Void the invoice; the visit goes back.", code="package_visit")
    credits = _credits(ctx, invoice, command.amount_minor)  # noqa: A001 -- the word of the trade
    return _write(ctx, invoice, command.reason.strip(), credits)


def _credits(ctx: Ctx, invoice: InvoiceRow, amount_minor: int | None) -> Sequence[Credit]:
    rests = _rests(ctx, invoice.id)
    if invoice.kind == InvoiceKind.PACKAGE.value:
        return _unused_visits(ctx, invoice, rests[0], amount_minor)
    wanted = total_of(rest.amounts for rest in rests).gross_minor if amount_minor is None else amount_minor
    check_credit(standing_of(invoice), wanted)
    return credits_of(wanted, rests)


def _unused_visits(ctx: Ctx, invoice: InvoiceRow, rest: Rest, amount_minor: int | None) -> Sequence[Credit]:
    package = lock_package_of(ctx, invoice.id)
    amounts = share_of(Amounts(invoice.net_minor, invoice.tax_minor, invoice.gross_minor), package.value_left_minor)
    check_credit(standing_of(invoice), amounts.gross_minor)
    if amount_minor not in {None, amounts.gross_minor}:
        text = money_text(amounts.gross_minor, package.currency)
        detail = f"The visits left on this package are worth {text}. Credit that, or leave the amount out."
        raise Invalid([FieldError("/amount", detail)])
    close_package(ctx, package)
    return (Credit(rest.line_id, rest.rate, amounts),)


def _rests(ctx: Ctx, invoice_id: UUID) -> Sequence[Rest]:
    found = ctx.db.execute(_RESTS, {"organisation_id": ctx.organisation_id, "invoice_id": invoice_id})
    return [Rest(row[0], row[1], Amounts(int(row[2]), int(row[3]), int(row[4]))) for row in found]


def _write(ctx: Ctx, invoice: InvoiceRow, reason: str, credits: Sequence[Credit]) -> CreditNoteRow:  # noqa: A002
    assert invoice.legal_entity_id is not None  # noqa: S101 -- the database has it for every issued invoice
    seller = sellers.known_seller(ctx, invoice.legal_entity_id)
    total, today, note_id = total_of(one.amounts for one in credits), today_at(ctx, invoice.clinic_id), new_id()
    number = take_number(ctx, seller, SeriesKind.CREDIT_NOTE)
    ctx.db.execute(
        insert(CreditNote).values(
            organisation_id=ctx.organisation_id,
            id=note_id,
            invoice_id=invoice.id,
            legal_entity_id=seller.id,
            clinic_id=invoice.clinic_id,
            client_id=invoice.client_id,
            number=number.number,
            number_text=number.text,
            issued_on=today,
            issued_at=ctx.now(),
            reason=reason,
            currency=invoice.currency,
            issued_by=member_of(ctx),
            **_columns(total),
        )
    )
    rows = [
        {
            "organisation_id": ctx.organisation_id,
            "id": new_id(),
            "credit_note_id": note_id,
            "invoice_line_id": one.line_id,
            "clinic_id": invoice.clinic_id,
            "tax_rate": one.rate,
            **_columns(one.amounts),
        }
        for one in credits
    ]
    ctx.db.execute(insert(CreditNoteLine).values(rows))
    booking = Booking(EntryKind.CREDIT, note_id, seller.id, invoice.clinic_id, today, str(invoice.currency))
    book(ctx, booking, postings.of_credit(InvoiceKind(invoice.kind), total))
    act = Act("credit_note", note_id, invoice.clinic_id, {"number": number.text, "invoice_id": str(invoice.id)})
    audit(ctx, "invoice_credited", act)
    announce(ctx, "billing.invoice_credited", act, on=today, invoice_id=invoice.id, client_id=invoice.client_id)
    found = fetch_one(ctx, _NOTE, CreditNoteRow, {"credit_note_id": note_id})
    assert found is not None  # noqa: S101 -- written above
    return found


def _columns(amounts: Amounts) -> dict[str, int]:
    return {name: getattr(amounts, name) for name in AMOUNTS}
