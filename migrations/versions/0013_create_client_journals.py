"""Create the journals of merged and erased clients, and remember which clients are different people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from polyclinic.kit.tenant_table import (
    APP_ROLES,
    INSERT_ONLY,
    instant_column,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables and let a client say what became of it."""
    _extend_client()
    _create_merge()
    _create_difference()
    _create_erasure()


def _extend_client() -> None:
    op.add_column("client", text_column("also_known_as", default=""))
    op.alter_column("client", "also_known_as", nullable=False)
    op.add_column("client", instant_column("merged_at", nullable=True))
    op.add_column("client", instant_column("erased_at", nullable=True))
    op.create_check_constraint(
        "ck_client_merged_at_goes_with_the_survivor", "client", "merged_at IS NULL OR merged_into_id IS NOT NULL"
    )
    op.create_index(
        "ix_client_merged_into_id",
        "client",
        ["organisation_id", "merged_into_id"],
        postgresql_where="merged_into_id IS NOT NULL",
    )


def _create_merge() -> None:
    tenant_table(
        "client_merge",
        uuid_column("from_client_id"),
        uuid_column("into_client_id"),
        text_column("reason"),
        sa.Column("fields", JSONB(), nullable=False, server_default="{}"),
        sa.Column("receipts", JSONB(), nullable=False, server_default="[]"),
        instant_column("merged_at"),
        uuid_column("merged_by", nullable=True),
        text_column("merged_by_name", default=""),
        instant_column("undone_at", nullable=True),
        uuid_column("undone_by", nullable=True),
        text_column("undone_by_name", default=""),
        sa.Column("kept_fields", JSONB(), nullable=False, server_default="[]"),
        sa.Column("undo_receipts", JSONB(), nullable=False, server_default="[]"),
        refers_to("from_client_id", "client"),
        refers_to("into_client_id", "client"),
        refers_to("merged_by", "member"),
        refers_to("undone_by", "member"),
        sa.CheckConstraint("from_client_id <> into_client_id", name="ck_client_merge_is_of_two_clients"),
        sa.CheckConstraint("reason <> ''", name="ck_client_merge_has_reason"),
        grants=INSERT_ONLY,
    )
    changing = "fields, receipts, undone_at, undone_by, undone_by_name, kept_fields, undo_receipts"
    op.execute(f"GRANT UPDATE ({changing}) ON client_merge TO {APP_ROLES}")
    for column in ("from_client_id", "into_client_id"):
        op.create_index(f"ix_client_merge_{column}", "client_merge", ["organisation_id", column, "merged_at"])
    op.create_index(
        "uq_client_merge_open",
        "client_merge",
        ["organisation_id", "from_client_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    tenant_table(
        "client_merge_move",
        uuid_column("merge_id"),
        text_column("table_name"),
        uuid_column("row_id"),
        refers_to("merge_id", "client_merge"),
        sa.UniqueConstraint("organisation_id", "merge_id", "table_name", "row_id", name="uq_client_merge_move"),
        grants="SELECT",
    )


def _create_difference() -> None:
    tenant_table(
        "client_difference",
        uuid_column("client_id"),
        uuid_column("other_client_id"),
        instant_column("marked_at"),
        uuid_column("marked_by", nullable=True),
        refers_to("client_id", "client"),
        refers_to("other_client_id", "client"),
        refers_to("marked_by", "member"),
        sa.UniqueConstraint("organisation_id", "client_id", "other_client_id", name="uq_client_difference"),
        sa.CheckConstraint("client_id < other_client_id", name="ck_client_difference_names_the_pair_once"),
        grants="SELECT, INSERT, DELETE",
    )
    op.create_index("ix_client_difference_other", "client_difference", ["organisation_id", "other_client_id"])


def _create_erasure() -> None:
    tenant_table(
        "client_erasure",
        uuid_column("client_id"),
        text_column("reason"),
        sa.Column("keeps_records", sa.Boolean(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("rules", JSONB(), nullable=False, server_default="[]"),
        sa.Column("erased", JSONB(), nullable=False, server_default="{}"),
        sa.Column("kept", JSONB(), nullable=False, server_default="{}"),
        sa.Column("receipts", JSONB(), nullable=False, server_default="[]"),
        instant_column("erased_at"),
        uuid_column("erased_by", nullable=True),
        text_column("erased_by_name", default=""),
        refers_to("client_id", "client"),
        refers_to("erased_by", "member"),
        sa.CheckConstraint("length(trim(reason)) >= 10", name="ck_client_erasure_has_reason"),
        sa.CheckConstraint("NOT keeps_records OR keep_until IS NOT NULL", name="ck_client_erasure_says_until_when"),
        grants=INSERT_ONLY,
    )
    op.execute(f"GRANT UPDATE (receipts) ON client_erasure TO {APP_ROLES}")
    op.create_index("ix_client_erasure_client", "client_erasure", ["organisation_id", "client_id", "erased_at"])
