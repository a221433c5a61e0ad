"""What was paid, with what, and for what."""

from __future__ import annotations

from datetime import date

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic_billing.models.base import Base, Id, Instant, Link, Minor, Row, Versioned, Words


class Payment(Row, Base):
    """Money that came in at a clinic's till, or a visit of a package spent. A fact: only what was refunded is counted
    on, by a trigger.
    """

    __tablename__ = "payment"

    legal_entity_id: Mapped[Id]
    clinic_id: Mapped[Id]
    client_id: Mapped[Link]
    method: Mapped[Words]
    amount_minor: Mapped[Minor]
    currency: Mapped[Words]
    refunded_minor: Mapped[Minor]
    received_on: Mapped[date]
    received_at: Mapped[Instant]
    reference: Mapped[Words]
    received_by: Mapped[Link]


class Refund(Row, Base):
    """Money given back of a payment; a fact."""

    __tablename__ = "refund"

    payment_id: Mapped[Id]
    clinic_id: Mapped[Id]
    method: Mapped[Words]
    amount_minor: Mapped[Minor]
    currency: Mapped[Words]
    refunded_on: Mapped[date]
    refunded_at: Mapped[Instant]
    reason: Mapped[Words]
    refunded_by: Mapped[Link]


class Allocation(Row, Base):
    """The part of a payment that settles an invoice; below zero with the refund that takes it back. A fact.

    It belongs to the invoice's clinic. Day and method are those of the money, whose clinic may be another one.
    """

    __tablename__ = "allocation"

    payment_id: Mapped[Id]
    invoice_id: Mapped[Id]
    clinic_id: Mapped[Id]
    refund_id: Mapped[Link]
    amount_minor: Mapped[Minor]
    booked_on: Mapped[date]
    method: Mapped[Words]


class Package(Row, Versioned, Base):
    """Visits that a client bought ahead: owed by the organisation until redeemed at any of its clinics. `value_minor`
    is that debt at sale. Visits and value used are counted by a trigger from redemptions.
    """

    __tablename__ = "package"

    package_type_id: Mapped[Id]
    client_id: Mapped[Link]
    sold_at_clinic_id: Mapped[Id]
    invoice_id: Mapped[Id]
    service_id: Mapped[Link]
    name: Mapped[Words]
    visits_total: Mapped[int]
    visits_used: Mapped[int]
    value_minor: Mapped[Minor]
    value_used_minor: Mapped[Minor]
    currency: Mapped[Words]
    tax_point: Mapped[Words]
    sold_on: Mapped[date]
    expires_on: Mapped[date | None]
    closed_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))


class PackageRedemption(Row, Base):
    """A visit paid for with a package; taken back once when its invoice is voided."""

    __tablename__ = "package_redemption"

    package_id: Mapped[Id]
    clinic_id: Mapped[Id]
    appointment_id: Mapped[Link]
    invoice_id: Mapped[Id]
    payment_id: Mapped[Link]
    value_minor: Mapped[Minor]
    currency: Mapped[Words]
    redeemed_on: Mapped[date]
    redeemed_at: Mapped[Instant]
    redeemed_by: Mapped[Link]
    undone_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
