"""Create legal entities, prices, number series and kinds of packages."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from polyclinic.sdk.tables import (
    OnErase,
    in_clinics,
    instant_column,
    lifecycle_columns,
    organisation_table,
    refers_to_core,
    refers_to_own,
    text_column,
    uuid_column,
)

revision = "0001"
down_revision = None

REMOVABLE = "SELECT, INSERT, UPDATE, DELETE"

KEEP_FACTS = """
CREATE FUNCTION keep_facts() RETURNS trigger LANGUAGE plpgsql SET search_path = plugin_billing, pg_temp AS $body$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are facts: they are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$body$
"""
COUNT_UP = """
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql SET search_path = plugin_billing, pg_temp AS $body$
BEGIN
    IF NEW.next_number <> OLD.next_number + 1 OR NEW.legal_entity_id <> OLD.legal_entity_id OR NEW.kind <> OLD.kind THEN
        RAISE EXCEPTION 'numbers are given one after the other' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$
"""


def upgrade() -> None:
    """Create the tables that say what costs how much, and who sells it."""
    op.execute(KEEP_FACTS)
    op.execute(COUNT_UP)
    _create_legal_entities()
    _create_prices()
    _create_number_series()
    _create_package_types()


def minor_column(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    """Return a column of minor units."""
    return sa.Column(name, sa.BigInteger(), nullable=nullable, server_default=default)


def _create_legal_entities() -> None:
    organisation_table(
        "legal_entity",
        text_column("name"),
        *(text_column(name, default="") for name in ("street", "postal_code", "city", "country", "region")),
        *(text_column(name, default="") for name in ("phone", "email", "tax_number", "payment_details")),
        sa.Column("tax_registered_on", sa.Date()),
        text_column("currency"),
        text_column("number_prefix"),
        sa.Column("is_default", sa.Boolean(), nullable=False, server_default="false"),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        sa.CheckConstraint("name <> ''", name="ck_legal_entity_name_given"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_legal_entity_currency_code"),
        sa.UniqueConstraint("organisation_id", "number_prefix", name="uq_legal_entity_number_prefix"),
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_legal_entity_default ON plugin_billing.legal_entity (organisation_id) WHERE is_default"
    )
    organisation_table(
        "legal_entity_clinic",
        uuid_column("legal_entity_id"),
        uuid_column("clinic_id"),
        refers_to_own("legal_entity_id", "legal_entity", ondelete="CASCADE"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        sa.UniqueConstraint("organisation_id", "clinic_id", name="uq_legal_entity_clinic_clinic_id"),
        grants=REMOVABLE,
        clinic_predicate=in_clinics(),
    )


def _create_prices() -> None:
    organisation_table(
        "price",
        uuid_column("service_id"),
        uuid_column("clinic_id", nullable=True),
        minor_column("amount_minor"),
        text_column("currency"),
        text_column("basis"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        *lifecycle_columns(),
        refers_to_core("service_id", "service", on_erase=OnErase.CASCADE),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        sa.CheckConstraint("amount_minor >= 0", name="ck_price_not_below_zero"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_price_currency_code"),
        sa.CheckConstraint("basis IN ('visit', 'minute')", name="ck_price_basis"),
        sa.CheckConstraint("valid_until > valid_from", name="ck_price_valid_for_a_day"),
        grants=REMOVABLE,
        clinic_predicate=f"clinic_id IS NULL OR {in_clinics()}",
    )
    op.execute(
        "ALTER TABLE plugin_billing.price ADD CONSTRAINT ex_price_no_overlap EXCLUDE USING gist "
        "(organisation_id WITH =, service_id WITH =, "
        "coalesce(clinic_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =, currency WITH =, "
        "daterange(valid_from, valid_until) WITH &&)"
    )
    op.create_index("ix_price_service_id", "price", ["organisation_id", "service_id"], schema="plugin_billing")
    op.execute(
        "CREATE TRIGGER keep_facts BEFORE UPDATE ON plugin_billing.price FOR EACH ROW "
        "EXECUTE FUNCTION keep_facts('valid_until', 'row_version', 'updated_at')"
    )


def _create_number_series() -> None:
    organisation_table(
        "number_series",
        uuid_column("legal_entity_id"),
        text_column("kind"),
        sa.Column("next_number", sa.BigInteger(), nullable=False, server_default="1"),
        refers_to_own("legal_entity_id", "legal_entity"),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name="ck_number_series_kind"),
        sa.UniqueConstraint("organisation_id", "legal_entity_id", "kind", name="uq_number_series_kind"),
    )
    op.execute(
        "CREATE TRIGGER count_up BEFORE UPDATE ON plugin_billing.number_series FOR EACH ROW EXECUTE FUNCTION count_up()"
    )
    op.execute("ALTER TABLE plugin_billing.number_series ENABLE ALWAYS TRIGGER count_up")


def _create_package_types() -> None:
    organisation_table(
        "package_type",
        text_column("name"),
        uuid_column("service_id", nullable=True),
        sa.Column("visits_total", sa.Integer(), nullable=False),
        minor_column("amount_minor"),
        text_column("currency"),
        sa.Column("valid_months", sa.Integer()),
        text_column("tax_category"),
        instant_column("archived_at", nullable=True),
        *lifecycle_columns(),
        refers_to_core("service_id", "service", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint("visits_total BETWEEN 1 AND 500", name="ck_package_type_visits"),
        sa.CheckConstraint("amount_minor >= 0", name="ck_package_type_not_below_zero"),
        sa.CheckConstraint("valid_months BETWEEN 1 AND 240", name="ck_package_type_months"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_package_type_currency_code"),
        sa.UniqueConstraint("organisation_id", "name", name="uq_package_type_name"),
    )
