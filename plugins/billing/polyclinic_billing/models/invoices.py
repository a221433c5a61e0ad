"""The documents that say what is owed."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Computed, DateTime, Text
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic_billing.models.base import (
    Amounted,
    Base,
    Id,
    Instant,
    Link,
    Minor,
    Percent,
    Row,
    Snapshot,
    Versioned,
    Words,
)


class Invoice(Row, Versioned, Amounted, Base):
    """An invoice: a draft may change; once issued the database refuses every change but voiding. `paid_minor` and
    `credited_minor` are counted by triggers from allocations and credit notes, and `state` follows from them.
    """

    __tablename__ = "invoice"

    legal_entity_id: Mapped[Link]
    clinic_id: Mapped[Id]
    client_id: Mapped[Link]
    appointment_id: Mapped[Link]
    therapist_id: Mapped[Link]
    kind: Mapped[Words]
    status: Mapped[Words]
    service_on: Mapped[date]
    currency: Mapped[str | None] = mapped_column(Text)
    is_unpriced: Mapped[bool]
    remark: Mapped[Words]
    number: Mapped[int | None] = mapped_column(BigInteger)
    number_text: Mapped[str | None] = mapped_column(Text)
    issued_on: Mapped[date | None]
    issued_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    due_on: Mapped[date | None]
    seller: Mapped[Snapshot]
    clinic: Mapped[Snapshot]
    client: Mapped[Snapshot]
    therapist: Mapped[Snapshot]
    visit: Mapped[Snapshot]
    voided_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    voided_on: Mapped[date | None]
    void_reason: Mapped[str | None] = mapped_column(Text)
    handed_out_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[Link]
    issued_by: Mapped[Link]
    paid_minor: Mapped[Minor]
    credited_minor: Mapped[Minor]
    state: Mapped[str] = mapped_column(Text, Computed("status", persisted=True))


class InvoiceLine(Row, Amounted, Base):
    """One line of an invoice, tax and all; frozen with its invoice. Without `unit_minor` it has no price yet."""

    __tablename__ = "invoice_line"

    invoice_id: Mapped[Id]
    clinic_id: Mapped[Id]
    position: Mapped[int]
    kind: Mapped[Words]
    service_id: Mapped[Link]
    description: Mapped[Words]
    basis: Mapped[Words]
    quantity: Mapped[int]
    unit_minor: Mapped[int | None] = mapped_column(BigInteger)
    discount_minor: Mapped[Minor]
    price_tax: Mapped[Words]
    tax_category: Mapped[Words]
    tax_rate: Mapped[Percent]
    tax_reason: Mapped[Words]
    tax_name: Mapped[Words]
    tax_note: Mapped[Words]
    procedure_code: Mapped[Words]
    minutes: Mapped[int | None]
    units: Mapped[int | None]


class CreditNote(Row, Amounted, Base):
    """Takes back an issued invoice, or a part of it; never changes. Addresses are those of its invoice."""

    __tablename__ = "credit_note"

    invoice_id: Mapped[Id]
    legal_entity_id: Mapped[Id]
    clinic_id: Mapped[Id]
    client_id: Mapped[Link]
    number: Mapped[Minor]
    number_text: Mapped[Words]
    issued_on: Mapped[date]
    issued_at: Mapped[Instant]
    reason: Mapped[Words]
    currency: Mapped[Words]
    issued_by: Mapped[Link]


class CreditNoteLine(Row, Amounted, Base):
    """What a credit note takes back of one invoice line."""

    __tablename__ = "credit_note_line"

    credit_note_id: Mapped[Id]
    invoice_line_id: Mapped[Id]
    clinic_id: Mapped[Id]
    tax_rate: Mapped[Percent]
