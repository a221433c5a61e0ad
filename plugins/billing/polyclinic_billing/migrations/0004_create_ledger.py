"""Create the ledger and the closed days."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from polyclinic.sdk.tables import (
    OnErase,
    in_clinics,
    instant_column,
    organisation_table,
    refers_to_core,
    refers_to_own,
    text_column,
    uuid_column,
)

revision = "0004"
down_revision = "0003"

INSERT_ONLY = "SELECT, INSERT"

CHECK_BALANCE = """
CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
DECLARE wanted uuid := CASE TG_TABLE_NAME WHEN 'ledger_entry' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'entry_id')::uuid END;
DECLARE sides integer;
BEGIN
    SELECT count(*) INTO sides FROM plugin_billing.ledger_posting
     WHERE organisation_id = NEW.organisation_id AND entry_id = wanted;
    PERFORM FROM plugin_billing.ledger_posting WHERE organisation_id = NEW.organisation_id AND entry_id = wanted
     GROUP BY currency HAVING sum(debit_minor) <> sum(credit_minor);
    IF FOUND OR sides < 2 THEN
        RAISE EXCEPTION 'debits and credits of ledger entry % differ', wanted
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$body$
"""
REFUSE_CLOSED_DAY = """
CREATE FUNCTION refuse_closed_day() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = plugin_billing, pg_temp AS $body$
BEGIN
    PERFORM FROM plugin_billing.day_close WHERE organisation_id = NEW.organisation_id AND clinic_id = NEW.clinic_id
        AND day = (to_jsonb(NEW) ->> TG_ARGV[0])::date;
    IF FOUND AND NEW.method <> 'package' THEN
        RAISE EXCEPTION 'the till of this day is closed' USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'ck_day_close_locked';
    END IF;
    RETURN NEW;
END
$body$
"""


def upgrade() -> None:
    """Create the double-entry ledger and the day close."""
    op.execute(CHECK_BALANCE)
    op.execute(REFUSE_CLOSED_DAY)
    _create_ledger()
    _create_day_closes()
    _add_triggers()


def minor_column(name: str, *, default: str | None = None) -> sa.Column[Any]:
    """Return a column of minor units."""
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)


def _create_ledger() -> None:
    organisation_table(
        "ledger_entry",
        uuid_column("legal_entity_id"),
        uuid_column("clinic_id"),
        text_column("kind"),
        uuid_column("source_id"),
        sa.Column("booked_on", sa.Date(), nullable=False),
        instant_column("booked_at"),
        refers_to_own("legal_entity_id", "legal_entity"),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        sa.UniqueConstraint("organisation_id", "kind", "source_id", name="uq_ledger_entry_source"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )
    organisation_table(
        "ledger_posting",
        uuid_column("entry_id"),
        uuid_column("clinic_id"),
        text_column("account"),
        text_column("currency"),
        minor_column("debit_minor", default="0"),
        minor_column("credit_minor", default="0"),
        refers_to_own("entry_id", "ledger_entry"),
        sa.CheckConstraint(
            "debit_minor >= 0 AND credit_minor >= 0 AND (debit_minor > 0) <> (credit_minor > 0)",
            name="ck_ledger_posting_one_side",
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="ck_ledger_posting_currency_code"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )


def _create_day_closes() -> None:
    organisation_table(
        "day_close",
        uuid_column("clinic_id"),
        sa.Column("day", sa.Date(), nullable=False),
        text_column("currency"),
        text_column("till_name", default=""),
        minor_column("float_minor", default="0"),
        text_column("note", default=""),
        instant_column("closed_at"),
        uuid_column("closed_by", nullable=True),
        refers_to_core("clinic_id", "clinic", on_erase=OnErase.CASCADE),
        refers_to_core("closed_by", "member", on_erase=OnErase.SET_NULL),
        sa.UniqueConstraint("organisation_id", "clinic_id", "day", name="uq_day_close_day"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )
    organisation_table(
        "day_close_count",
        uuid_column("day_close_id"),
        uuid_column("clinic_id"),
        text_column("method"),
        minor_column("expected_minor"),
        minor_column("counted_minor"),
        sa.Column(
            "difference_minor",
            sa.BigInteger(),
            sa.Computed("counted_minor - expected_minor", persisted=True),
            nullable=False,
        ),
        refers_to_own("day_close_id", "day_close"),
        sa.CheckConstraint("method IN ('cash', 'card', 'transfer')", name="ck_day_close_count_method"),
        sa.UniqueConstraint("organisation_id", "day_close_id", "method", name="uq_day_close_count_method"),
        grants=INSERT_ONLY,
        clinic_predicate=in_clinics(),
    )


def _add_triggers() -> None:
    for table in ("ledger_entry", "ledger_posting"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER check_balance AFTER INSERT ON plugin_billing.{table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balance()"
        )
    for table, column in (("payment", "received_on"), ("refund", "refunded_on")):
        op.execute(
            f"CREATE TRIGGER refuse_closed_day BEFORE INSERT ON plugin_billing.{table} FOR EACH ROW "
            f"EXECUTE FUNCTION refuse_closed_day('{column}')"
        )
    for table, rule in (
        ("ledger_entry", "keep_facts()"),
        ("ledger_posting", "keep_facts()"),
        ("day_close", "keep_facts('closed_by')"),
        ("day_close_count", "keep_facts()"),
    ):
        op.execute(
            f"CREATE TRIGGER keep_facts BEFORE UPDATE OR DELETE ON plugin_billing.{table} FOR EACH ROW "
            f"EXECUTE FUNCTION {rule}"
        )
        op.execute(f"ALTER TABLE plugin_billing.{table} ENABLE ALWAYS TRIGGER keep_facts")
    for function in ("check_balance", "refuse_closed_day"):
        op.execute(f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC")
    op.execute(
        "CREATE INDEX ix_ledger_entry_booked_on ON plugin_billing.ledger_entry (organisation_id, clinic_id, booked_on)"
    )
    op.execute("CREATE INDEX ix_ledger_posting_entry_id ON plugin_billing.ledger_posting (organisation_id, entry_id)")
