"""What all tables of billing share."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from polyclinic.sdk.tables import OrganisationRow, plugin_base

if TYPE_CHECKING:

    class Base(DeclarativeBase):
        """The base of billing's models."""

else:
    Base = plugin_base("billing")

Id = Annotated[UUID, mapped_column(Uuid)]
Link = Annotated[UUID | None, mapped_column(Uuid)]
Words = Annotated[str, mapped_column(Text)]
Minor = Annotated[int, mapped_column(BigInteger)]
Percent = Annotated[Decimal, mapped_column(Numeric(7, 4))]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Snapshot = Annotated[dict[str, Any], mapped_column(JSONB)]


class Row(OrganisationRow):
    """The key of every row."""


class Versioned:
    """Columns of rows that change: `row_version` is the source of the ETag."""

    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    row_version: Mapped[int]


class Amounted:
    """Net + tax = gross, in minor units."""

    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    gross_minor: Mapped[Minor]
