"""Create the mail that waits to be sent, with its attachments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from polyclinic.kit.tenant_table import (
    EDITABLE,
    INSERT_ONLY,
    instant_column,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the tables of mail; the worker alone removes what was sent long ago."""
    tenant_table(
        "mail_message",
        text_column("recipient"),
        text_column("subject"),
        text_column("body"),
        text_column("state", default="queued"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        instant_column("next_attempt_at"),
        text_column("last_error", nullable=True),
        text_column("plugin_id", nullable=True),
        uuid_column("requested_by", nullable=True),
        instant_column("created_at"),
        instant_column("finished_at", nullable=True),
        sa.CheckConstraint("state IN ('queued', 'held', 'sent', 'failed')", name="ck_mail_message_state_is_known"),
        sa.CheckConstraint(
            "(state IN ('sent', 'failed')) = (finished_at IS NOT NULL)", name="ck_mail_message_finished_when_over"
        ),
        sa.CheckConstraint(
            "recipient !~ '[\\r\\n]' AND subject !~ '[\\r\\n]'", name="ck_mail_message_headers_are_lines"
        ),
        grants=EDITABLE,
    )
    tenant_table(
        "mail_attachment",
        uuid_column("message_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        text_column("name"),
        text_column("media_type"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        refers_to("message_id", "mail_message"),
        sa.UniqueConstraint("organisation_id", "message_id", "position", name="uq_mail_attachment_position"),
        grants=INSERT_ONLY,
    )
    op.execute("GRANT DELETE ON mail_message, mail_attachment TO polyclinic_worker")
    due, open_ones = ["organisation_id", "next_attempt_at"], sa.text("state IN ('queued', 'held')")
    op.create_index("ix_mail_message_due", "mail_message", due, postgresql_where=open_ones)
    op.create_index("ix_mail_message_state", "mail_message", ["organisation_id", "state", "id"])
