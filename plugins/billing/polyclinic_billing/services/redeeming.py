"""Redeeming: one visit of a package pays for one attended appointment, and is never a second taxable sale.

Taxed at sale, the visit's invoice says 0 and the debt to the client becomes revenue. Taxed at redemption, the invoice
says what the visit is worth, with its tax inside, and is paid from the debt.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import insert

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.errors import Conflict
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import RedeemPackage
from polyclinic_billing.models.payments import PackageRedemption
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.packages import balance_of, packages_of_clients
from polyclinic_billing.rows import InvoiceRow, PackageRow, PaymentRow
from polyclinic_billing.rules.allocation import Share
from polyclinic_billing.rules.invoice_states import check_draft
from polyclinic_billing.rules.ledger import of_redemption
from polyclinic_billing.rules.packages import check_redeemable, fitting, visit_value
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.drafting import NO_SELLER, draft_visit, known_appointment
from polyclinic_billing.services.issuing import issue_held
from polyclinic_billing.services.ledger import Booking, book
from polyclinic_billing.services.lines import NewLine, add_up, as_new, lines_of, rewrite_line
from polyclinic_billing.services.locking import again, lock_invoices, lock_package, standing_of
from polyclinic_billing.services.paying import settle, write_payment
from polyclinic_billing.vocabulary import Basis, EntryKind, LineKind, Method, PriceTax, TaxPoint


def redeem_package(ctx: Ctx, command: RedeemPackage) -> InvoiceRow:
    """Pay for an attended appointment with a visit of a package, and issue its invoice; extras stay to be paid.

    Raises `Conflict` when it is invoiced already, was not attended, or no package fits, `NotFound`, `NotAllowed`.
    """
    appointment = known_appointment(ctx, command.appointment_id)
    scope.require_at(ctx, scope.PACKAGES_WRITE, appointment.clinic_id)
    draft = lock_invoices(ctx, [draft_visit(ctx, appointment).id])[0]
    check_draft(standing_of(draft))
    if draft.currency is None:
        raise Conflict(NO_SELLER, code="no_legal_entity")
    package = _package(ctx, appointment, command.package_id, draft.currency)
    balance = balance_of(package)
    check_redeemable(balance, appointment.service_id, draft.service_on, draft.currency)
    value = visit_value(balance)
    _rewrite_treatment(ctx, draft, package, value)
    invoice = issue_held(ctx, again(ctx, draft.id))
    payment_id = _pay(ctx, invoice, value) if package.tax_point == TaxPoint.REDEMPTION.value and value else None
    _write(ctx, invoice, package, (value, payment_id))
    return again(ctx, invoice.id)


def _package(ctx: Ctx, appointment: AppointmentFact, package_id: UUID | None, currency: str) -> PackageRow:
    """Hold the package that pays: the one asked for, or the one that expires first."""
    client = ctx.core.clients.get_many([appointment.client_id]).get(appointment.client_id)
    client_id = client.id if client else appointment.client_id
    owned = {row.id: row for row in packages_of_clients(ctx, [client_id]).get(client_id, ())}
    if package_id is not None:
        if package_id not in owned:
            raise Conflict("This client has no such package. Choose one of theirs.", code="no_such_package")
        return lock_package(ctx, package_id)
    day = appointment.local_start.date()
    usable = fitting([balance_of(row) for row in owned.values()], appointment.service_id, day, currency)
    if not usable:
        raise Conflict(
            "No package of this client can pay for this visit. Sell one, or take a payment.", code="no_package"
        )
    return lock_package(ctx, usable[0].id)


def _rewrite_treatment(ctx: Ctx, draft: InvoiceRow, package: PackageRow, value: int) -> None:
    """Make the treatment cost nothing (taxed at sale) or the visit's value (taxed now); extras stay."""
    lines = lines_of(ctx, draft.id)
    treatment = next((line for line in lines if line.kind == LineKind.TREATMENT.value), None)
    if treatment is None:
        raise Conflict("This draft has no treatment that a package could pay for.", code="no_treatment")
    is_taxed_now = package.tax_point == TaxPoint.REDEMPTION.value
    line: NewLine = replace(
        as_new(treatment),
        kind=LineKind.REDEEMED,
        unit_minor=value if is_taxed_now else 0,
        quantity=1,
        discount_minor=0,
        basis=Basis.VISIT,
        price_tax=PriceTax.INCLUSIVE,
    )
    rewrite_line(ctx, treatment.id, line)
    add_up(ctx, draft.id)


def _pay(ctx: Ctx, invoice: InvoiceRow, value: int) -> UUID:
    assert invoice.legal_entity_id is not None  # noqa: S101 -- the database has it for every issued invoice
    payment = PaymentRow(
        new_id(),
        invoice.legal_entity_id,
        invoice.clinic_id,
        invoice.client_id,
        Method.PACKAGE.value,
        value,
        invoice.currency or "",
        0,
        today_at(ctx, invoice.clinic_id),
        ctx.now(),
        "",
    )
    write_payment(ctx, payment)
    settle(ctx, payment, [Share(invoice.id, value)], {invoice.id: invoice.clinic_id})
    return payment.id


def _write(ctx: Ctx, invoice: InvoiceRow, package: PackageRow, paid: tuple[int, UUID | None]) -> None:
    value, payment_id = paid
    redemption_id, today = new_id(), today_at(ctx, invoice.clinic_id)
    ctx.db.execute(
        insert(PackageRedemption).values(
            organisation_id=ctx.organisation_id,
            id=redemption_id,
            package_id=package.id,
            clinic_id=invoice.clinic_id,
            appointment_id=invoice.appointment_id,
            invoice_id=invoice.id,
            payment_id=payment_id,
            value_minor=value,
            currency=package.currency,
            redeemed_on=today,
            redeemed_at=ctx.now(),
            redeemed_by=member_of(ctx),
        )
    )
    if invoice.legal_entity_id is not None:
        booking = Booking(
            EntryKind.REDEMPTION, redemption_id, invoice.legal_entity_id, invoice.clinic_id, today, package.currency
        )
        book(ctx, booking, of_redemption(TaxPoint(package.tax_point), value))
    act = Act("package", package.id, invoice.clinic_id, {"invoice_id": str(invoice.id)})
    audit(ctx, "package_redeemed", act)
    announce(ctx, "billing.package_redeemed", act, on=today, client_id=invoice.client_id, invoice_id=invoice.id)
