"""Tables of the clients feature."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.kit.db import Base


class Client(Base):
    """One person who is treated, shared by all clinics of the organisation; archived, merged or erased, never removed.

    Of an erased client the row alone is left, without a name, so that visits keep their reference.
    """

    __tablename__ = "client"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    given_name: Mapped[str] = mapped_column(Text)
    family_name: Mapped[str] = mapped_column(Text)
    preferred_name: Mapped[str] = mapped_column(Text)
    pronouns: Mapped[str] = mapped_column(Text)
    gender_identity: Mapped[str] = mapped_column(Text)
    birth_on: Mapped[date | None] = mapped_column(Date)
    email: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    postal_code: Mapped[str] = mapped_column(Text)
    city: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text)
    reminder_channel: Mapped[str] = mapped_column(Text)
    aftercare_channel: Mapped[str] = mapped_column(Text)
    marketing_channel: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(Text(collation="C"))
    name_folded: Mapped[str] = mapped_column(Text)
    email_folded: Mapped[str] = mapped_column(Text)
    phone_digits: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    also_known_as: Mapped[str] = mapped_column(Text, server_default="")
    merged_into_id: Mapped[UUID | None] = mapped_column(Uuid)
    merged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class ClientClinic(Base):
    """A client is known at a clinic, which opens clinical data to its members; made at creation and booking."""

    __tablename__ = "client_clinic"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class ClientFlag(Base):
    """Something to heed when treating a client, for the whole body or for regions; ended by a date, never removed."""

    __tablename__ = "client_flag"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    code: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    region_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    since_on: Mapped[date | None] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class HealthHistoryEntry(Base):
    """One answer to one question of the health history; insert-only, the newest answer counts."""

    __tablename__ = "health_history_entry"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    question_code: Mapped[str] = mapped_column(Text)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    recorded_by: Mapped[UUID | None] = mapped_column(Uuid)
    recorded_by_name: Mapped[str] = mapped_column(Text)
