"""Tables of the therapists feature."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Integer, SmallInteger, Text, Time, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.kit.db import Base


class Therapist(Base):
    """One person who treats; archived, never removed. The row version counts changes of clinics and hours too."""

    __tablename__ = "therapist"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[UUID | None] = mapped_column(Uuid)
    display_name: Mapped[str] = mapped_column(Text)
    modalities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class TherapistClinic(Base):
    """A therapist works at a clinic; removed when that ends, records and appointments keep their own references."""

    __tablename__ = "therapist_clinic"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class Registration(Base):
    """One licence of a therapist for one modality; corrected in place, never removed."""

    __tablename__ = "registration"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    authority: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    modality: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class WorkingHours(Base):
    """Hours of one therapist at one clinic on one weekday (0 = Monday), wall time, both days of validity included."""

    __tablename__ = "working_hours"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    weekday: Mapped[int] = mapped_column(SmallInteger)
    starts_at: Mapped[time] = mapped_column(Time)
    ends_at: Mapped[time] = mapped_column(Time)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
