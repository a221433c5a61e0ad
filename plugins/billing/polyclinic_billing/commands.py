"""What services are told to do, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic_billing.vocabulary import Basis, LineKind, Method, TaxCategory


@dataclass(frozen=True)
class CreateLegalEntity:
    """Add a seller."""

    name: str
    currency: str
    number_prefix: str
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    region: str = ""
    phone: str = ""
    email: str = ""
    tax_number: str = ""
    payment_details: str = ""
    tax_registered_on: date | None = None
    is_default: bool = False


@dataclass(frozen=True)
class UpdateLegalEntity:
    """Change a seller; `changes` names fields of `CreateLegalEntity`, but neither currency nor prefix."""

    legal_entity_id: UUID
    row_version: int
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class AssignClinic:
    """Let a clinic sell in the name of a legal entity; None = the default one."""

    clinic_id: UUID
    legal_entity_id: UUID | None


@dataclass(frozen=True)
class SetPrice:
    """Give a service a price from a day on; `basis` None = what the service's fields say.

    `replaces` ends the price that holds on that day, and takes over its end.
    """

    service_id: UUID
    clinic_id: UUID | None
    amount_minor: int
    currency: str
    valid_from: date
    valid_until: date | None = None
    basis: Basis | None = None
    replaces: bool = False


@dataclass(frozen=True)
class EndPrice:
    """End a price: `valid_until` is the first day on which it no longer holds."""

    price_id: UUID
    row_version: int
    valid_until: date


@dataclass(frozen=True)
class DraftForAppointment:
    """Draft the invoice of an attended appointment."""

    appointment_id: UUID


@dataclass(frozen=True)
class AddLine:
    """Add a line to a draft; `unit_minor` in the invoice's currency."""

    invoice_id: UUID
    row_version: int
    description: str
    unit_minor: int
    quantity: int = 1
    tax_category: TaxCategory = TaxCategory.OTHER
    kind: LineKind = LineKind.EXTRA


@dataclass(frozen=True)
class ChangeLine:
    """Change a line of a draft; None leaves a value as it is."""

    invoice_id: UUID
    line_id: UUID
    row_version: int
    description: str | None = None
    unit_minor: int | None = None
    quantity: int | None = None
    discount_minor: int | None = None
    tax_category: TaxCategory | None = None


@dataclass(frozen=True)
class RemoveLine:
    """Take a line off a draft."""

    invoice_id: UUID
    line_id: UUID
    row_version: int


@dataclass(frozen=True)
class DiscardDraft:
    """Remove a draft; the appointment can be drafted again."""

    invoice_id: UUID
    row_version: int


@dataclass(frozen=True)
class PriceDraft:
    """Look a draft's price and tax up again."""

    invoice_id: UUID
    row_version: int


@dataclass(frozen=True)
class IssueInvoice:
    """Give a draft its number and freeze it."""

    invoice_id: UUID
    row_version: int


@dataclass(frozen=True)
class HandOutInvoice:
    """Note that a receipt leaves the house."""

    invoice_id: UUID


@dataclass(frozen=True)
class VoidInvoice:
    """Declare an issued invoice void; it keeps its number."""

    invoice_id: UUID
    row_version: int
    reason: str


@dataclass(frozen=True)
class CreditInvoice:
    """Write a credit note; `amount_minor` (gross) None = all that is not credited yet."""

    invoice_id: UUID
    row_version: int
    reason: str
    amount_minor: int | None = None


@dataclass(frozen=True)
class AllocationPart:
    """What of a payment goes to an invoice; None = as much as is open and left."""

    invoice_id: UUID
    amount_minor: int | None = None


@dataclass(frozen=True)
class RecordPayment:
    """Record money that came in at a clinic; `payment_id` makes a repeat harmless."""

    clinic_id: UUID
    method: Method
    amount_minor: int
    currency: str
    allocations: Sequence[AllocationPart]
    received_on: date | None = None
    reference: str = ""
    payment_id: UUID | None = None


@dataclass(frozen=True)
class RefundPayment:
    """Give money of a payment back; `method` None = as it came, `refund_id` makes a repeat harmless."""

    payment_id: UUID
    amount_minor: int
    reason: str
    method: Method | None = None
    refunded_on: date | None = None
    refund_id: UUID | None = None


@dataclass(frozen=True)
class CreatePackageType:
    """Put a package on offer; `service_id` None = for any service, `valid_months` None = without end."""

    name: str
    visits_total: int
    amount_minor: int
    currency: str
    service_id: UUID | None = None
    valid_months: int | None = None
    tax_category: TaxCategory = TaxCategory.OTHER


@dataclass(frozen=True)
class ArchivePackageType:
    """Take a package off the offer; sold ones stay."""

    package_type_id: UUID
    row_version: int
    is_archived: bool = True


@dataclass(frozen=True)
class SellPackage:
    """Sell a package to a client at a clinic: its invoice is issued at once."""

    package_type_id: UUID
    client_id: UUID
    clinic_id: UUID
    package_id: UUID | None = None


@dataclass(frozen=True)
class RedeemPackage:
    """Pay for an attended appointment with a package; None = the one that expires first."""

    appointment_id: UUID
    package_id: UUID | None = None


@dataclass(frozen=True)
class CloseDay:
    """Count and lock a clinic's day; methods that are not counted are taken as expected, cash must be."""

    clinic_id: UUID
    day: date
    counted_minor: Mapping[Method, int] = field(default_factory=dict)
    note: str = ""
    currencies: frozenset[str] = frozenset()
    """The currencies that were counted in, where the caller named any: the clinic's alone is accepted."""
