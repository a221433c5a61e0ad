"""Drafts: of an attended appointment, of the fee for a missed one; one for each appointment, whatever is repeated."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.errors import Conflict, NotFound
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import DraftForAppointment, PriceDraft
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.queries.prices import find_price_for
from polyclinic_billing.queries.statements import columns_of, fetch_one
from polyclinic_billing.queries.terms import Terms, terms_at
from polyclinic_billing.rows import InvoiceRow, LegalEntityRow
from polyclinic_billing.rules.fees import fee_minor
from polyclinic_billing.rules.invoice_states import check_draft
from polyclinic_billing.rules.prices import Charge, charge_of
from polyclinic_billing.rules.tax_regimes import ZERO, TaxVerdict
from polyclinic_billing.rules.timed_units import units_of
from polyclinic_billing.services.acting import Act, audit, member_of
from polyclinic_billing.services.lines import NewLine, add_up, lines_of, rewrite_line, write_line
from polyclinic_billing.services.locking import again, lock_invoice, standing_of
from polyclinic_billing.services.taxing import Supply, service_fields, tax_of
from polyclinic_billing.vocabulary import Basis, InvoiceKind, InvoiceStatus, LineKind, TaxCategory, TaxReason

ATTENDED = "completed"
NO_SELLER = "Nobody sells at this clinic yet. Add a legal entity in the billing settings, then price this draft again."
NO_PRICE = "This service has no price here on this day. Add one and price this draft again, or write the price in."

# Text, not a parameter: a prepared statement would no longer match the partial index.
_NOT_VOID = text("status <> 'void'")
_OF_APPOINTMENT = select(*columns_of(Invoice, InvoiceRow)).where(
    Invoice.organisation_id == bindparam("organisation_id"),
    Invoice.appointment_id == bindparam("appointment_id"),
    Invoice.status != InvoiceStatus.VOID.value,
)


def draft_invoice_for_appointment(ctx: Ctx, command: DraftForAppointment) -> InvoiceRow:
    """Draft the invoice of an attended appointment, or return the one it has.

    A service without a price on that day makes a draft that says so. Raises `Conflict` unless it was attended.
    """
    appointment = known_appointment(ctx, command.appointment_id)
    scope.require_at(ctx, scope.INVOICES_WRITE, appointment.clinic_id)
    return draft_visit(ctx, appointment)


def price_draft(ctx: Ctx, command: PriceDraft) -> InvoiceRow:
    """Look the price and tax of a draft's treatment up again; what was written by hand on it is replaced."""
    invoice = lock_invoice(ctx, command.invoice_id, command.row_version, scope.INVOICES_WRITE)
    check_draft(standing_of(invoice))
    if invoice.appointment_id is None or invoice.kind != InvoiceKind.VISIT.value:
        raise Conflict("Only the invoice of a visit takes its price from the list.", code="no_visit")
    offer = _offer_of(ctx, known_appointment(ctx, invoice.appointment_id))
    treatment = next((line for line in lines_of(ctx, invoice.id) if line.kind == LineKind.TREATMENT.value), None)
    if treatment is None:
        write_line(ctx, invoice, _treatment(ctx, offer), position=1_000)
    else:
        rewrite_line(ctx, treatment.id, _treatment(ctx, offer))
    _say(ctx, invoice.id, offer)
    add_up(ctx, invoice.id)
    audit(ctx, "draft_priced", Act("invoice", invoice.id, invoice.clinic_id))
    return again(ctx, invoice.id)


def known_appointment(ctx: Ctx, appointment_id: UUID) -> AppointmentFact:
    """Return an appointment within the actor's clinics; raises `NotFound`."""
    found = ctx.core.appointments.get_many([appointment_id]).get(appointment_id)
    if found is None:
        raise NotFound("appointment")
    return found


def check_attended(appointment: AppointmentFact) -> None:
    """Raise `Conflict` unless the client was there: no receipt without a visit."""
    if appointment.status != ATTENDED:
        raise Conflict(
            "This appointment is not completed, so there is nothing to charge. Complete it first.", code="not_attended"
        )


def draft_visit(ctx: Ctx, appointment: AppointmentFact) -> InvoiceRow:
    """Draft for callers that have checked the actor."""
    found = invoice_of(ctx, appointment.id)
    if found is not None:
        return found
    check_attended(appointment)
    offer = _offer_of(ctx, appointment)
    invoice_id = _insert(ctx, offer, InvoiceKind.VISIT)
    if invoice_id is not None:
        _finish(ctx, invoice_id, offer, _treatment(ctx, offer))
    return _of_appointment(ctx, appointment.id)


def quote_visit(ctx: Ctx, appointment: AppointmentFact) -> NewLine:
    """Return the line that the visit's invoice would have; nothing is written."""
    return _treatment(ctx, _offer_of(ctx, appointment))


def draft_fee(ctx: Ctx, appointment: AppointmentFact, label: str) -> InvoiceRow | None:
    """Draft the fee of a missed appointment; None where nothing is to be charged, or no price is known."""
    offer = _offer_of(ctx, appointment)
    amount = fee_minor(offer.terms.fee, offer.charge.total_minor) if offer.charge else 0
    if invoice_of(ctx, appointment.id) is not None or offer.seller is None or amount <= 0:
        return None
    tax = tax_of(ctx, _supply(offer, offer.seller, treated=False), TaxCategory.OTHER, offer.terms)
    line = NewLine(LineKind.FEE, label, amount, tax, TaxCategory.OTHER, offer.terms.price_tax)
    invoice_id = _insert(ctx, offer, InvoiceKind.FEE)
    if invoice_id is None:
        return None
    _finish(ctx, invoice_id, offer, line)
    return _of_appointment(ctx, appointment.id)


def invoice_of(ctx: Ctx, appointment_id: UUID) -> InvoiceRow | None:
    """Return the appointment's invoice that is not void, if it has one."""
    return fetch_one(ctx, _OF_APPOINTMENT, InvoiceRow, {"appointment_id": appointment_id})


@dataclass(frozen=True)
class _Offer:
    """What an appointment would cost, from whom."""

    appointment: AppointmentFact
    terms: Terms
    seller: LegalEntityRow | None
    charge: Charge | None

    @property
    def minutes(self) -> int:
        return int((self.appointment.ends_at - self.appointment.starts_at).total_seconds()) // 60

    @property
    def remark(self) -> str:
        if self.seller is None:
            return NO_SELLER
        return "" if self.charge else NO_PRICE


def _offer_of(ctx: Ctx, appointment: AppointmentFact) -> _Offer:
    terms = terms_at(ctx, appointment.clinic_id)
    seller = sellers.seller_of_clinic(ctx, appointment.clinic_id)
    offer = _Offer(appointment, terms, seller, None)
    day = appointment.local_start.date()
    price = find_price_for(ctx, appointment.service_id, appointment.clinic_id, day)
    return offer if price is None else _Offer(appointment, terms, seller, charge_of(price, offer.minutes))


def _insert(ctx: Ctx, offer: _Offer, kind: InvoiceKind) -> UUID | None:
    """Write the draft and return its id; None when somebody else has drafted meanwhile."""
    appointment, invoice_id = offer.appointment, new_id()
    statement = (
        insert(Invoice)
        .values(
            organisation_id=ctx.organisation_id,
            id=invoice_id,
            legal_entity_id=offer.seller.id if offer.seller else None,
            clinic_id=appointment.clinic_id,
            client_id=appointment.client_id,
            appointment_id=appointment.id,
            therapist_id=appointment.therapist_id if kind is InvoiceKind.VISIT else None,
            kind=kind.value,
            service_on=appointment.local_start.date(),
            currency=offer.seller.currency if offer.seller else None,
            remark=offer.remark,
            created_by=member_of(ctx),
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "appointment_id"], index_where=_NOT_VOID)
        .returning(Invoice.id)
    )
    found: UUID | None = ctx.db.execute(statement).scalar()
    return found


def _finish(ctx: Ctx, invoice_id: UUID, offer: _Offer, line: NewLine) -> None:
    invoice = again(ctx, invoice_id)
    write_line(ctx, invoice, line, position=1)
    add_up(ctx, invoice_id)
    detail = {"appointment_id": str(offer.appointment.id)}
    audit(ctx, "invoice_drafted", Act("invoice", invoice_id, invoice.clinic_id, detail))


def _treatment(ctx: Ctx, offer: _Offer) -> NewLine:
    known = service_fields(ctx, offer.appointment.service_id)
    category = TaxCategory(known.get("tax_category") or TaxCategory.TREATMENT)
    code = str(known.get("procedure_code") or "")
    tax = TaxVerdict(ZERO, TaxReason.UNKNOWN_COUNTRY)
    if offer.seller is not None:
        tax = tax_of(ctx, _supply(offer, offer.seller, treated=True), category, offer.terms)
    return NewLine(
        LineKind.TREATMENT,
        offer.appointment.service_name,
        offer.charge.unit_minor if offer.charge else None,
        tax,
        category,
        offer.terms.price_tax,
        quantity=offer.charge.quantity if offer.charge else 1,
        basis=offer.charge.basis if offer.charge else Basis.VISIT,
        service_id=offer.appointment.service_id,
        procedure_code=code,
        minutes=offer.minutes,
        units=units_of({code: offer.minutes}, offer.terms.timed_units).get(code) if code else None,
    )


def _supply(offer: _Offer, seller: LegalEntityRow, *, treated: bool) -> Supply:
    appointment = offer.appointment
    return Supply(
        seller,
        appointment.clinic_id,
        appointment.local_start.date(),
        appointment.therapist_id if treated else None,
        appointment.service_modality if treated else None,
    )


def _say(ctx: Ctx, invoice_id: UUID, offer: _Offer) -> None:
    """Note who sells, in which currency, and what is missing."""
    ctx.db.execute(
        update(Invoice)
        .where(Invoice.organisation_id == ctx.organisation_id, Invoice.id == invoice_id)
        .values(
            legal_entity_id=offer.seller.id if offer.seller else None,
            currency=offer.seller.currency if offer.seller else None,
            remark=offer.remark,
        )
    )


def _of_appointment(ctx: Ctx, appointment_id: UUID) -> InvoiceRow:
    found = invoice_of(ctx, appointment_id)
    if found is None:
        raise NotFound("invoice")
    return found
