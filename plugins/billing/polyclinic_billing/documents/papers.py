"""What stands on a paper of billing: plain values, gathered beforehand, drawn afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class PaperKind(StrEnum):
    """Which paper it is."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True)
class PaperSeller:
    """Who sells: the legal entity as it was when the document was issued, and the clinic of the visit."""

    name: str
    address: Sequence[str]
    country: str
    tax_number: str = ""
    clinic_name: str = ""
    clinic_address: Sequence[str] = ()
    phone: str = ""
    email: str = ""
    payment_details: str = ""
    """Where a transfer goes to, and by when; printed as it was typed."""


@dataclass(frozen=True)
class PaperBuyer:
    """Who pays: the treated client."""

    name: str
    address: Sequence[str] = ()
    birth_on: date | None = None


@dataclass(frozen=True)
class PaperTherapist:
    """Who treated, registered where; a paper names nobody else."""

    name: str
    authority: str = ""
    registration: str = ""
    insurer_number: str = ""
    """A provider number of a health fund, or an NPI."""


@dataclass(frozen=True)
class PaperLine:
    """One line; `service_on` and the times are the clinic's own day and wall time."""

    description: str
    quantity: int
    unit_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    rate: Decimal
    """In per cent."""
    service_on: date | None = None
    times: str = ""
    minutes: int | None = None
    procedure_code: str = ""
    units: int | None = None
    is_treatment: bool = False
    is_redeemed: bool = False
    """Paid with a package: nothing is charged."""


@dataclass(frozen=True)
class PaperTax:
    """What one rate makes of the document."""

    name: str
    rate: Decimal
    net_minor: int
    tax_minor: int


@dataclass(frozen=True)
class PaperPayment:
    """Money that came in (above zero) or went back."""

    on: date
    method: str
    amount_minor: int


@dataclass(frozen=True)
class Paper:
    """One document, complete."""

    kind: PaperKind
    number: str
    issued_on: date
    currency: str
    seller: PaperSeller
    buyer: PaperBuyer
    lines: Sequence[PaperLine]
    taxes: Sequence[PaperTax]
    net_minor: int
    tax_minor: int
    gross_minor: int
    made_at: datetime
    locale: str = "en_GB"
    therapist: PaperTherapist | None = None
    payments: Sequence[PaperPayment] = ()
    open_minor: int = 0
    credited_minor: int = 0
    due_on: date | None = None
    notes: Sequence[str] = ()
    about: str = ""
    """The document that this one corrects or confirms."""
    void_reason: str | None = None
    duplicate_on: date | None = None
    is_treatment_shown: bool = True
    """A receipt names a treatment once the visit took place and has a treatment record."""

    @property
    def paid_minor(self) -> int:
        """Return what came in, less what went back."""
        return sum(payment.amount_minor for payment in self.payments)

    @property
    def mark(self) -> str:
        """Return the word that lies across the pages."""
        if self.void_reason is not None:
            return "Void"
        return "Duplicate" if self.duplicate_on else ""
