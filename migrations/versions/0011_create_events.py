"""Create the stream of events, their deliveries to plugins and what plugins did once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from polyclinic.kit.tenant_table import (
    APP_ROLES,
    INSERT_ONLY,
    ORGANISATION,
    REMOVABLE,
    immutable_rows,
    in_clinics,
    instant_column,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables of events."""
    _create_event()
    _create_event_delivery()
    _create_plugin_once()
    _publish_events()


def _create_event() -> None:
    """The order of reading is (xid, position): a position is taken before its transaction commits."""
    tenant_table(
        "event",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False, server_default=sa.text("pg_current_xact_id()::text::bigint")),
        text_column("type"),
        sa.Column("version", sa.Integer(), nullable=False),
        instant_column("occurred_at"),
        uuid_column("clinic_id", nullable=True),
        text_column("aggregate"),
        uuid_column("aggregate_id"),
        uuid_column("actor_id", nullable=True),
        uuid_column("causation_id", nullable=True),
        sa.Column("payload", JSONB(), nullable=False, server_default="{}"),
        grants=INSERT_ONLY,
    )
    op.create_index("ix_event_order", "event", ["organisation_id", "xid", "position"])
    immutable_rows("event")


def _create_event_delivery() -> None:
    tenant_table(
        "event_delivery",
        uuid_column("event_id"),
        text_column("plugin_id"),
        text_column("handler"),
        uuid_column("clinic_id", nullable=True),
        uuid_column("aggregate_id"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        text_column("state", default="pending"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        instant_column("next_attempt_at"),
        text_column("last_error", nullable=True),
        instant_column("finished_at", nullable=True),
        refers_to("event_id", "event"),
        sa.UniqueConstraint("organisation_id", "event_id", "handler", name="uq_event_delivery_handler"),
        sa.CheckConstraint("state IN ('pending', 'done', 'skipped', 'dead')", name="ck_event_delivery_state_is_known"),
        sa.CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="ck_event_delivery_finished_or_pending"),
        grants=REMOVABLE,
    )
    pending = sa.text("state = 'pending'")
    queue = ["organisation_id", "plugin_id", "aggregate_id", "position", "id"]
    op.create_index("ix_event_delivery_queue", "event_delivery", queue, postgresql_where=pending)
    due = ["organisation_id", "next_attempt_at"]
    op.create_index("ix_event_delivery_due", "event_delivery", due, postgresql_where=pending)
    op.create_index("ix_event_delivery_state", "event_delivery", ["organisation_id", "plugin_id", "state", "id"])


def _create_plugin_once() -> None:
    tenant_table(
        "plugin_once",
        text_column("plugin_id"),
        text_column("key"),
        instant_column("at"),
        sa.UniqueConstraint("organisation_id", "plugin_id", "key", name="uq_plugin_once_key"),
        grants=INSERT_ONLY,
    )


def _publish_events() -> None:
    """Rows appear once every transaction that began before theirs has ended: then none comes in before them later."""
    op.execute(
        "CREATE VIEW pub.v1_event WITH (security_barrier) AS SELECT t.organisation_id, t.id, t.xid, t.position, "
        "t.type, t.version, t.occurred_at, t.clinic_id, t.aggregate, t.aggregate_id, t.payload FROM public.event t "
        f"WHERE t.organisation_id = {ORGANISATION} AND (t.clinic_id IS NULL OR {in_clinics('t.clinic_id')}) "
        "AND t.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    )
    op.execute(f"GRANT SELECT ON pub.v1_event TO {APP_ROLES}")
