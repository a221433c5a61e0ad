"""Tables of the daily roll-up."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Date, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.sdk.tables import OrganisationRow
from polyclinic_reporting.models.base import Base


class DailyRollup(OrganisationRow, Base):
    """One figure of one clinic on one local day; made anew from its definition, never edited by hand."""

    __tablename__ = "daily_rollup"

    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    day: Mapped[date] = mapped_column(Date)
    figure_key: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    value: Mapped[int] = mapped_column(BigInteger)


class EventCursor(OrganisationRow, Base):
    """How far an organisation's events are worked into the roll-up; one row each, moved by the job."""

    __tablename__ = "event_cursor"

    xid: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger)
