"""What queries answer: frozen rows, money in minor units beside its currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class LegalEntityRow:
    """A seller; `clinic_ids` are the clinics within the actor's scope that chose it over the default one."""

    id: UUID
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    region: str
    phone: str
    email: str
    tax_number: str
    payment_details: str
    tax_registered_on: date | None
    currency: str
    number_prefix: str
    is_default: bool
    archived_at: datetime | None
    row_version: int
    clinic_ids: Sequence[UUID] = ()


@dataclass(frozen=True)
class PriceRow:
    """A price; `valid_until` is the first day on which it no longer holds."""

    id: UUID
    service_id: UUID
    clinic_id: UUID | None
    amount_minor: int
    currency: str
    basis: str
    valid_from: date
    valid_until: date | None
    row_version: int


@dataclass(frozen=True)
class InvoiceRow:
    """An invoice without its lines; the snapshots are empty until it is issued."""

    id: UUID
    legal_entity_id: UUID | None
    clinic_id: UUID
    client_id: UUID | None
    appointment_id: UUID | None
    therapist_id: UUID | None
    kind: str
    status: str
    state: str
    service_on: date
    currency: str | None
    net_minor: int
    tax_minor: int
    gross_minor: int
    paid_minor: int
    credited_minor: int
    is_unpriced: bool
    remark: str
    number_text: str | None
    issued_on: date | None
    issued_at: datetime | None
    due_on: date | None
    seller: Mapping[str, Any]
    clinic: Mapping[str, Any]
    client: Mapping[str, Any]
    therapist: Mapping[str, Any]
    visit: Mapping[str, Any]
    voided_at: datetime | None
    voided_on: date | None
    void_reason: str | None
    handed_out_at: datetime | None
    created_at: datetime
    row_version: int

    @property
    def open_minor(self) -> int:
        """What is still to be paid: nothing for drafts and void invoices."""
        if self.status != "issued":
            return 0
        return max(self.gross_minor - self.paid_minor - self.credited_minor, 0)

    @property
    def refundable_minor(self) -> int:
        """What was paid beyond what the invoice still asks."""
        return max(self.paid_minor + self.credited_minor - self.gross_minor, 0)


@dataclass(frozen=True)
class LineRow:
    """A line of an invoice; without `unit_minor` it has no price yet. `tax_rate` is in percent."""

    id: UUID
    invoice_id: UUID
    position: int
    kind: str
    service_id: UUID | None
    description: str
    basis: str
    quantity: int
    unit_minor: int | None
    discount_minor: int
    price_tax: str
    tax_category: str
    tax_rate: Decimal
    tax_reason: str
    tax_name: str
    tax_note: str
    net_minor: int
    tax_minor: int
    gross_minor: int
    procedure_code: str
    minutes: int | None
    units: int | None


@dataclass(frozen=True)
class CreditNoteRow:
    """A credit note."""

    id: UUID
    invoice_id: UUID
    legal_entity_id: UUID
    clinic_id: UUID
    client_id: UUID | None
    number_text: str
    issued_on: date
    issued_at: datetime
    reason: str
    currency: str
    net_minor: int
    tax_minor: int
    gross_minor: int


@dataclass(frozen=True)
class CreditNoteLineRow:
    """What a credit note takes back of one invoice line."""

    id: UUID
    credit_note_id: UUID
    invoice_line_id: UUID
    description: str
    tax_rate: Decimal
    tax_name: str
    net_minor: int
    tax_minor: int
    gross_minor: int


@dataclass(frozen=True)
class PaymentRow:
    """A payment and what was given back of it."""

    id: UUID
    legal_entity_id: UUID
    clinic_id: UUID
    client_id: UUID | None
    method: str
    amount_minor: int
    currency: str
    refunded_minor: int
    received_on: date
    received_at: datetime
    reference: str

    @property
    def refundable_minor(self) -> int:
        """What can still be given back."""
        return self.amount_minor - self.refunded_minor


@dataclass(frozen=True)
class InvoicePaymentRow:
    """Money that settled an invoice; below zero when it is a refund, `on` and `method` are the refund's then.

    `reference` is empty where the money lies in the till of a clinic that the actor does not see.
    """

    payment_id: UUID
    refund_id: UUID | None
    invoice_id: UUID
    method: str
    amount_minor: int
    currency: str
    on: date
    reference: str


@dataclass(frozen=True)
class AllocationRow:
    """The part of a payment that settles an invoice."""

    payment_id: UUID
    invoice_id: UUID
    refund_id: UUID | None
    amount_minor: int


@dataclass(frozen=True)
class RefundRow:
    """Money given back."""

    id: UUID
    payment_id: UUID
    clinic_id: UUID
    method: str
    amount_minor: int
    currency: str
    refunded_on: date
    refunded_at: datetime
    reason: str


@dataclass(frozen=True)
class PackageTypeRow:
    """A package on offer."""

    id: UUID
    name: str
    service_id: UUID | None
    visits_total: int
    amount_minor: int
    currency: str
    valid_months: int | None
    tax_category: str
    archived_at: datetime | None
    row_version: int


@dataclass(frozen=True)
class PackageRow:
    """A package that a client bought; `expires_on` is the last day on which it can be redeemed."""

    id: UUID
    package_type_id: UUID
    client_id: UUID | None
    sold_at_clinic_id: UUID
    invoice_id: UUID
    service_id: UUID | None
    name: str
    visits_total: int
    visits_used: int
    value_minor: int
    value_used_minor: int
    currency: str
    tax_point: str
    sold_on: date
    expires_on: date | None
    closed_at: datetime | None
    row_version: int

    @property
    def visits_left(self) -> int:
        """How many visits can still be redeemed."""
        return 0 if self.closed_at else self.visits_total - self.visits_used

    @property
    def value_left_minor(self) -> int:
        """What the visits left are worth."""
        return 0 if self.closed_at else self.value_minor - self.value_used_minor


@dataclass(frozen=True)
class RedemptionRow:
    """A visit paid for with a package."""

    id: UUID
    package_id: UUID
    clinic_id: UUID
    appointment_id: UUID | None
    invoice_id: UUID
    payment_id: UUID | None
    value_minor: int
    currency: str
    redeemed_on: date
    undone_at: datetime | None


@dataclass(frozen=True)
class CountRow:
    """One method of a closed day, or of an open one (`counted_minor` None)."""

    method: str
    expected_minor: int
    counted_minor: int | None = None
    difference_minor: int | None = None


@dataclass(frozen=True)
class DayCloseRow:
    """A closed day."""

    id: UUID
    clinic_id: UUID
    day: date
    currency: str
    till_name: str
    float_minor: int
    note: str
    closed_at: datetime
    closed_by: UUID | None
    counts: Sequence[CountRow] = ()


@dataclass(frozen=True)
class TillRow:
    """What a clinic's till should hold on a day that is not closed."""

    clinic_id: UUID
    day: date
    currency: str
    till_name: str
    float_minor: int
    counts: Sequence[CountRow]


@dataclass(frozen=True)
class ReceivableRow:
    """An invoice with something open, as of a day."""

    invoice_id: UUID
    number_text: str
    clinic_id: UUID
    client_id: UUID | None
    client_name: str
    issued_on: date
    due_on: date
    currency: str
    gross_minor: int
    open_minor: int
    days_late: int
    bucket: str


@dataclass(frozen=True)
class InvoiceDetail(InvoiceRow):
    """An invoice with its lines, what was paid on it and its credit notes."""

    lines: Sequence[LineRow] = ()
    payments: Sequence[InvoicePaymentRow] = ()
    credit_notes: Sequence[CreditNoteRow] = ()


@dataclass(frozen=True)
class PaymentDetail(PaymentRow):
    """A payment with the invoices it settles and what was given back."""

    allocations: Sequence[AllocationRow] = ()
    refunds: Sequence[RefundRow] = ()
