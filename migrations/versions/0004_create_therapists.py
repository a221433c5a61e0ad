"""Create therapists, the clinics they work at, their registrations and their weekly hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from polyclinic.kit.tenant_table import (
    REMOVABLE,
    instant_column,
    lifecycle_columns,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0004"
down_revision = "0003"

# Minutes since midnight as a range: PostgreSQL has no range of wall times.
MINUTES = "int4range((extract(epoch FROM starts_at) / 60)::integer, (extract(epoch FROM ends_at) / 60)::integer)"
DAYS = "daterange(valid_from, valid_until, '[]')"


def upgrade() -> None:
    """Create the tables of therapists."""
    _create_therapist()
    _create_registration()
    _create_working_hours()


def _create_therapist() -> None:
    tenant_table(
        "therapist",
        uuid_column("member_id", nullable=True),
        text_column("display_name"),
        sa.Column("modalities", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        refers_to("member_id", "member"),
        sa.UniqueConstraint("organisation_id", "member_id", name="uq_therapist_member_id"),
        sa.CheckConstraint("display_name <> ''", name="ck_therapist_has_name"),
    )
    op.create_index("ix_therapist_display_name", "therapist", ["organisation_id", "display_name", "id"])
    tenant_table(
        "therapist_clinic",
        uuid_column("therapist_id"),
        uuid_column("clinic_id"),
        instant_column("created_at", default_now=True),
        refers_to("therapist_id", "therapist"),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "therapist_id", "clinic_id", name="uq_therapist_clinic"),
        grants=REMOVABLE,
    )
    op.create_index(
        "ix_therapist_clinic_clinic_id", "therapist_clinic", ["organisation_id", "clinic_id", "therapist_id"]
    )


def _create_registration() -> None:
    tenant_table(
        "registration",
        uuid_column("therapist_id"),
        text_column("authority"),
        text_column("number"),
        text_column("modality"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        *lifecycle_columns(),
        refers_to("therapist_id", "therapist"),
        sa.UniqueConstraint(
            "organisation_id",
            "therapist_id",
            "authority",
            "number",
            "modality",
            "valid_from",
            name="uq_registration_number",
        ),
        sa.CheckConstraint("number <> ''", name="ck_registration_has_number"),
        sa.CheckConstraint("expires_on >= valid_from", name="ck_registration_ends_after_start"),
    )
    op.create_index("ix_registration_expires_on", "registration", ["organisation_id", "expires_on"])


def _create_working_hours() -> None:
    tenant_table(
        "working_hours",
        uuid_column("therapist_id"),
        uuid_column("clinic_id"),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        instant_column("created_at", default_now=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "therapist_id", "clinic_id"],
            ["therapist_clinic.organisation_id", "therapist_clinic.therapist_id", "therapist_clinic.clinic_id"],
            name="fk_working_hours_therapist_at_clinic",
            ondelete="RESTRICT",
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="ck_working_hours_weekday_is_known"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_working_hours_start_before_end"),
        sa.CheckConstraint("valid_until >= valid_from", name="ck_working_hours_ends_after_start"),
        grants=REMOVABLE,
    )
    op.create_index("ix_working_hours_clinic_id", "working_hours", ["organisation_id", "clinic_id", "therapist_id"])
    op.execute(
        "ALTER TABLE working_hours ADD CONSTRAINT ex_working_hours_no_overlap EXCLUDE USING gist "
        "(organisation_id WITH =, therapist_id WITH =, clinic_id WITH =, weekday WITH =, "
        f"{DAYS} WITH &&, {MINUTES} WITH &&)"
    )
