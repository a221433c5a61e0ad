"""Create the schedules by which reports are sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from polyclinic.sdk.tables import (
    OnErase,
    instant_column,
    lifecycle_columns,
    organisation_table,
    refers_to_core,
    text_column,
    uuid_column,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table of schedules."""
    organisation_table(
        "schedule",
        uuid_column("owner_id", nullable=True),
        text_column("report_key"),
        sa.Column("clinic_ids", ARRAY(UUID(as_uuid=True)), nullable=False, server_default="{}"),
        text_column("preset"),
        sa.Column("params", JSONB(), nullable=False, server_default="{}"),
        text_column("format"),
        text_column("rhythm"),
        sa.Column("day", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        text_column("zone"),
        sa.Column("recipients", ARRAY(sa.Text()), nullable=False),
        text_column("state", default="active"),
        text_column("remark", default=""),
        instant_column("next_run_at"),
        instant_column("last_run_at", nullable=True),
        *lifecycle_columns(),
        refers_to_core("owner_id", "member", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint("state IN ('active', 'paused', 'suspended')", name="ck_schedule_state_is_known"),
        sa.CheckConstraint("rhythm IN ('daily', 'weekly', 'monthly')", name="ck_schedule_rhythm_is_known"),
        sa.CheckConstraint("hour BETWEEN 0 AND 23 AND day BETWEEN 0 AND 31", name="ck_schedule_time_is_of_a_clock"),
        sa.CheckConstraint("cardinality(recipients) BETWEEN 1 AND 10", name="ck_schedule_has_recipients"),
        grants="SELECT, INSERT, UPDATE, DELETE",
    )
    op.create_index(
        "ix_schedule_next_run_at",
        "schedule",
        ["organisation_id", "next_run_at"],
        postgresql_where="state = 'active'",
        schema="plugin_reporting",
    )
