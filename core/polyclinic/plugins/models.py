"""Tables of the plugin machinery."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Identity, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from polyclinic.kit.db import Base


class PluginInstallation(Base):
    """One plugin of this server; written by the owner's `db upgrade` alone, kept when the code is gone."""

    __tablename__ = "plugin_installation"

    plugin_id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    contract_version: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    installed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))


class PluginEnablement(Base):
    """One switch: a plugin at one clinic, or (clinic_id None) at every clinic that has no switch of its own."""

    __tablename__ = "plugin_enablement"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    plugin_id: Mapped[str] = mapped_column(Text)
    clinic_id: Mapped[UUID | None] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(Text)
    granted_scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    role_permissions: Mapped[dict[str, list[str]]] = mapped_column(JSONB, server_default="{}")
    changed_by: Mapped[UUID | None] = mapped_column(Uuid)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class EventRow(Base):
    """One fact that was announced; insert-only. The order of reading is (xid, position)."""

    __tablename__ = "event"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    xid: Mapped[int] = mapped_column(BigInteger, server_default=text("pg_current_xact_id()::text::bigint"))
    type: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # What the event concerns, not whose row it is: None for what concerns the whole organisation.
    clinic_id: Mapped[UUID | None] = mapped_column(Uuid)
    aggregate: Mapped[str] = mapped_column(Text)
    aggregate_id: Mapped[UUID] = mapped_column(Uuid)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid)
    causation_id: Mapped[UUID | None] = mapped_column(Uuid)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class EventDelivery(Base):
    """One event on its way to one handler of a plugin; written with the event, changed by the worker and by replay."""

    __tablename__ = "event_delivery"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(Uuid)
    plugin_id: Mapped[str] = mapped_column(Text)
    handler: Mapped[str] = mapped_column(Text)
    clinic_id: Mapped[UUID | None] = mapped_column(Uuid)
    aggregate_id: Mapped[UUID] = mapped_column(Uuid)
    position: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, server_default="pending")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PluginOnce(Base):
    """One thing that a plugin says it did, under a key of its own choice; insert-only."""

    __tablename__ = "plugin_once"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    plugin_id: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Setting(Base):
    """One value of the organisation (clinic_id None) or of a clinic; effective = clinic, organisation, default.

    A plugin's key is `<plugin id>.<name>`. JSON null says "no value of its own": rows are never removed, so that the
    versions of a place only grow.
    """

    __tablename__ = "setting"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    clinic_id: Mapped[UUID | None] = mapped_column(Uuid)
    key: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(JSONB)
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")


class EntityExtension(Base):
    """The fields of one plugin on one thing of core's; replaced as a whole, kept while the plugin is off or gone.

    `clinic_id` is set for what belongs to one clinic: a clinic itself, an appointment.
    """

    __tablename__ = "entity_extension"

    organisation_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    clinic_id: Mapped[UUID | None] = mapped_column(Uuid)
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[UUID] = mapped_column(Uuid)
    plugin_id: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    row_version: Mapped[int] = mapped_column(Integer, server_default="1")
