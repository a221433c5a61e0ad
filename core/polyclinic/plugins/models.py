"""Tables of the plugin machinery."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, text
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
