"""Create the reports that are made into files in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from polyclinic.sdk.tables import (
    OnErase,
    instant_column,
    organisation_table,
    refers_to_core,
    text_column,
    uuid_column,
)

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table of runs; a run belongs to who asked and goes with them."""
    organisation_table(
        "report_run",
        uuid_column("asked_by"),
        text_column("report_key"),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("clinic_ids", ARRAY(UUID(as_uuid=True)), nullable=False),
        sa.Column("params", JSONB(), nullable=False, server_default="{}"),
        text_column("sort", default=""),
        text_column("format"),
        text_column("state", default="waiting"),
        text_column("remark", default=""),
        sa.Column("row_count", sa.Integer()),
        text_column("filename", default=""),
        sa.Column("byte_count", sa.Integer()),
        sa.Column("content", sa.LargeBinary()),
        instant_column("asked_at"),
        instant_column("finished_at", nullable=True),
        refers_to_core("asked_by", "member", on_erase=OnErase.CASCADE),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="ck_report_run_state_is_known"),
        sa.CheckConstraint("first_on <= last_on", name="ck_report_run_period_has_days"),
        sa.CheckConstraint(
            "(state = 'done') = (content IS NOT NULL AND row_count IS NOT NULL)", name="ck_report_run_done_has_a_file"
        ),
        grants="SELECT, INSERT, UPDATE, DELETE",
    )
    op.create_index(
        "ix_report_run_asked_by",
        "report_run",
        ["organisation_id", "asked_by", "asked_at"],
        schema=op.get_context().version_table_schema,
    )
