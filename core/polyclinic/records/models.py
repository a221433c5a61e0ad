"""Tables of the records feature; versions, sections and measurements are insert-only for everybody."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Integer, Numeric, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.kit.db import Base


class TreatmentRecord(Base):
    """The envelope of one visit's record: who, where, when and its privacy; no clinical content, never removed.

    `client_id` follows a merge; signed rows keep the client of their signing and resolve through the envelope.
    """

    __tablename__ = "treatment_record"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    author_member_id: Mapped[UUID | None] = mapped_column(Uuid)
    appointment_id: Mapped[UUID] = mapped_column(Uuid)
    service_name: Mapped[str] = mapped_column(Text)
    modality: Mapped[str | None] = mapped_column(Text)
    privacy: Mapped[str] = mapped_column(Text, server_default="clinic")
    service_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    service_ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    time_zone: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class TreatmentRecordGrant(Base):
    """One member's named or break-glass access to one record; revoked, never removed."""

    __tablename__ = "treatment_record_grant"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    record_id: Mapped[UUID] = mapped_column(Uuid)
    member_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    granted_by: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TreatmentRecordDraft(Base):
    """The open draft of a record, at most one; its row version counts for the whole record; removed on signing."""

    __tablename__ = "treatment_record_draft"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    record_id: Mapped[UUID] = mapped_column(Uuid)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    author_member_id: Mapped[UUID | None] = mapped_column(Uuid)
    based_on_version: Mapped[int | None] = mapped_column(Integer)
    carried_from_record_id: Mapped[UUID | None] = mapped_column(Uuid)
    sections: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class TreatmentRecordDraftRevision(Base):
    """One accepted edit of a draft: what it changed, by whom and when; insert-only."""

    __tablename__ = "treatment_record_draft_revision"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    record_id: Mapped[UUID] = mapped_column(Uuid)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    row_version: Mapped[int] = mapped_column(Integer)
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class TreatmentRecordVersion(Base):
    """One signed version of a record with its content hash; insert-only, changed by nobody."""

    __tablename__ = "treatment_record_version"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    record_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(Integer)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    outcome: Mapped[str] = mapped_column(Text)
    is_chronic: Mapped[bool | None] = mapped_column(Boolean)
    carried_from_record_id: Mapped[UUID | None] = mapped_column(Uuid)
    service_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    service_ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    time_zone: Mapped[str] = mapped_column(Text)
    service_name: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    is_late: Mapped[bool] = mapped_column(Boolean)
    late_reason: Mapped[str] = mapped_column(Text, server_default="")
    signed_by: Mapped[UUID] = mapped_column(Uuid)
    author_name: Mapped[str] = mapped_column(Text)
    author_registration: Mapped[str] = mapped_column(Text, server_default="")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    override_reason: Mapped[str] = mapped_column(Text, server_default="")
    summary: Mapped[str] = mapped_column(Text, server_default="")
    content_sha256: Mapped[str] = mapped_column(Text)


class TreatmentRecordSection(Base):
    """One signed section of one version: data, and all that is needed to show it without its plugin; insert-only."""

    __tablename__ = "treatment_record_section"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    record_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(Integer)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(Integer)
    section_key: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    plugin_id: Mapped[str] = mapped_column(Text)
    plugin_version: Mapped[str] = mapped_column(Text)
    schema_version: Mapped[int] = mapped_column(Integer)
    schema_digest: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    summary: Mapped[str] = mapped_column(Text, server_default="")
    print_view: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    marks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class MeasurementRow(Base):
    """One scored value of one signed version, the only thing that reports read; insert-only."""

    __tablename__ = "measurement"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    record_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(Integer)
    clinic_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[UUID] = mapped_column(Uuid)
    therapist_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(Integer)
    section_key: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    value: Mapped[Decimal] = mapped_column(Numeric)
    unit: Mapped[str] = mapped_column(Text)
    region_id: Mapped[str | None] = mapped_column(Text)
    side: Mapped[str | None] = mapped_column(Text)
    moment: Mapped[str] = mapped_column(Text)
    service_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SectionSchemaRow(Base):
    """The stored description of one section schema, under its digest; insert-only."""

    __tablename__ = "section_schema"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    description: Mapped[dict[str, Any]] = mapped_column(JSONB)
