"""What was issued or happened is kept by PostgreSQL, whatever the plugin's code does."""

from datetime import date

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from polyclinic_billing.commands import CloseDay
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.vocabulary import Method

TABLES = {
    "allocation",
    "credit_note",
    "credit_note_line",
    "day_close",
    "day_close_count",
    "invoice",
    "invoice_line",
    "ledger_entry",
    "ledger_posting",
    "legal_entity",
    "legal_entity_clinic",
    "number_series",
    "package",
    "package_redemption",
    "package_type",
    "payment",
    "price",
    "refund",
}
FORBIDDEN = [
    "UPDATE invoice SET gross_minor = 1, net_minor = 1",
    "UPDATE invoice SET service_on = service_on - 1",
    "UPDATE invoice SET client = '{}'",
    "UPDATE invoice SET number_text = 'X'",
    "UPDATE invoice SET status = 'draft'",
    "UPDATE invoice SET status = 'void'",
    "UPDATE invoice SET paid_minor = gross_minor + 1",
    "DELETE FROM invoice",
    "UPDATE invoice_line SET gross_minor = 1",
    "UPDATE invoice_line SET description = 'X'",
    "DELETE FROM invoice_line",
    "UPDATE payment SET amount_minor = 1",
    "UPDATE payment SET received_on = received_on - 1",
    "UPDATE payment SET refunded_minor = amount_minor + 1",
    "DELETE FROM payment",
    "UPDATE allocation SET amount_minor = 1",
    "DELETE FROM allocation",
    "UPDATE ledger_entry SET booked_on = booked_on - 1",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_posting SET debit_minor = debit_minor + 1 WHERE debit_minor > 0",
    "DELETE FROM ledger_posting",
    "UPDATE day_close SET note = 'X'",
    "DELETE FROM day_close",
    "UPDATE day_close_count SET counted_minor = 1",
    "UPDATE number_series SET next_number = 1",
    "UPDATE number_series SET next_number = next_number + 2",
    "DELETE FROM number_series",
    "UPDATE price SET amount_minor = 1",
]
DUPLICATED = (
    "INSERT INTO plugin_billing.invoice (organisation_id, id, clinic_id, appointment_id, kind, service_on) SELECT "
    "organisation_id, gen_random_uuid(), clinic_id, appointment_id, kind, service_on FROM plugin_billing.invoice"
)
ONE_SIDED = (
    "INSERT INTO plugin_billing.ledger_posting (organisation_id, id, entry_id, clinic_id, account, currency, "
    "debit_minor) SELECT organisation_id, gen_random_uuid(), id, clinic_id, 'cash', 'GBP', 1 "
    "FROM plugin_billing.ledger_entry"
)


@pytest.fixture
def filled(desk):
    """An issued and paid invoice, and a closed day."""
    desk.pay(desk.issue())
    desk.do(close_day, CloseDay(desk.world.clinic.id, date(2026, 11, 23), {Method.CASH: 6000}))
    return desk


def in_schema(statement):
    table = statement.partition(" ")[2].removeprefix("FROM ").split(" ")[0]
    return statement.replace(table, f"plugin_billing.{table}", 1)


def refused(desk, statement):
    def attempt(ctx):
        with ctx.db.begin_nested():
            ctx.db.execute(text(statement))
            ctx.db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    with pytest.raises(DBAPIError) as error:
        desk.do(attempt)
    return error.value.orig.sqlstate


def test_plugins_own_role_cannot_change_facts(filled):
    answers = {statement: refused(filled, in_schema(statement)) for statement in FORBIDDEN}

    # 23xxx: a trigger or check refused; 42501: the role has no such right at all.
    assert {statement: code for statement, code in answers.items() if code[:2] != "23" and code != "42501"} == {}


def test_appointment_has_one_invoice_whatever_the_code_does(filled):
    assert refused(filled, DUPLICATED) == "23505"


def test_ledger_entry_with_one_side_alone_is_refused_at_commit(filled):
    assert refused(filled, ONE_SIDED) == "23000"


def test_money_is_not_booked_on_a_closed_day_whatever_the_code_does(filled):
    statement = (
        "INSERT INTO plugin_billing.payment (organisation_id, id, legal_entity_id, clinic_id, method, amount_minor, "
        "currency, received_on, received_at) SELECT organisation_id, gen_random_uuid(), legal_entity_id, clinic_id, "
        "'cash', 1, currency, received_on, received_at FROM plugin_billing.payment"
    )

    assert refused(filled, statement) == "23000"


def test_invoice_is_not_settled_beyond_its_gross_whatever_the_code_does(filled):
    statement = (
        "INSERT INTO plugin_billing.allocation (organisation_id, id, payment_id, invoice_id, clinic_id, amount_minor, "
        "booked_on, method) SELECT organisation_id, gen_random_uuid(), payment_id, invoice_id, clinic_id, 1, "
        "booked_on, method FROM plugin_billing.allocation"
    )

    assert refused(filled, statement)[:2] == "23"


def test_every_table_of_billing_is_there_and_walled_in(database):
    with psycopg.connect(database.admin_url, dbname=database.name) as connection:
        found = connection.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind = 'r' AND "
            "relnamespace = 'plugin_billing'::regnamespace AND relname <> 'plugin_version'"
        ).fetchall()

    assert {name for name, is_walled in found if is_walled} == TABLES == {name for name, _ in found}
