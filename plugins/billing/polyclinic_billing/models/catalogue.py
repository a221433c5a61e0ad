"""Who sells, and what costs how much."""

from __future__ import annotations

from datetime import date

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic_billing.models.base import Base, Id, Instant, Link, Minor, Row, Versioned, Words


class LegalEntity(Row, Versioned, Base):
    """A seller: whose name and tax number stand on invoices, and who counts their numbers. The default serves all
    clinics that have no other. Changed by administrators; issued invoices keep what they say.
    """

    __tablename__ = "legal_entity"

    name: Mapped[Words]
    street: Mapped[Words]
    postal_code: Mapped[Words]
    city: Mapped[Words]
    country: Mapped[Words]
    region: Mapped[Words]
    phone: Mapped[Words]
    email: Mapped[Words]
    tax_number: Mapped[Words]
    payment_details: Mapped[Words]
    tax_registered_on: Mapped[date | None]
    currency: Mapped[Words]
    number_prefix: Mapped[Words]
    is_default: Mapped[bool]
    archived_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))


class LegalEntityClinic(Row, Base):
    """A clinic that sells in the name of another legal entity than the default one."""

    __tablename__ = "legal_entity_clinic"

    legal_entity_id: Mapped[Id]
    clinic_id: Mapped[Id]


class Price(Row, Versioned, Base):
    """What a service costs at a clinic (`clinic_id` None = at all) from a day on and before another. Only its end may
    change; one that has begun is never removed. Overlaps are refused by the database.
    """

    __tablename__ = "price"

    service_id: Mapped[Id]
    clinic_id: Mapped[Link]
    amount_minor: Mapped[Minor]
    currency: Mapped[Words]
    basis: Mapped[Words]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class NumberSeries(Row, Base):
    """The next number of a legal entity's invoices or credit notes. Its row is locked from taking a number until the
    transaction that issues the document ends, so no number is left out or given twice.
    """

    __tablename__ = "number_series"

    legal_entity_id: Mapped[Id]
    kind: Mapped[Words]
    next_number: Mapped[Minor]


class PackageType(Row, Versioned, Base):
    """A package on offer: so many visits of a service (None = of any) for one amount."""

    __tablename__ = "package_type"

    name: Mapped[Words]
    service_id: Mapped[Link]
    visits_total: Mapped[int]
    amount_minor: Mapped[Minor]
    currency: Mapped[Words]
    valid_months: Mapped[int | None]
    tax_category: Mapped[Words]
    archived_at: Mapped[Instant | None] = mapped_column(DateTime(timezone=True))
