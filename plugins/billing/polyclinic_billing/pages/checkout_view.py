"""What the check-out of a visit shows: its bill, who pays how, the next visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.sdk.context import AppointmentFact, Ctx
from polyclinic.sdk.money import format_amount
from polyclinic.sdk.tables import new_id
from polyclinic_billing.pages.invoice_view import papers_of
from polyclinic_billing.pages.line_view import LineView, PaymentView, lines_of, payments_of, sums_of
from polyclinic_billing.pages.rebooking import RebookView, rebook_view
from polyclinic_billing.pages.site import HOME, may
from polyclinic_billing.pages.words import CHIPS, Chip, Choice, Link, Remark, Sum, chip_of, choices, day, money
from polyclinic_billing.queries import invoices, packages, payments, scope
from polyclinic_billing.queries.sellers import seller_of_clinic
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import InvoiceRow, LineRow, PackageRow
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.services.drafting import ATTENDED, quote_visit
from polyclinic_billing.vocabulary import InvoiceState, InvoiceStatus

MISSED = frozenset({"cancelled", "no_show"})
NOT_THERE = "The visit did not take place, so there is nothing to check out."
TO_COME = "The visit is still to come. Check it out on its day."


@dataclass(frozen=True)
class PackageOffer:
    """The package that would pay for the visit."""

    id: UUID
    name: str
    meta: str


@dataclass(frozen=True)
class Bill:
    """The invoice of a visit, or what it would be."""

    row: InvoiceRow | None
    lines: Sequence[LineView]
    sums: Sequence[Sum]
    currency: str
    due_minor: int
    is_unpriced: bool
    unpriced_line_id: UUID | None = None


@dataclass(frozen=True)
class CheckoutView:
    """The page of a check-out."""

    appointment: AppointmentFact
    bill: Bill
    meta: str
    chip: Chip
    remarks: Sequence[Remark]
    package: PackageOffer | None
    payments: Sequence[PaymentView]
    papers: Sequence[Link]
    methods: Sequence[Choice]
    client_facts: Sequence[tuple[str, str]]
    rebook: RebookView | None
    prices_url: str
    can_change: bool
    can_take: bool
    is_possible: bool

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{HOME}/checkout/{self.appointment.id}"

    @property
    def appointment_id(self) -> UUID:
        """The visit."""
        return self.appointment.id

    @property
    def client_name(self) -> str:
        """Who came."""
        return self.appointment.client_name

    @property
    def client_billing_url(self) -> str:
        """Where all of the client's invoices are."""
        return f"{HOME}/clients/{self.appointment.client_id}"

    @property
    def invoice_url(self) -> str:
        """Where the invoice is, if there is one."""
        return f"{HOME}/invoices/{self.bill.row.id}" if self.bill.row else ""

    @property
    def number(self) -> str:
        """The invoice's number."""
        return (self.bill.row.number_text or "") if self.bill.row else ""

    @property
    def lines(self) -> Sequence[LineView]:
        """The lines of the bill."""
        return self.bill.lines

    @property
    def sums(self) -> Sequence[Sum]:
        """What stands below the lines."""
        return self.bill.sums

    @property
    def currency(self) -> str:
        """The currency of the bill."""
        return self.bill.currency

    @property
    def row_version(self) -> int:
        """The version that forms are made from; 0 before there is an invoice."""
        return self.bill.row.row_version if self.bill.row else 0

    @property
    def payment_id(self) -> UUID:
        """An id for the next payment, so that sending it twice takes it once."""
        return new_id()

    @property
    def is_draft(self) -> bool:
        """Whether the bill may still change."""
        return self.is_possible and (self.bill.row is None or self.bill.row.status == InvoiceStatus.DRAFT)

    @property
    def is_free(self) -> bool:
        """Whether nothing is to be paid."""
        return self.is_draft and self.bill.due_minor == 0 and not self.bill.is_unpriced

    @property
    def unpriced_line_id(self) -> UUID | None:
        """The line that needs a price first."""
        return self.bill.unpriced_line_id if self.is_draft and self.can_change else None

    @property
    def can_finish(self) -> bool:
        """Whether something is left to issue or to pay, and the reader may."""
        if self.bill.is_unpriced or not self.is_possible:
            return False
        return (self.is_draft and self.can_change and self.can_take) or (self.bill.due_minor > 0 and self.can_take)

    @property
    def can_wait(self) -> bool:
        """Whether the invoice can be issued without a payment."""
        return self.is_draft

    @property
    def act_hint(self) -> str:
        """What the buttons do."""
        return "Issues the invoice and takes the payment." if self.is_draft else "Takes the payment."

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do."""
        row = self.bill.row
        return row is not None and row.state in {InvoiceState.PAID, InvoiceState.CREDITED}

    @property
    def settled_text(self) -> str:
        """What the page says when all is done."""
        return "Paid in full." if self.bill.row and self.bill.row.state == InvoiceState.PAID else "Credited."

    @property
    def mail_url(self) -> str:
        """Where the receipt can be sent from."""
        return f"{self.invoice_url}?show=send" if self.bill.row and self.can_take else ""

    @property
    def amount(self) -> str:
        """The amount that the form is filled with."""
        return format_amount(self.bill.due_minor, self.currency)


def checkout_view(ctx: Ctx, appointment: AppointmentFact, *, error: str = "") -> CheckoutView:
    """Return the check-out of an appointment."""
    clinic_id = appointment.clinic_id
    terms = terms_at(ctx, clinic_id)
    bill = bill_of(ctx, appointment)
    paid = payments.payments_of_invoices(ctx, [bill.row.id]).get(bill.row.id, ()) if bill.row else ()
    is_possible = bill.row is not None or is_checkable(ctx, appointment)
    return CheckoutView(
        appointment=appointment,
        bill=bill,
        meta=_meta(ctx, appointment),
        chip=chip_of(bill.row, today_at(ctx, clinic_id)) if bill.row else CHIPS[InvoiceState.DRAFT],
        remarks=_remarks(ctx, appointment, bill),
        package=_package(ctx, appointment, bill),
        payments=payments_of(paid),
        papers=papers_of(bill.row) if bill.row else (),
        methods=choices(terms.methods),
        client_facts=_client_facts(ctx, appointment),
        rebook=rebook_view(ctx, appointment, error) if is_possible else None,
        prices_url=f"{HOME}/prices/{appointment.service_id}" if may(ctx, scope.PRICES_READ, clinic_id) else "",
        can_change=may(ctx, scope.INVOICES_WRITE, clinic_id),
        can_take=may(ctx, scope.PAYMENTS_WRITE, clinic_id),
        is_possible=is_possible,
    )


def bill_of(ctx: Ctx, appointment: AppointmentFact) -> Bill:
    """Return the visit's invoice; before there is one, what it would hold."""
    row = invoices.invoices_of_appointments(ctx, [appointment.id]).get(appointment.id)
    if row is None:
        return _quoted(ctx, appointment)
    lines = invoices.lines_of_invoices(ctx, [row.id]).get(row.id, ())
    seller = seller_of_clinic(ctx, row.clinic_id)
    currency = row.currency or (seller.currency if seller else "GBP")
    is_draft = row.status == InvoiceStatus.DRAFT
    return Bill(
        row=row,
        lines=lines_of(lines, currency),
        sums=sums_of(row, lines),
        currency=currency,
        due_minor=row.gross_minor if is_draft else row.open_minor,
        is_unpriced=is_draft and (row.is_unpriced or row.currency is None),
        unpriced_line_id=_unpriced(row, lines),
    )


def is_checkable(ctx: Ctx, appointment: AppointmentFact) -> bool:
    """Tell whether the visit took place, or may have: from its day on, and not missed."""
    return appointment.status not in MISSED and appointment.local_start.date() <= today_at(ctx, appointment.clinic_id)


def _quoted(ctx: Ctx, appointment: AppointmentFact) -> Bill:
    seller = seller_of_clinic(ctx, appointment.clinic_id)
    if seller is None or appointment.status in MISSED:
        return Bill(None, (), (), seller.currency if seller else "GBP", 0, is_unpriced=True)
    line = quote_visit(ctx, appointment)
    amounts, is_unpriced = line.amounts, line.unit_minor is None
    shown = LineView(
        id=appointment.id,
        description=line.description,
        quantity=line.quantity,
        rate=f"{line.tax.rate.normalize():f}%",
        gross_minor=amounts.gross_minor,
        remark=line.tax.note if not line.tax.rate else "",
        is_unpriced=is_unpriced,
    )
    sums = [] if is_unpriced else [Sum("Total", amounts.gross_minor, is_strong=True)]
    return Bill(
        None,
        [shown],
        sums,
        seller.currency,
        amounts.gross_minor,
        is_unpriced=is_unpriced,
        unpriced_line_id=appointment.id if is_unpriced else None,
    )


def _unpriced(row: InvoiceRow, lines: Sequence[LineRow]) -> UUID | None:
    if row.status != InvoiceStatus.DRAFT or row.currency is None:
        return None
    return next((line.id for line in lines if line.unit_minor is None), None)


def _meta(ctx: Ctx, appointment: AppointmentFact) -> str:
    when = f"{day(appointment.local_start.date())}, {appointment.local_start:%H:%M}"
    place = ctx.core.clinics.get(appointment.clinic_id).name
    return f"{appointment.service_name} · {when} · {appointment.therapist_name} · {place}"


def _remarks(ctx: Ctx, appointment: AppointmentFact, bill: Bill) -> list[Remark]:
    remarks = []
    if bill.row is None and appointment.status in MISSED:
        return [Remark(NOT_THERE, "neutral")]
    if bill.row is None and not is_checkable(ctx, appointment):
        return [Remark(TO_COME, "neutral")]
    if seller_of_clinic(ctx, appointment.clinic_id) is None:
        text = "An administrator says in whose name invoices are issued: Billing, Sellers."
        remarks.append(Remark(text, "warn", "Nobody sells at this clinic yet."))
    if bill.row is None and appointment.status != ATTENDED:
        remarks.append(Remark("Checking out also marks the visit as done.", "info"))
    if bill.row is not None and bill.row.state == InvoiceState.VOID:
        remarks.append(Remark(bill.row.void_reason or "", "neutral", "Void."))
    return remarks


def _package(ctx: Ctx, appointment: AppointmentFact, bill: Bill) -> PackageOffer | None:
    is_open = bill.row is None or bill.row.status == InvoiceStatus.DRAFT
    if not is_open or not ctx.actor.can(scope.PACKAGES_READ) or appointment.status in MISSED:
        return None
    on = appointment.local_start.date()
    fitting = packages.redeemable_packages(ctx, appointment.client_id, appointment.service_id, on, bill.currency)
    return _offer(fitting[0]) if fitting else None


def _offer(package: PackageRow) -> PackageOffer:
    left = package.visits_left
    words = "the last visit" if left == 1 else f"{left} of {package.visits_total} visits left"
    until = f", good until {day(package.expires_on)}" if package.expires_on else ""
    return PackageOffer(package.id, package.name, words + until)


def _client_facts(ctx: Ctx, appointment: AppointmentFact) -> list[tuple[str, str]]:
    open_ones = invoices.open_invoices_of_clients(ctx, [appointment.client_id]).get(appointment.client_id, ())
    owed: dict[str, int] = {}
    for row in open_ones:
        if row.currency and row.appointment_id != appointment.id:
            owed[row.currency] = owed.get(row.currency, 0) + row.open_minor
    facts = [("Open besides this visit", ", ".join(money(minor, code) for code, minor in owed.items()) or "nothing")]
    if ctx.actor.can(scope.PACKAGES_READ):
        rows = packages.packages_of_clients(ctx, [appointment.client_id]).get(appointment.client_id, ())
        left = [f"{row.name}: {row.visits_left} left" for row in rows if row.visits_left]
        facts.append(("Packages", ", ".join(left) or "none"))
    return facts
