"""Create the record of installed plugins and where each is switched on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from polyclinic.kit.tenant_table import (
    APP_ROLES,
    instant_column,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the plugins' tables."""
    _create_plugin_installation()
    _create_plugin_enablement()


def _create_plugin_installation() -> None:
    """One row per plugin of this server, written by the owner's `db upgrade`, read by everybody."""
    op.create_table(
        "plugin_installation",
        sa.Column("plugin_id", sa.Text(), primary_key=True),
        text_column("version"),
        text_column("contract_version"),
        text_column("state"),
        instant_column("installed_at", default_now=True),
        instant_column("changed_at", default_now=True),
        sa.CheckConstraint("plugin_id ~ '^[a-z][a-z0-9_]{2,30}$'", name="ck_plugin_installation_id_is_plain"),
        sa.CheckConstraint(
            "state IN ('installed', 'broken', 'archived')", name="ck_plugin_installation_state_is_known"
        ),
    )
    op.execute(f"GRANT SELECT ON plugin_installation TO {APP_ROLES}, polyclinic_backup")


def _create_plugin_enablement() -> None:
    tenant_table(
        "plugin_enablement",
        text_column("plugin_id"),
        uuid_column("clinic_id", nullable=True),
        text_column("state"),
        sa.Column("granted_scopes", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("role_permissions", JSONB(), nullable=False, server_default="{}"),
        uuid_column("changed_by", nullable=True),
        instant_column("changed_at"),
        sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"),
        refers_to("clinic_id", "clinic"),
        sa.ForeignKeyConstraint(
            ["plugin_id"], ["plugin_installation.plugin_id"], name="fk_plugin_enablement_plugin_id", ondelete="RESTRICT"
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "plugin_id",
            "clinic_id",
            name="uq_plugin_enablement_place",
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("state IN ('enabled', 'disabled')", name="ck_plugin_enablement_state_is_known"),
    )
