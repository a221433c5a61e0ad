"""Create the seals of the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from polyclinic.kit.tenant_table import INSERT_ONLY, immutable_rows, instant_column, tenant_table, text_column

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table of seals and the order in which events are sealed."""
    tenant_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_xid", sa.BigInteger(), nullable=False),
        sa.Column("upto_xid", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        text_column("digest"),
        text_column("signature"),
        instant_column("sealed_at"),
        sa.UniqueConstraint("organisation_id", "number", name="uq_audit_seal_number"),
        sa.CheckConstraint("from_xid < upto_xid", name="ck_audit_seal_range_is_not_empty"),
        grants=INSERT_ONLY,
    )
    immutable_rows("audit_seal")
    op.create_index("ix_audit_event_xid", "audit_event", ["organisation_id", "xid", "id"])
