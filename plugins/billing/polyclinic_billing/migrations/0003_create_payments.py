"""Create payments, what they settle, refunds and packages."""

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

revision = "0003"
down_revision = "0002"

INSERT_ONLY = "SELECT, INSERT"
METHODS = "('cash', 'card', 'transfer', 'package')"

COUNT_ALLOCATION = """
CREATE FUNCTION count_allocation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
DECLARE is_too_much boolean;
BEGIN
    UPDATE plugin_billing.invoice SET paid_minor = paid_minor + NEW.amount_minor,
           row_version = row_version + 1, updated_at = now()
     WHERE organisation_id = NEW.organisation_id AND id = NEW.invoice_id AND status = 'issued'
    RETURNING NEW.amount_minor > 0 AND paid_minor + credited_minor > gross_minor INTO is_too_much;
    IF NOT FOUND OR is_too_much THEN
        RAISE EXCEPTION 'a payment settles at most what an issued invoice has open'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$
"""
COUNT_REFUND = """
CREATE FUNCTION count_refund() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
BEGIN
    UPDATE plugin_billing.payment SET refunded_minor = refunded_minor + NEW.amount_minor
     WHERE organisation_id = NEW.organisation_id AND id = NEW.payment_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a refund needs its payment' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$
"""
COUNT_REDEMPTION = """
CREATE FUNCTION count_redemption() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
DECLARE step integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    UPDATE plugin_billing.package SET visits_used = visits_used + step,
           value_used_minor = value_used_minor + step * NEW.value_minor,
           row_version = row_version + 1, updated_at = now()
     WHERE organisation_id = NEW.organisation_id AND id = NEW.package_id AND (closed_at IS NULL OR step < 0);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a closed package is not redeemed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$
"""
KEEP_REDEMPTION = """
CREATE FUNCTION keep_redemption() RETURNS trigger LANGUAGE plpgsql SET search_path = plugin_billing, pg_temp AS $body$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['undone_at', 'appointment_id', 'redeemed_by']
                          = to_jsonb(OLD) - ARRAY['undone_at', 'appointment_id', 'redeemed_by']
       AND (OLD.undone_at IS NULL OR NEW.undone_at = OLD.undone_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a redeemed visit is taken back once and never changed'
        USING ERRCODE = 'integrity_constraint_violation';
END
$body$
"""


def upgrade() -> None:
    """Create the rows that say what was paid, and with what."""
    for function in (COUNT_ALLOCATION, COUNT_REFUND, COUNT_REDEMPTION, KEEP_REDEMPTION):
        op.execute(function)
    _create_payments()
    _create_refunds()
    _create_allocations()
    _create_packages()
    _create_redemptions()
    _add_triggers()


def minor_column(name: str, *, default: str | None = None) -> sa.Column[Any]:
    """Return a column of minor units."""
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)


def _create_payments() -> None:
    organisation_table(
        "payment",
        uuid_column("legal_entity_id"),
        uuid_column("clinic_id"),
        uuid_column("client_id", nullable=True),
        text_column("method"),
        minor_column("amount_minor"),
        text_column("currency"),
        minor_column("refunded_minor", default="0"),
        sa.Column("received_on", sa.Date(), nullable=False),
        instant_column("received_at"),
        text_column("reference", default=""),
        uuid_column("received_by", nullable=True),
        refers_to_own("legal_entity_id", "legal_entity"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        refers_to_core("client_id", "client", on_erase=OnErase.SET_NULL),
        refers_to_core("received_by", "member", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint(f"method IN {METHODS}", name="ck_payment_method"),
        sa.CheckConstraint("amount_minor > 0", name="ck_payment_above_zero"),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="ck_payment_refunded_at_most_paid"),
        clinic_predicate=in_clinics(),
    )


def _create_refunds() -> None:
    organisation_table(
        "refund",
        uuid_column("payment_id"),
        uuid_column("clinic_id"),
        text_column("method"),
        minor_column("amount_minor"),
        text_column("currency"),
        sa.Column("refunded_on", sa.Date(), nullable=False),
        instant_column("refunded_at"),
        text_column("reason"),
        uuid_column("refunded_by", nullable=True),
        refers_to_own("payment_id", "payment"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        refers_to_core("refunded_by", "member", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint(f"method IN {METHODS}", name="ck_refund_method"),
        sa.CheckConstraint("amount_minor > 0", name="ck_refund_above_zero"),
        sa.CheckConstraint("reason <> ''", name="ck_refund_reason_given"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )


def _create_allocations() -> None:
    organisation_table(
        "allocation",
        uuid_column("payment_id"),
        uuid_column("invoice_id"),
        uuid_column("clinic_id"),
        uuid_column("refund_id", nullable=True),
        minor_column("amount_minor"),
        refers_to_own("payment_id", "payment"),
        refers_to_own("invoice_id", "invoice"),
        refers_to_own("refund_id", "refund"),
        sa.CheckConstraint(
            "amount_minor <> 0 AND (amount_minor < 0) = (refund_id IS NOT NULL)", name="ck_allocation_sign"
        ),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )


def _create_packages() -> None:
    organisation_table(
        "package",
        uuid_column("package_type_id"),
        uuid_column("client_id", nullable=True),
        uuid_column("sold_at_clinic_id"),
        uuid_column("invoice_id"),
        uuid_column("service_id", nullable=True),
        text_column("name"),
        sa.Column("visits_total", sa.Integer(), nullable=False),
        sa.Column("visits_used", sa.Integer(), nullable=False, server_default="0"),
        minor_column("value_minor"),
        minor_column("value_used_minor", default="0"),
        text_column("currency"),
        text_column("tax_point"),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date()),
        instant_column("closed_at", nullable=True),
        *lifecycle_columns(),
        refers_to_own("package_type_id", "package_type"),
        refers_to_own("invoice_id", "invoice"),
        refers_to_core("client_id", "client", on_erase=OnErase.SET_NULL),
        refers_to_core("sold_at_clinic_id", "clinic", on_erase=OnErase.CASCADE),
        refers_to_core("service_id", "service", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint("visits_used BETWEEN 0 AND visits_total", name="ck_package_visits_at_most_sold"),
        sa.CheckConstraint("value_used_minor BETWEEN 0 AND value_minor", name="ck_package_value_at_most_sold"),
        sa.CheckConstraint("tax_point IN ('sale', 'redemption')", name="ck_package_tax_point"),
        sa.UniqueConstraint("organisation_id", "invoice_id", name="uq_package_invoice_id"),
    )


def _create_redemptions() -> None:
    organisation_table(
        "package_redemption",
        uuid_column("package_id"),
        uuid_column("clinic_id"),
        uuid_column("appointment_id", nullable=True),
        uuid_column("invoice_id"),
        uuid_column("payment_id", nullable=True),
        minor_column("value_minor"),
        text_column("currency"),
        sa.Column("redeemed_on", sa.Date(), nullable=False),
        instant_column("redeemed_at"),
        uuid_column("redeemed_by", nullable=True),
        instant_column("undone_at", nullable=True),
        refers_to_own("package_id", "package"),
        refers_to_own("invoice_id", "invoice"),
        refers_to_own("payment_id", "payment"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        refers_to_core("appointment_id", "appointment", on_erase=OnErase.SET_NULL),
        refers_to_core("redeemed_by", "member", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint("value_minor >= 0", name="ck_package_redemption_not_below_zero"),
        clinic_predicate=in_clinics(),
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_package_redemption_appointment ON plugin_billing.package_redemption "
        "(organisation_id, appointment_id) WHERE undone_at IS NULL"
    )


def _add_triggers() -> None:
    for table, function in (
        ("allocation", "count_allocation"),
        ("refund", "count_refund"),
        ("package_redemption", "count_redemption"),
    ):
        op.execute(
            f"CREATE TRIGGER {function} AFTER INSERT ON plugin_billing.{table} FOR EACH ROW "
            f"EXECUTE FUNCTION {function}()"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER count_undone AFTER UPDATE ON plugin_billing.package_redemption FOR EACH ROW "
        "WHEN (OLD.undone_at IS NULL AND NEW.undone_at IS NOT NULL) EXECUTE FUNCTION count_redemption()"
    )
    for table, rule in (
        ("payment", "keep_facts('refunded_minor', 'client_id', 'received_by')"),
        ("refund", "keep_facts('refunded_by')"),
        ("allocation", "keep_facts()"),
        ("package_redemption", "keep_redemption()"),
    ):
        op.execute(
            f"CREATE TRIGGER keep_facts BEFORE UPDATE OR DELETE ON plugin_billing.{table} FOR EACH ROW "
            f"EXECUTE FUNCTION {rule}"
        )
        op.execute(f"ALTER TABLE plugin_billing.{table} ENABLE ALWAYS TRIGGER keep_facts")
    for name, table, columns in (
        ("payment_received_on", "payment", "clinic_id, received_on"),
        ("payment_client_id", "payment", "client_id"),
        ("refund_refunded_on", "refund", "clinic_id, refunded_on"),
        ("refund_payment_id", "refund", "payment_id"),
        ("allocation_invoice_id", "allocation", "invoice_id"),
        ("allocation_payment_id", "allocation", "payment_id"),
        ("package_client_id", "package", "client_id"),
        ("package_redemption_package_id", "package_redemption", "package_id"),
        ("package_redemption_invoice_id", "package_redemption", "invoice_id"),
    ):
        op.execute(f"CREATE INDEX ix_{name} ON plugin_billing.{table} (organisation_id, {columns})")
