"""Create the table of fields that plugins add to core's things."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from polyclinic.kit.tenant_table import (
    REMOVABLE,
    in_clinics,
    lifecycle_columns,
    refers_to,
    tenant_table,
    text_column,
    uuid_column,
)

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the table; what belongs to one clinic names it, so that row security hides it elsewhere."""
    tenant_table(
        "entity_extension",
        uuid_column("clinic_id", nullable=True),
        text_column("entity"),
        uuid_column("entity_id"),
        text_column("plugin_id"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        *lifecycle_columns(),
        refers_to("clinic_id", "clinic"),
        sa.UniqueConstraint("organisation_id", "entity", "entity_id", "plugin_id", name="uq_entity_extension_thing"),
        sa.CheckConstraint(
            "entity IN ('service', 'client', 'clinic', 'therapist', 'appointment')",
            name="ck_entity_extension_entity_known",
        ),
        sa.CheckConstraint(
            "(clinic_id IS NOT NULL) = (entity IN ('clinic', 'appointment'))", name="ck_entity_extension_clinic_named"
        ),
        grants=REMOVABLE,
        clinic_predicate=f"clinic_id IS NULL OR {in_clinics()}",
    )
