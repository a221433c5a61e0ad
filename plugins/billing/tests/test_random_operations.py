"""Random operations with crashes in between: debits = credits, numbers without gaps, one invoice for a visit.

200 operations by default; with POLYCLINIC_FULL=1 3,000 by four at once whose connections are killed as a worker's are.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import psycopg
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from polyclinic.sdk.errors import PolyclinicError
from polyclinic.sdk.events import Event
from polyclinic_billing.commands import (
    AllocationPart,
    CloseDay,
    CreatePackageType,
    CreditInvoice,
    DraftForAppointment,
    IssueInvoice,
    RecordPayment,
    RedeemPackage,
    RefundPayment,
    SellPackage,
    VoidInvoice,
)
from polyclinic_billing.handlers import draft_for_visit
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.models.payments import Payment
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.drafting import draft_invoice_for_appointment
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.packages import create_package_type, sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.redeeming import redeem_package
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import Method

IS_FULL = os.environ.get("POLYCLINIC_FULL") == "1"
OPERATIONS, WORKERS = (3000, 4) if IS_FULL else (200, 1)
ACTS = {
    "complete": 18,
    "draft": 6,
    "issue": 18,
    "pay": 18,
    "refund": 9,
    "void": 8,
    "credit": 7,
    "sell": 4,
    "redeem": 9,
    "close": 3,
}
MUST_BE_EMPTY = {
    "entries whose debits and credits differ": """
        SELECT entry_id FROM ledger_posting GROUP BY entry_id, currency HAVING sum(debit_minor) <> sum(credit_minor)""",
    "gaps in the numbers of invoices": """
        SELECT s.id FROM number_series s LEFT JOIN invoice i ON i.legal_entity_id = s.legal_entity_id
         AND i.number IS NOT NULL WHERE s.kind = 'invoice' GROUP BY s.organisation_id, s.id, s.next_number
        HAVING count(i.id) <> s.next_number - 1 OR coalesce(max(i.number), 0) <> s.next_number - 1""",
    "gaps in the numbers of credit notes": """
        SELECT s.id FROM number_series s LEFT JOIN credit_note c ON c.legal_entity_id = s.legal_entity_id
         WHERE s.kind = 'credit_note' GROUP BY s.organisation_id, s.id, s.next_number
        HAVING count(c.id) <> s.next_number - 1 OR coalesce(max(c.number), 0) <> s.next_number - 1""",
    "appointments invoiced more than once": """
        SELECT appointment_id FROM invoice WHERE status <> 'void' AND appointment_id IS NOT NULL
         GROUP BY appointment_id HAVING count(*) > 1""",
    "invoices whose sums are not their lines'": """
        SELECT i.id FROM invoice i LEFT JOIN invoice_line l ON l.invoice_id = i.id GROUP BY i.organisation_id, i.id
        HAVING (i.net_minor, i.tax_minor, i.gross_minor) IS DISTINCT FROM
               (coalesce(sum(l.net_minor), 0), coalesce(sum(l.tax_minor), 0), coalesce(sum(l.gross_minor), 0))""",
    "invoices whose payments do not add up": """
        SELECT i.id FROM invoice i LEFT JOIN allocation a ON a.invoice_id = i.id GROUP BY i.organisation_id, i.id
        HAVING i.paid_minor <> coalesce(sum(a.amount_minor), 0)""",
    "invoices whose credit does not add up": """
        SELECT i.id FROM invoice i LEFT JOIN credit_note c ON c.invoice_id = i.id GROUP BY i.organisation_id, i.id
        HAVING i.credited_minor <> coalesce(sum(c.gross_minor), 0)""",
    "payments that are not settled in full": """
        SELECT p.id FROM payment p LEFT JOIN allocation a ON a.payment_id = p.id AND a.refund_id IS NULL
         GROUP BY p.organisation_id, p.id
        HAVING p.amount_minor <> coalesce(sum(a.amount_minor), 0)""",
    "payments whose refunds do not add up": """
        SELECT p.id FROM payment p LEFT JOIN refund r ON r.payment_id = p.id GROUP BY p.organisation_id, p.id
        HAVING p.refunded_minor <> coalesce(sum(r.amount_minor), 0)""",
    "packages whose visits do not add up": """
        SELECT p.id FROM package p LEFT JOIN package_redemption r ON r.package_id = p.id AND r.undone_at IS NULL
         GROUP BY p.organisation_id, p.id
        HAVING p.visits_used <> count(r.id) OR p.value_used_minor <> coalesce(sum(r.value_minor), 0)""",
    "issued invoices without their ledger entry": """
        SELECT i.id FROM invoice i LEFT JOIN ledger_entry e ON e.source_id = i.id AND e.kind = 'issue'
         WHERE i.status <> 'draft' AND i.gross_minor > 0 AND e.id IS NULL""",
}
MUST_BE_EQUAL = {
    "receivables": (
        "SELECT sum(debit_minor - credit_minor) FROM ledger_posting WHERE account = 'receivable'",
        "SELECT sum(gross_minor - paid_minor - credited_minor) FROM invoice WHERE status = 'issued'",
    ),
    "package visits owed": (
        "SELECT sum(credit_minor - debit_minor) FROM ledger_posting WHERE account = 'package_liability'",
        "SELECT sum(value_minor - value_used_minor) FROM package WHERE closed_at IS NULL",
    ),
    "cash": (
        "SELECT sum(debit_minor - credit_minor) FROM ledger_posting WHERE account = 'cash'",
        """SELECT (SELECT coalesce(sum(amount_minor), 0) FROM payment WHERE method = 'cash')
                - (SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE method = 'cash')
                + (SELECT coalesce(sum(difference_minor), 0) FROM day_close_count WHERE method = 'cash')""",
    ),
}


class Crash(Exception):
    """What interrupts an operation after its last statement."""


class Operator:
    """Does random operations, each a transaction."""

    def __init__(self, desk, seed, visits):
        self.desk, self.random, self.visits = desk, Random(seed), visits
        self.outcomes = Counter()

    def run(self, count):
        names, weights = list(ACTS), list(ACTS.values())
        for _ in range(count):
            name = self.random.choices(names, weights)[0]
            self.outcomes[name, self.attempt(getattr(self, name))] += 1
        return self.outcomes

    def attempt(self, act):
        fate = self.random.random()

        def acting(ctx):
            if IS_FULL and fate < 0.03:
                self.kill_after(ctx)
            act(ctx)
            if fate > 0.9:
                raise Crash

        try:
            self.desk.do(acting)
        except Crash:
            return "crashed"
        except DBAPIError as error:
            if not error.connection_invalidated and error.orig.sqlstate not in {None, "57P01", "40P01"}:
                raise
            return "killed"
        except PolyclinicError as error:
            return "busy" if type(error).__name__ == "ConnectionLost" else "refused"
        return "done"

    def kill_after(self, ctx):
        """End this connection from another one, as the end of a worker does."""
        pid = ctx.db.execute(text("SELECT pg_backend_pid()")).scalar_one()
        database = self.desk.live.database
        with psycopg.connect(database.admin_url, dbname=database.name, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (pid,))

    def pick(self, ctx, table, *conditions):
        found = ctx.db.execute(select(table.id, table.row_version if table is Invoice else table.id).where(*conditions))
        rows = found.all()
        return self.random.choice(rows) if rows else (uuid4(), 1)

    def any_visit(self):
        return self.random.choice(self.visits)

    def complete(self, ctx):
        visit = self.any_visit()
        event = Event(uuid4(), "appointment.completed", 1, ctx.now(), uuid4(), None, "a", visit.id, None, None, {})
        draft_for_visit(ctx, event)
        draft_for_visit(ctx, event)

    def draft(self, ctx):
        draft_invoice_for_appointment(ctx, DraftForAppointment(self.any_visit().id))

    def issue(self, ctx):
        issue_invoice(ctx, IssueInvoice(*self.pick(ctx, Invoice, Invoice.status == "draft")))

    def pay(self, ctx):
        invoice_id, _ = self.pick(ctx, Invoice, Invoice.state.in_(["issued", "part_paid", "paid"]))
        method = self.random.choice([Method.CASH, Method.CARD, Method.TRANSFER])
        amount = self.random.choice([6000, 1, self.random.randint(1, 7000), 15000])
        clinic_id = self.desk.world.clinic.id
        record_payment(ctx, RecordPayment(clinic_id, method, amount, "GBP", (AllocationPart(invoice_id),)))

    def refund(self, ctx):
        payment_id, _ = self.pick(ctx, Payment)
        refund_payment(ctx, RefundPayment(payment_id, self.random.choice([6000, self.random.randint(1, 6500)]), "x"))

    def void(self, ctx):
        invoice_id, version = self.pick(ctx, Invoice, Invoice.status == "issued")
        void_invoice(ctx, VoidInvoice(invoice_id, version, "x"))

    def credit(self, ctx):
        invoice_id, version = self.pick(ctx, Invoice, Invoice.status == "issued")
        credit_invoice(ctx, CreditInvoice(invoice_id, version, "x", self.random.choice([None, None, 100, 5999])))

    def sell(self, ctx):
        offer = create_package_type(
            ctx, CreatePackageType(f"P {uuid4()}", self.random.randint(1, 5), self.random.randint(1, 30000), "GBP")
        )
        client_id = self.desk.make.own_client().id
        sell_package(ctx, SellPackage(offer.id, client_id, self.desk.world.clinic.id))

    def redeem(self, ctx):
        redeem_package(ctx, RedeemPackage(self.any_visit().id))

    def close(self, ctx):
        day = datetime.now(UTC).date() - timedelta(days=self.random.randint(0, 3))
        counted = {Method.CASH: self.random.randint(0, 20000)}
        close_day(ctx, CloseDay(self.desk.world.clinic.id, day, counted, "counted"))


def test_books_stay_right_whatever_happens(live_desk):
    share = OPERATIONS // WORKERS
    visits = [live_desk.visit() for _ in range(max(OPERATIONS // 8, 20))]
    operators = [Operator(live_desk, seed, visits) for seed in range(WORKERS)]

    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = sum(pool.map(lambda one: one.run(share), operators), Counter())

    database = live_desk.live.database
    with psycopg.connect(database.admin_url, dbname=database.name, options="-csearch_path=plugin_billing") as admin:
        wrong = {name: admin.execute(query).fetchall() for name, query in MUST_BE_EMPTY.items()}
        sides = {
            name: [admin.execute(query).fetchone()[0] or 0 for query in queries]
            for name, queries in MUST_BE_EQUAL.items()
        }
    assert {name: rows for name, rows in wrong.items() if rows} == {}
    assert {name: pair for name, pair in sides.items() if pair[0] != pair[1]} == {}
    assert {name for name, outcome in outcomes if outcome == "done"} == set(ACTS)
    fates = {outcome for _, outcome in outcomes}
    assert fates >= ({"done", "refused", "crashed", "killed"} if IS_FULL else {"done", "refused", "crashed"})
