"""Tables of scheduling."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, DateTime, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.kit.db import Base


class Service(Base):
    """One thing clients can book, offered at every clinic; archived, never removed. Minutes throughout."""

    __tablename__ = "service"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    synonyms: Mapped[list[str]] = mapped_column(ARRAY(Text))
    search_text: Mapped[str] = mapped_column(Text)
    modality: Mapped[str | None] = mapped_column(Text)
    duration_minutes: Mapped[int] = mapped_column(Integer)
    buffer_before_minutes: Mapped[int] = mapped_column(Integer, server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(Integer, server_default="0")
    needs_room: Mapped[bool] = mapped_column(Boolean, server_default="true")
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class Appointment(Base):
    """One booked time of one client at one clinic; moved and cancelled, never removed.

    Its instant, zone and wall time are all kept; its length and buffers are copied from the service when it is booked.
    """

    __tablename__ = "appointment"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    service_id: Mapped[UUID] = mapped_column(Uuid)
    room_id: Mapped[UUID | None] = mapped_column(Uuid)

    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    time_zone: Mapped[str] = mapped_column(Text)
    local_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    buffer_before_minutes: Mapped[int] = mapped_column(Integer, server_default="0")
    buffer_after_minutes: Mapped[int] = mapped_column(Integer, server_default="0")

    status: Mapped[str] = mapped_column(Text, server_default="booked")
    is_overbooked: Mapped[bool] = mapped_column(Boolean, server_default="false")
    is_outside_hours: Mapped[bool] = mapped_column(Boolean, server_default="false")
    overbook_reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, server_default="")
    cancel_reason: Mapped[str | None] = mapped_column(Text)

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class Reservation(Base):
    """One resource kept for one appointment or hold, buffers included; replaced when the appointment moves.

    `ex_reservation_no_overlap` lets no two active, not overbooked reservations of a resource share time.
    """

    __tablename__ = "reservation"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    resource_kind: Mapped[str] = mapped_column(Text)
    resource_id: Mapped[UUID] = mapped_column(Uuid)
    # Named for reading a conflict of another clinic; not the scope of the row.
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    appointment_id: Mapped[UUID | None] = mapped_column(Uuid)
    hold_id: Mapped[UUID | None] = mapped_column(Uuid)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    overbooked: Mapped[bool] = mapped_column(Boolean, server_default="false")
    active: Mapped[bool] = mapped_column(Boolean, server_default="true")
