"""Tables of the client file: what was merged, what was erased, and who is known to be two people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.kit.db import Base


class ClientMerge(Base):
    """One merge of two clients: who went into whom, which values changed, what plugins did; undone at most once."""

    __tablename__ = "client_merge"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    from_client_id: Mapped[UUID] = mapped_column(Uuid)
    into_client_id: Mapped[UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, list[str | None]]] = mapped_column(JSONB, server_default="{}")
    receipts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    merged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    merged_by: Mapped[UUID | None] = mapped_column(Uuid)
    merged_by_name: Mapped[str] = mapped_column(Text, server_default="")
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_by: Mapped[UUID | None] = mapped_column(Uuid)
    undone_by_name: Mapped[str] = mapped_column(Text, server_default="")
    kept_fields: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    undo_receipts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")


class ClientMergeMove(Base):
    """One row that a merge moved; written by the database's own function, never changed."""

    __tablename__ = "client_merge_move"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    merge_id: Mapped[UUID] = mapped_column(Uuid)
    table_name: Mapped[str] = mapped_column(Text)
    row_id: Mapped[UUID] = mapped_column(Uuid)


class ClientDifference(Base):
    """Two clients who look alike and are two people; the smaller id comes first."""

    __tablename__ = "client_difference"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    other_client_id: Mapped[UUID] = mapped_column(Uuid)
    marked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    marked_by: Mapped[UUID | None] = mapped_column(Uuid)


class ClientErasure(Base):
    """One erasure of a client: what went, what had to stay, until when and by which rule; insert-only."""

    __tablename__ = "client_erasure"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(Text)
    keeps_records: Mapped[bool] = mapped_column(Boolean)
    keep_until: Mapped[date | None] = mapped_column(Date)
    rules: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    erased: Mapped[dict[str, int]] = mapped_column(JSONB, server_default="{}")
    kept: Mapped[dict[str, int]] = mapped_column(JSONB, server_default="{}")
    receipts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    erased_by: Mapped[UUID | None] = mapped_column(Uuid)
    erased_by_name: Mapped[str] = mapped_column(Text, server_default="")
