"""Answers of reports that the worker makes into files, because they are too large for a request."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Integer, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.sdk.tables import OrganisationRow
from polyclinic_reporting.models.base import Base


class ReportRun(OrganisationRow, Base):
    """One report, asked once, for the member who asked; the file goes after a day (`vocabulary.KEEP_FILE_HOURS`)."""

    __tablename__ = "report_run"

    asked_by: Mapped[UUID] = mapped_column(Uuid)
    report_key: Mapped[str] = mapped_column(Text)
    first_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)
    clinic_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sort: Mapped[str] = mapped_column(Text, server_default="")
    format: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    remark: Mapped[str] = mapped_column(Text, server_default="")
    row_count: Mapped[int | None] = mapped_column(Integer)
    filename: Mapped[str] = mapped_column(Text, server_default="")
    byte_count: Mapped[int | None] = mapped_column(Integer)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
