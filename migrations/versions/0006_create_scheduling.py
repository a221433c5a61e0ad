"""Create services, appointments and the reservations that keep therapist, room and client time from overlapping."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from polyclinic.kit.tenant_table import (
    EDITABLE,
    definer_function,
    in_clinics,
    instant_column,
    lifecycle_columns,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0006"
down_revision = "0005"

CURRENT_ORGANISATION = "(nullif(current_setting('app.organisation_id', true), ''))::uuid"
STATUSES = "'booked', 'confirmed', 'arrived', 'started', 'completed', 'cancelled', 'no_show'"


def upgrade() -> None:
    """Create the scheduling tables."""
    _create_service()
    _create_appointment()
    _create_reservation()
    _create_functions()


def _minutes(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default)


def _flag(name: str, default: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=default)


def _create_service() -> None:
    tenant_table(
        "service",
        text_column("name"),
        sa.Column("synonyms", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        text_column("search_text"),
        text_column("modality", nullable=True),
        _minutes("duration_minutes"),
        _minutes("buffer_before_minutes", "0"),
        _minutes("buffer_after_minutes", "0"),
        _flag("needs_room", "true"),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        sa.UniqueConstraint("organisation_id", "name", name="uq_service_name"),
        sa.CheckConstraint("name <> ''", name="ck_service_has_name"),
        sa.CheckConstraint("duration_minutes BETWEEN 5 AND 480", name="ck_service_duration_is_usual"),
        sa.CheckConstraint(
            "buffer_before_minutes BETWEEN 0 AND 120 AND buffer_after_minutes BETWEEN 0 AND 120",
            name="ck_service_buffers_are_usual",
        ),
        sa.CheckConstraint("modality <> ''", name="ck_service_modality_is_none_or_named"),
        grants=EDITABLE,
    )


def _create_appointment() -> None:
    tenant_table(
        "appointment",
        uuid_column("clinic_id"),
        uuid_column("client_id"),
        uuid_column("therapist_id"),
        uuid_column("service_id"),
        uuid_column("room_id", nullable=True),
        instant_column("starts_at"),
        instant_column("ends_at"),
        text_column("time_zone"),
        sa.Column("local_start", sa.DateTime(timezone=False), nullable=False),
        _minutes("buffer_before_minutes", "0"),
        _minutes("buffer_after_minutes", "0"),
        text_column("status", default="booked"),
        _flag("is_overbooked", "false"),
        _flag("is_outside_hours", "false"),
        text_column("overbook_reason", nullable=True),
        text_column("note", default=""),
        text_column("cancel_reason", nullable=True),
        *lifecycle_columns(),
        refers_to("clinic_id", "clinic"),
        refers_to("client_id", "client"),
        refers_to("therapist_id", "therapist"),
        refers_to("service_id", "service"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "clinic_id", "room_id"],
            ["room.organisation_id", "room.clinic_id", "room.id"],
            name="fk_room_of_the_clinic",
            ondelete="RESTRICT",
        ),
        sa.CheckConstraint("starts_at < ends_at", name="ck_appointment_ends_after_start"),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_appointment_status_is_known"),
        sa.CheckConstraint(
            "coalesce(overbook_reason, '') <> '' OR NOT (is_overbooked OR is_outside_hours)",
            name="ck_appointment_overbooking_has_reason",
        ),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancel_reason IS NOT NULL)", name="ck_appointment_cancelled_has_reason"
        ),
        grants=EDITABLE,
        clinic_predicate=in_clinics(),
    )
    for column in ("clinic_id", "therapist_id", "client_id"):
        op.create_index(f"ix_appointment_{column}", "appointment", ["organisation_id", column, "starts_at", "id"])
    # Pages of the whole chain's appointments come in order, whatever their number.
    op.create_index("ix_appointment_starts_at", "appointment", ["organisation_id", "starts_at", "id"])


def _create_reservation() -> None:
    # No clinic policy: a therapist's time at another clinic is taken too, and shows as a bare time.
    tenant_table(
        "reservation",
        text_column("resource_kind"),
        uuid_column("resource_id"),
        uuid_column("clinic_id"),
        uuid_column("appointment_id", nullable=True),
        uuid_column("hold_id", nullable=True),
        instant_column("starts_at"),
        instant_column("ends_at"),
        _flag("overbooked", "false"),
        _flag("active", "true"),
        refers_to("clinic_id", "clinic"),
        refers_to("appointment_id", "appointment"),
        sa.CheckConstraint("starts_at < ends_at", name="ck_reservation_ends_after_start"),
        sa.CheckConstraint("ends_at - starts_at <= interval '12 hours'", name="ck_reservation_is_not_endless"),
        sa.CheckConstraint("num_nonnulls(appointment_id, hold_id) = 1", name="ck_reservation_has_one_cause"),
        sa.CheckConstraint(
            "resource_kind IN ('therapist', 'room', 'equipment', 'client')", name="ck_reservation_kind_is_known"
        ),
        grants=EDITABLE,
    )
    op.execute(
        "ALTER TABLE reservation ADD CONSTRAINT ex_reservation_no_overlap EXCLUDE USING gist "
        "(organisation_id WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&) "
        "WHERE (active AND NOT overbooked)"
    )
    op.create_index(
        "uq_reservation_resource",
        "reservation",
        ["organisation_id", "appointment_id", "resource_kind", "resource_id"],
        unique=True,
        postgresql_where=sa.text("active"),
    )
    # Conflict checks compare instants on this index: row security would hide it from a range operator.
    op.create_index(
        "ix_reservation_resource_id",
        "reservation",
        ["organisation_id", "resource_id", "starts_at"],
        postgresql_where=sa.text("active"),
    )


def _create_functions() -> None:
    # A promoted appointment may lie in a clinic that the cancelling person does not see.
    definer_function(
        "end_overbooking(p_appointment_id uuid)",
        "TABLE (id uuid, clinic_id uuid)",
        f"""
        UPDATE appointment AS a SET is_overbooked = false, updated_at = now(), row_version = a.row_version + 1
        WHERE a.organisation_id = {CURRENT_ORGANISATION} AND a.id = p_appointment_id AND a.is_overbooked
        AND NOT EXISTS (
            SELECT 1 FROM reservation AS r WHERE r.organisation_id = a.organisation_id AND r.appointment_id = a.id
            AND r.active AND r.overbooked
        )
        RETURNING a.id, a.clinic_id
        """,
        owner="polyclinic_owner",
        grant_to=("polyclinic_app", "polyclinic_worker"),
    )
