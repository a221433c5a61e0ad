"""Lines of a draft: added, changed, taken off; the invoice's sums follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid, NotFound
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import AddLine, ChangeLine, DiscardDraft, RemoveLine
from polyclinic_billing.models.invoices import Invoice, InvoiceLine
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.queries.statements import columns_of, fetch
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import InvoiceRow, LineRow
from polyclinic_billing.rules.invoice_states import check_draft
from polyclinic_billing.rules.tax_regimes import TaxVerdict
from polyclinic_billing.rules.taxes import NOTHING, Amounts, amounts_of
from polyclinic_billing.services.acting import Act, audit
from polyclinic_billing.services.locking import again, lock_invoice, standing_of
from polyclinic_billing.services.taxing import Supply, tax_of
from polyclinic_billing.vocabulary import Basis, InvoiceKind, LineKind, PriceTax, TaxCategory

MAX_LINES = 50
LARGEST_UNIT = 10**12

_LINES = (
    select(*columns_of(InvoiceLine, LineRow))
    .where(
        InvoiceLine.organisation_id == bindparam("organisation_id"), InvoiceLine.invoice_id == bindparam("invoice_id")
    )
    .order_by(InvoiceLine.position)
)


@dataclass(frozen=True)
class NewLine:
    """A line before it is written; without `unit_minor` it has no price yet."""

    kind: LineKind
    description: str
    unit_minor: int | None
    tax: TaxVerdict
    tax_category: TaxCategory
    price_tax: PriceTax
    quantity: int = 1
    discount_minor: int = 0
    basis: Basis = Basis.VISIT
    service_id: UUID | None = None
    procedure_code: str = ""
    minutes: int | None = None
    units: int | None = None

    @property
    def amounts(self) -> Amounts:
        """Return net, tax and gross; zero without a price."""
        if self.unit_minor is None:
            return NOTHING
        return amounts_of(self.unit_minor * self.quantity - self.discount_minor, self.tax.rate, self.price_tax)


def add_line(ctx: Ctx, command: AddLine) -> InvoiceRow:
    """Add a line to a draft; raises `Conflict` for an issued one, `Invalid`, `Stale`."""
    invoice = _draft(ctx, command.invoice_id, command.row_version)
    if command.kind not in {LineKind.EXTRA, LineKind.FEE, LineKind.TREATMENT}:
        raise Invalid(
            {"kind": "A line is an extra, a fee or a treatment; packages are sold and redeemed on their own."}
        )
    if invoice.kind != InvoiceKind.VISIT.value and command.kind is LineKind.TREATMENT:
        raise Invalid({"kind": "Only the invoice of a visit has treatments."})
    lines = lines_of(ctx, invoice.id)
    if len(lines) >= MAX_LINES:
        raise Conflict(f"An invoice has at most {MAX_LINES} lines.", code="too_many_lines")
    line = NewLine(
        command.kind,
        command.description.strip(),
        command.unit_minor,
        _tax(ctx, invoice, command.tax_category),
        command.tax_category,
        terms_at(ctx, invoice.clinic_id).price_tax,
        quantity=command.quantity,
    )
    check_line(line)
    write_line(ctx, invoice, line, position=1 + max((one.position for one in lines), default=0))
    return _changed(ctx, invoice, "line_added")


def change_line(ctx: Ctx, command: ChangeLine) -> InvoiceRow:
    """Change a line of a draft; raises `Conflict` for an issued one, `Invalid`, `NotFound`, `Stale`."""
    invoice = _draft(ctx, command.invoice_id, command.row_version)
    current = _line(ctx, invoice.id, command.line_id)
    category = command.tax_category or TaxCategory(current.tax_category)
    line = replace(
        as_new(current), tax_category=category, tax=_tax(ctx, invoice, category, service_id=current.service_id)
    )
    for name in ("description", "unit_minor", "quantity", "discount_minor"):
        wanted = getattr(command, name)
        line = line if wanted is None else replace(line, **{name: wanted})
    check_line(line)
    rewrite_line(ctx, current.id, line)
    return _changed(ctx, invoice, "line_changed")


def remove_line(ctx: Ctx, command: RemoveLine) -> InvoiceRow:
    """Take a line off a draft; raises `Conflict` for an issued one, `NotFound`, `Stale`."""
    invoice = _draft(ctx, command.invoice_id, command.row_version)
    line = _line(ctx, invoice.id, command.line_id)
    ctx.db.execute(
        delete(InvoiceLine).where(InvoiceLine.organisation_id == ctx.organisation_id, InvoiceLine.id == line.id)
    )
    return _changed(ctx, invoice, "line_removed")


def discard_draft(ctx: Ctx, command: DiscardDraft) -> None:
    """Remove a draft for good; raises `Conflict` for an issued invoice, `Stale`."""
    invoice = _draft(ctx, command.invoice_id, command.row_version)
    ctx.db.execute(delete(Invoice).where(Invoice.organisation_id == ctx.organisation_id, Invoice.id == invoice.id))
    audit(ctx, "draft_discarded", Act("invoice", invoice.id, invoice.clinic_id))


def lines_of(ctx: Ctx, invoice_id: UUID) -> Sequence[LineRow]:
    """Return the lines of an invoice that a write holds."""
    return fetch(ctx, _LINES, LineRow, {"invoice_id": invoice_id})


def write_line(ctx: Ctx, invoice: InvoiceRow, line: NewLine, *, position: int) -> None:
    """Write a new line."""
    ctx.db.execute(
        insert(InvoiceLine).values(
            organisation_id=ctx.organisation_id,
            id=new_id(),
            invoice_id=invoice.id,
            clinic_id=invoice.clinic_id,
            position=position,
            **_values(line),
        )
    )


def rewrite_line(ctx: Ctx, line_id: UUID, line: NewLine) -> None:
    """Write a line anew."""
    ctx.db.execute(
        update(InvoiceLine)
        .where(InvoiceLine.organisation_id == ctx.organisation_id, InvoiceLine.id == line_id)
        .values(**_values(line))
    )


def add_up(ctx: Ctx, invoice_id: UUID) -> None:
    """Make a draft's sums those of its lines."""
    of_invoice = and_(InvoiceLine.organisation_id == ctx.organisation_id, InvoiceLine.invoice_id == invoice_id)
    sums = ctx.db.execute(
        select(
            *(
                func.coalesce(func.sum(getattr(InvoiceLine, name)), 0)
                for name in ("net_minor", "tax_minor", "gross_minor")
            ),
            func.coalesce(func.bool_or(InvoiceLine.unit_minor.is_(None)), False),
        ).where(of_invoice)
    ).one()
    ctx.db.execute(
        update(Invoice)
        .where(Invoice.organisation_id == ctx.organisation_id, Invoice.id == invoice_id)
        .values(
            net_minor=int(sums[0]),
            tax_minor=int(sums[1]),
            gross_minor=int(sums[2]),
            is_unpriced=sums[3],
            row_version=Invoice.row_version + 1,
            updated_at=ctx.now(),
        )
    )


def as_new(line: LineRow) -> NewLine:
    """Return a written line as one to be written."""
    return NewLine(
        LineKind(line.kind),
        line.description,
        line.unit_minor,
        verdict_of(line),
        TaxCategory(line.tax_category),
        PriceTax(line.price_tax),
        line.quantity,
        line.discount_minor,
        Basis(line.basis),
        line.service_id,
        line.procedure_code,
        line.minutes,
        line.units,
    )


def verdict_of(line: LineRow) -> TaxVerdict:
    """Return the tax that a written line has."""
    return TaxVerdict(line.tax_rate, line.tax_reason, line.tax_name, line.tax_note)  # type: ignore[arg-type]


def check_line(line: NewLine) -> None:
    """Raise `Invalid` for a line that cannot stand on an invoice."""
    if not line.description or len(line.description) > 200:
        raise Invalid({"description": "Say in 1 to 200 characters what is charged."})
    if not 1 <= line.quantity <= 10_000:
        raise Invalid({"quantity": "Give a quantity from 1 to 10,000."})
    if line.unit_minor is None:
        if line.discount_minor:
            raise Invalid({"discount": "This line has no price yet. Give the price first."})
        return
    if not 0 <= line.unit_minor <= LARGEST_UNIT:
        raise Invalid({"unit_price": "Give a price of zero or more, in digits that a clinic could charge."})
    if not 0 <= line.discount_minor <= line.unit_minor * line.quantity:
        raise Invalid({"discount": "The discount can be at most the price of the line."})


def _values(line: NewLine) -> dict[str, Any]:
    amounts = line.amounts
    return {
        "kind": line.kind.value,
        "service_id": line.service_id,
        "description": line.description,
        "basis": line.basis.value,
        "quantity": line.quantity,
        "unit_minor": line.unit_minor,
        "discount_minor": line.discount_minor,
        "price_tax": line.price_tax.value,
        "tax_category": line.tax_category.value,
        "tax_rate": line.tax.rate,
        "tax_reason": str(line.tax.reason),
        "tax_name": line.tax.tax_name,
        "tax_note": line.tax.note,
        "net_minor": amounts.net_minor,
        "tax_minor": amounts.tax_minor,
        "gross_minor": amounts.gross_minor,
        "procedure_code": line.procedure_code,
        "minutes": line.minutes,
        "units": line.units,
    }


def _draft(ctx: Ctx, invoice_id: UUID, row_version: int) -> InvoiceRow:
    invoice = lock_invoice(ctx, invoice_id, row_version, scope.INVOICES_WRITE)
    check_draft(standing_of(invoice))
    return invoice


def _line(ctx: Ctx, invoice_id: UUID, line_id: UUID) -> LineRow:
    found = next((line for line in lines_of(ctx, invoice_id) if line.id == line_id), None)
    if found is None:
        raise NotFound("line")
    return found


def _tax(ctx: Ctx, invoice: InvoiceRow, category: TaxCategory, *, service_id: UUID | None = None) -> TaxVerdict:
    seller = sellers.seller_of_clinic(ctx, invoice.clinic_id)
    if seller is None:
        raise Conflict("Nobody sells at this clinic yet. Add a legal entity in the billing settings first.")
    services = ctx.core.services.get_many([service_id]) if service_id else {}
    modality = services[service_id].modality if service_id and service_id in services else None
    supply = Supply(seller, invoice.clinic_id, invoice.service_on, invoice.therapist_id, modality)
    return tax_of(ctx, supply, category, terms_at(ctx, invoice.clinic_id))


def _changed(ctx: Ctx, invoice: InvoiceRow, action: str) -> InvoiceRow:
    add_up(ctx, invoice.id)
    audit(ctx, action, Act("invoice", invoice.id, invoice.clinic_id))
    return again(ctx, invoice.id)
