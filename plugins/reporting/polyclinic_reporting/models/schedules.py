"""Reports that are sent by mail at set times."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.sdk.tables import OrganisationRow
from polyclinic_reporting.models.base import Base


class Schedule(OrganisationRow, Base):
    """A report with a relative period, sent to addresses at a wall time; it runs with its owner's present permissions.

    No clinics = all where the owner may run the report. Suspended ones lost their owner or the owner's permission.
    """

    __tablename__ = "schedule"

    owner_id: Mapped[UUID | None] = mapped_column(Uuid)
    report_key: Mapped[str] = mapped_column(Text)
    clinic_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    preset: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    format: Mapped[str] = mapped_column(Text)
    rhythm: Mapped[str] = mapped_column(Text)
    day: Mapped[int] = mapped_column(SmallInteger)
    hour: Mapped[int] = mapped_column(SmallInteger)
    zone: Mapped[str] = mapped_column(Text)
    recipients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    state: Mapped[str] = mapped_column(Text, server_default="active")
    remark: Mapped[str] = mapped_column(Text, server_default="")
    next_run_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_run_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")
