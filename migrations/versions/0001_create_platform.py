"""Create the organisation, its clinics, rooms and settings, the audit trail and the idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

from polyclinic.kit.tenant_table import (
    EDITABLE,
    INSERT_ONLY,
    immutable_rows,
    instant_column,
    lifecycle_columns,
    refers_to,
    secure_table,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0001"
down_revision = None

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $body$
BEGIN
    IF coalesce(current_setting('app.erasing', true), '') = TG_TABLE_NAME AND current_user = 'polyclinic_owner' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$body$
"""


def upgrade() -> None:
    """Create the platform's tables."""
    op.execute(REFUSE_CHANGE)
    _create_organisation()
    _create_clinics()
    _create_setting()
    _create_audit_event()
    _create_idempotency_key()


def _create_organisation() -> None:
    op.create_table(
        "organisation",
        sa.Column("id", UUID(as_uuid=True), primary_key=True),
        text_column("name"),
        text_column("slug"),
        *lifecycle_columns(),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="ck_organisation_slug_is_plain"),
        sa.UniqueConstraint("slug", name="uq_organisation_slug"),
    )
    secure_table("organisation", grants=EDITABLE, key="id")


def _create_clinics() -> None:
    tenant_table(
        "clinic",
        text_column("name"),
        text_column("time_zone"),
        text_column("street", default=""),
        text_column("postal_code", default=""),
        text_column("city", default=""),
        text_column("country", default=""),
        text_column("phone", default=""),
        text_column("email", default=""),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        sa.UniqueConstraint("organisation_id", "name", name="uq_clinic_name"),
        sa.CheckConstraint("name <> ''", name="ck_clinic_has_name"),
    )
    tenant_table(
        "room",
        uuid_column("clinic_id"),
        text_column("name"),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "clinic_id", "name", name="uq_room_name"),
        sa.UniqueConstraint("organisation_id", "clinic_id", "id", name="uq_room_in_clinic"),
        sa.CheckConstraint("name <> ''", name="ck_room_has_name"),
    )


def _create_setting() -> None:
    tenant_table(
        "setting",
        uuid_column("clinic_id", nullable=True),
        text_column("key"),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint(
            "organisation_id", "clinic_id", "key", name="uq_setting_key", postgresql_nulls_not_distinct=True
        ),
    )


def _create_audit_event() -> None:
    tenant_table(
        "audit_event",
        instant_column("at"),
        sa.Column("xid", sa.BigInteger(), nullable=False, server_default=sa.text("pg_current_xact_id()::text::bigint")),
        text_column("actor_kind"),
        uuid_column("actor_id", nullable=True),
        uuid_column("on_behalf_of", nullable=True),
        text_column("action"),
        text_column("object_type"),
        uuid_column("object_id", nullable=True),
        uuid_column("clinic_id", nullable=True),
        text_column("ip", nullable=True),
        text_column("request_id", nullable=True),
        text_column("outcome"),
        sa.Column("detail", JSONB(), nullable=False, server_default="{}"),
        sa.CheckConstraint("outcome IN ('done', 'refused')", name="ck_audit_event_outcome_is_known"),
        grants=INSERT_ONLY,
    )
    op.create_index("ix_audit_event_at", "audit_event", ["organisation_id", "at", "id"])
    op.create_index("ix_audit_event_object", "audit_event", ["organisation_id", "object_id", "at"])
    immutable_rows("audit_event")


def _create_idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        uuid_column("organisation_id"),
        text_column("principal"),
        text_column("key"),
        text_column("method"),
        text_column("path"),
        text_column("request_sha256"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", JSONB(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        instant_column("created_at", default_now=True),
        sa.PrimaryKeyConstraint("organisation_id", "principal", "key", name="pk_idempotency_key"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_idempotency_key_organisation_id"),
    )
    secure_table("idempotency_key", grants="SELECT, INSERT, UPDATE, DELETE")
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["organisation_id", "created_at"])
