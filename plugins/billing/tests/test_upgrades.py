"""Upgrading billing's tables where they hold rows already."""

from datetime import date

import psycopg

from polyclinic.plugins.loading import load_plugins
from polyclinic.plugins.migrating import upgrade_plugins
from polyclinic_billing.commands import RefundPayment
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.vocabulary import Method

TO_0004 = """
ALTER TABLE plugin_billing.allocation DROP COLUMN booked_on, DROP COLUMN method;
UPDATE plugin_billing.plugin_version SET version_num = '0004'
"""
ALLOCATIONS = "SELECT id, amount_minor, booked_on, method FROM plugin_billing.allocation ORDER BY id"
CHANGE = "UPDATE plugin_billing.allocation SET method = 'card'"


def test_parts_of_payments_get_day_and_method_of_their_money(live_desk):
    payment = live_desk.pay(live_desk.issue(), received_on=date(2026, 1, 5))
    live_desk.do(refund_payment, RefundPayment(payment.id, 1000, "Sorry", Method.CARD, date(2026, 1, 7)))
    urls = live_desk.live.database.urls
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        before = owner.execute(ALLOCATIONS).fetchall()
        owner.execute(TO_0004)

        done = {one.plugin_id: one.error for one in upgrade_plugins(urls.owner, load_plugins(strict=True))}

        assert done["billing"] == ""
        assert owner.execute(ALLOCATIONS).fetchall() == before
        assert [row[1:] for row in before] == [
            (6000, date(2026, 1, 5), "cash"),
            (-1000, date(2026, 1, 7), "card"),
        ]
        assert refusal(owner) == "23000"


def refusal(owner):
    """Return how the database refuses to change a fact."""
    try:
        owner.execute(CHANGE)
    except psycopg.Error as error:
        return error.sqlstate
    return None
