"""Create the daily roll-up of figures and the place in the stream of events up to which it is made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from polyclinic.sdk.tables import in_clinics, organisation_table, text_column, uuid_column

revision = "0002"
down_revision = "0001"

REMOVABLE = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    """Create both tables; a row of a month's report is found through the unique index alone."""
    organisation_table(
        "daily_rollup",
        uuid_column("clinic_id"),
        sa.Column("day", sa.Date(), nullable=False),
        text_column("figure_key"),
        text_column("currency", default=""),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("currency ~ '^([A-Z]{3})?$'", name="ck_daily_rollup_currency_is_a_code"),
        grants=REMOVABLE,
        clinic_predicate=in_clinics(),
    )
    schema = op.get_context().version_table_schema
    op.create_index(
        "uq_daily_rollup_figure",
        "daily_rollup",
        ["organisation_id", "figure_key", "day", "clinic_id", "currency"],
        unique=True,
        postgresql_include=["value"],
        schema=schema,
    )
    organisation_table(
        "event_cursor",
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("organisation_id", name="uq_event_cursor_one_each"),
        grants=REMOVABLE,
    )
