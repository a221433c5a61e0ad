"""Create invoices, their lines and credit notes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

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

revision = "0002"
down_revision = "0001"

REMOVABLE = "SELECT, INSERT, UPDATE, DELETE"
INSERT_ONLY = "SELECT, INSERT"
LINKS = "'client_id', 'appointment_id', 'therapist_id', 'service_id', 'issued_by', 'created_by'"

STATE = """
CASE WHEN status <> 'issued' THEN status
     WHEN gross_minor > 0 AND credited_minor >= gross_minor THEN 'credited'
     WHEN paid_minor + credited_minor >= gross_minor THEN 'paid'
     WHEN paid_minor > 0 THEN 'part_paid'
     ELSE 'issued' END
"""
KEEP_ISSUED = f"""
CREATE FUNCTION keep_issued() RETURNS trigger LANGUAGE plpgsql SET search_path = plugin_billing, pg_temp AS $body$
DECLARE may_change text[] := ARRAY[{LINKS}, 'paid_minor', 'credited_minor', 'state', 'status', 'voided_at',
    'voided_on', 'void_reason', 'handed_out_at', 'row_version', 'updated_at'];
BEGIN
    IF OLD.status = 'draft' THEN
        IF TG_OP = 'UPDATE' AND NEW.status = 'void' THEN
            RAISE EXCEPTION 'a draft is removed, not voided' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an issued invoice is never removed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change OR NEW.status = 'draft'
       OR (OLD.status = 'void' AND (NEW.status <> 'void' OR NEW.voided_at <> OLD.voided_at
           OR NEW.void_reason <> OLD.void_reason OR NEW.paid_minor <> 0))
       OR (NEW.appointment_id IS NOT NULL AND NEW.appointment_id IS DISTINCT FROM OLD.appointment_id)
       OR (NEW.therapist_id IS NOT NULL AND NEW.therapist_id IS DISTINCT FROM OLD.therapist_id) THEN
        RAISE EXCEPTION 'an issued invoice never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$
"""
KEEP_ISSUED_LINE = """
CREATE FUNCTION keep_issued_line() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
DECLARE line plugin_billing.invoice_line := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'service_id' = to_jsonb(OLD) - 'service_id' THEN
        RETURN NEW;
    END IF;
    PERFORM FROM plugin_billing.invoice
     WHERE organisation_id = line.organisation_id AND id = line.invoice_id AND status <> 'draft';
    IF FOUND THEN
        RAISE EXCEPTION 'the lines of an issued invoice never change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN line;
END
$body$
"""
COUNT_CREDIT = """
CREATE FUNCTION count_credit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
BEGIN
    UPDATE plugin_billing.invoice SET credited_minor = credited_minor + NEW.gross_minor,
           row_version = row_version + 1, updated_at = now()
     WHERE organisation_id = NEW.organisation_id AND id = NEW.invoice_id AND status = 'issued';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only an issued invoice can be credited' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$body$
"""


def upgrade() -> None:
    """Create the documents that say what is owed."""
    for function in (KEEP_ISSUED, COUNT_CREDIT):
        op.execute(function)
    _create_invoices()
    _create_lines()
    _create_credit_notes()
    for name in ("keep_issued_line", "count_credit"):
        op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")


def minor_column(name: str, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    """Return a column of minor units."""
    return sa.Column(name, sa.BigInteger(), nullable=nullable, server_default=default)


def amount_columns() -> list[sa.Column[Any]]:
    """Return net, tax and gross."""
    return [minor_column(name, default="0") for name in ("net_minor", "tax_minor", "gross_minor")]


def _create_invoices() -> None:
    organisation_table(
        "invoice",
        uuid_column("legal_entity_id", nullable=True),
        uuid_column("clinic_id"),
        *(uuid_column(name, nullable=True) for name in ("client_id", "appointment_id", "therapist_id")),
        text_column("kind"),
        text_column("status", default="draft"),
        sa.Column("service_on", sa.Date(), nullable=False),
        text_column("currency", nullable=True),
        *amount_columns(),
        sa.Column("is_unpriced", sa.Boolean(), nullable=False, server_default="false"),
        text_column("remark", default=""),
        *_issue_columns(),
        minor_column("paid_minor", default="0"),
        minor_column("credited_minor", default="0"),
        sa.Column("state", sa.Text(), sa.Computed(STATE, persisted=True), nullable=False),
        *lifecycle_columns(),
        refers_to_own("legal_entity_id", "legal_entity"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        *_links_of_invoice(),
        sa.CheckConstraint("kind IN ('visit', 'fee', 'package')", name="ck_invoice_kind"),
        sa.CheckConstraint("status IN ('draft', 'issued', 'void')", name="ck_invoice_status"),
        sa.CheckConstraint("net_minor + tax_minor = gross_minor AND gross_minor >= 0", name="ck_invoice_sums"),
        sa.CheckConstraint("paid_minor BETWEEN 0 AND gross_minor", name="ck_invoice_paid_at_most_gross"),
        sa.CheckConstraint("credited_minor BETWEEN 0 AND gross_minor", name="ck_invoice_credited_at_most_gross"),
        sa.CheckConstraint(
            "(status = 'draft') = (number IS NULL) AND (status = 'draft' OR (legal_entity_id IS NOT NULL AND currency "
            "IS NOT NULL AND number_text IS NOT NULL AND issued_on IS NOT NULL AND issued_at IS NOT NULL "
            "AND due_on IS NOT NULL AND NOT is_unpriced))",
            name="ck_invoice_issued_whole",
        ),
        sa.CheckConstraint(
            "(status = 'void') = (voided_at IS NOT NULL) AND (status <> 'void' OR (void_reason <> '' AND voided_on IS "
            "NOT NULL AND paid_minor = 0 AND credited_minor = 0))",
            name="ck_invoice_void_with_reason",
        ),
        sa.UniqueConstraint("organisation_id", "legal_entity_id", "number", name="uq_invoice_number"),
        grants=REMOVABLE,
        clinic_predicate=in_clinics(),
    )
    _index_invoices()
    for statement in (
        (
            "CREATE TRIGGER keep_issued BEFORE UPDATE OR DELETE ON plugin_billing.invoice FOR EACH ROW "
            "EXECUTE FUNCTION keep_issued()"
        ),
        "ALTER TABLE plugin_billing.invoice ENABLE ALWAYS TRIGGER keep_issued",
    ):
        op.execute(statement)


def _issue_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("number", sa.BigInteger()),
        text_column("number_text", nullable=True),
        sa.Column("issued_on", sa.Date()),
        instant_column("issued_at", nullable=True),
        sa.Column("due_on", sa.Date()),
        *(sa.Column(name, JSONB(), nullable=False, server_default="{}") for name in ("seller", "clinic")),
        *(sa.Column(name, JSONB(), nullable=False, server_default="{}") for name in ("client", "therapist", "visit")),
        instant_column("voided_at", nullable=True),
        sa.Column("voided_on", sa.Date()),
        text_column("void_reason", nullable=True),
        instant_column("handed_out_at", nullable=True),
        uuid_column("created_by", nullable=True),
        uuid_column("issued_by", nullable=True),
    ]


def _links_of_invoice() -> list[sa.ForeignKeyConstraint]:
    return [
        refers_to_core("client_id", "client", on_erase=OnErase.SET_NULL),
        refers_to_core("appointment_id", "appointment", on_erase=OnErase.SET_NULL),
        refers_to_core("therapist_id", "therapist", on_erase=OnErase.SET_NULL),
        refers_to_core("created_by", "member", on_erase=OnErase.SET_NULL),
        refers_to_core("issued_by", "member", on_erase=OnErase.SET_NULL),
    ]


def _index_invoices() -> None:
    for statement in (
        (
            "CREATE UNIQUE INDEX uq_invoice_appointment ON plugin_billing.invoice (organisation_id, appointment_id) "
            "WHERE status <> 'void'"
        ),
        "CREATE INDEX ix_invoice_client_id ON plugin_billing.invoice (organisation_id, client_id, id)",
        "CREATE INDEX ix_invoice_clinic_id ON plugin_billing.invoice (organisation_id, clinic_id, id)",
        "CREATE INDEX ix_invoice_issued_on ON plugin_billing.invoice (organisation_id, issued_on, clinic_id)",
        (
            "CREATE INDEX ix_invoice_voided_on ON plugin_billing.invoice (organisation_id, voided_on) "
            "WHERE status = 'void'"
        ),
        (
            "CREATE INDEX ix_invoice_open ON plugin_billing.invoice (organisation_id, clinic_id, due_on) "
            "WHERE state IN ('issued', 'part_paid')"
        ),
        (
            "CREATE INDEX ix_invoice_draft ON plugin_billing.invoice (organisation_id, clinic_id, id) "
            "WHERE status = 'draft'"
        ),
    ):
        op.execute(statement)


def _create_lines() -> None:
    organisation_table(
        "invoice_line",
        uuid_column("invoice_id"),
        uuid_column("clinic_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        text_column("kind"),
        uuid_column("service_id", nullable=True),
        text_column("description"),
        text_column("basis"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        minor_column("unit_minor", nullable=True),
        minor_column("discount_minor", default="0"),
        text_column("price_tax"),
        text_column("tax_category"),
        sa.Column("tax_rate", sa.Numeric(7, 4), nullable=False),
        text_column("tax_reason"),
        text_column("tax_name", default=""),
        text_column("tax_note", default=""),
        *amount_columns(),
        text_column("procedure_code", default=""),
        sa.Column("minutes", sa.Integer()),
        sa.Column("units", sa.Integer()),
        refers_to_own("invoice_id", "invoice", ondelete="CASCADE"),
        refers_to_core("service_id", "service", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint("net_minor + tax_minor = gross_minor", name="ck_invoice_line_sums"),
        sa.CheckConstraint("quantity BETWEEN 1 AND 10000", name="ck_invoice_line_quantity"),
        sa.CheckConstraint(
            "discount_minor >= 0 AND gross_minor >= 0 AND tax_rate >= 0", name="ck_invoice_line_not_below_zero"
        ),
        sa.UniqueConstraint("organisation_id", "invoice_id", "position", name="uq_invoice_line_position"),
        grants=REMOVABLE,
        clinic_predicate=in_clinics(),
    )
    op.execute(KEEP_ISSUED_LINE)
    op.execute(
        "CREATE TRIGGER keep_issued_line BEFORE INSERT OR UPDATE OR DELETE ON plugin_billing.invoice_line FOR EACH ROW "
        "EXECUTE FUNCTION keep_issued_line()"
    )
    op.execute("ALTER TABLE plugin_billing.invoice_line ENABLE ALWAYS TRIGGER keep_issued_line")


def _create_credit_notes() -> None:
    organisation_table(
        "credit_note",
        uuid_column("invoice_id"),
        uuid_column("legal_entity_id"),
        uuid_column("clinic_id"),
        uuid_column("client_id", nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        text_column("number_text"),
        sa.Column("issued_on", sa.Date(), nullable=False),
        instant_column("issued_at"),
        text_column("reason"),
        text_column("currency"),
        *amount_columns(),
        uuid_column("issued_by", nullable=True),
        refers_to_own("invoice_id", "invoice"),
        refers_to_own("legal_entity_id", "legal_entity"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        refers_to_core("client_id", "client", on_erase=OnErase.SET_NULL),
        refers_to_core("issued_by", "member", on_erase=OnErase.SET_NULL),
        sa.CheckConstraint("net_minor + tax_minor = gross_minor AND gross_minor > 0", name="ck_credit_note_sums"),
        sa.CheckConstraint("reason <> ''", name="ck_credit_note_reason_given"),
        sa.UniqueConstraint("organisation_id", "legal_entity_id", "number", name="uq_credit_note_number"),
        clinic_predicate=in_clinics(),
    )
    _create_credit_note_lines()


def _create_credit_note_lines() -> None:
    organisation_table(
        "credit_note_line",
        uuid_column("credit_note_id"),
        uuid_column("invoice_line_id"),
        uuid_column("clinic_id"),
        sa.Column("tax_rate", sa.Numeric(7, 4), nullable=False),
        *amount_columns(),
        refers_to_own("credit_note_id", "credit_note"),
        refers_to_own("invoice_line_id", "invoice_line"),
        sa.CheckConstraint("net_minor + tax_minor = gross_minor", name="ck_credit_note_line_sums"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )
    for statement in (
        (
            "CREATE TRIGGER count_credit AFTER INSERT ON plugin_billing.credit_note FOR EACH ROW "
            "EXECUTE FUNCTION count_credit()"
        ),
        (
            "CREATE TRIGGER keep_facts BEFORE UPDATE OR DELETE ON plugin_billing.credit_note FOR EACH ROW "
            "EXECUTE FUNCTION keep_facts('client_id', 'issued_by')"
        ),
        (
            "CREATE TRIGGER keep_facts BEFORE UPDATE OR DELETE ON plugin_billing.credit_note_line FOR EACH ROW "
            "EXECUTE FUNCTION keep_facts()"
        ),
        "ALTER TABLE plugin_billing.credit_note ENABLE ALWAYS TRIGGER keep_facts",
        "ALTER TABLE plugin_billing.credit_note_line ENABLE ALWAYS TRIGGER keep_facts",
        "CREATE INDEX ix_credit_note_invoice_id ON plugin_billing.credit_note (organisation_id, invoice_id)",
        "CREATE INDEX ix_credit_note_client_id ON plugin_billing.credit_note (organisation_id, client_id)",
        "CREATE INDEX ix_credit_note_issued_on ON plugin_billing.credit_note (organisation_id, issued_on, clinic_id)",
        "CREATE INDEX ix_credit_note_line_note ON plugin_billing.credit_note_line (organisation_id, credit_note_id)",
        "CREATE INDEX ix_credit_note_line_line ON plugin_billing.credit_note_line (organisation_id, invoice_line_id)",
    ):
        op.execute(statement)
