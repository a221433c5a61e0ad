"""The double-entry ledger and the closed days; facts all of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Computed
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic_billing.models.base import Base, Id, Instant, Link, Minor, Row, Words


class LedgerEntry(Row, Base):
    """One act in the ledger; `source_id` is the invoice, payment, refund ... that `kind` is about."""

    __tablename__ = "ledger_entry"

    legal_entity_id: Mapped[Id]
    clinic_id: Mapped[Id]
    kind: Mapped[Words]
    source_id: Mapped[Id]
    booked_on: Mapped[date]
    booked_at: Mapped[Instant]


class LedgerPosting(Row, Base):
    """One side of an entry; at the end of the transaction the database compares debits with credits."""

    __tablename__ = "ledger_posting"

    entry_id: Mapped[Id]
    clinic_id: Mapped[Id]
    account: Mapped[Words]
    currency: Mapped[Words]
    debit_minor: Mapped[Minor]
    credit_minor: Mapped[Minor]


class DayClose(Row, Base):
    """A clinic's day, counted and locked: no money can be booked on it any more, and it is never opened again."""

    __tablename__ = "day_close"

    clinic_id: Mapped[Id]
    day: Mapped[date]
    currency: Mapped[Words]
    till_name: Mapped[Words]
    float_minor: Mapped[Minor]
    note: Mapped[Words]
    closed_at: Mapped[Instant]
    closed_by: Mapped[Link]


class DayCloseCount(Row, Base):
    """What one method should have brought on a closed day, and what was counted."""

    __tablename__ = "day_close_count"

    day_close_id: Mapped[Id]
    clinic_id: Mapped[Id]
    method: Mapped[Words]
    expected_minor: Mapped[Minor]
    counted_minor: Mapped[Minor]
    difference_minor: Mapped[int] = mapped_column(BigInteger, Computed("counted_minor - expected_minor"))
