"""Weeks of two clinics filled by chance with billing's own acts, each done at a moment of its own.

The clinics stand in different zones, whose clocks change within these weeks. One of them changes its seller, and with
it the currency, from time to time. What is refused is left out, as at a real desk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from polyclinic.kit import clock
from polyclinic.plugins.extension_queries import Thing
from polyclinic.plugins.extension_services import put_extension
from polyclinic.sdk.errors import PolyclinicError
from polyclinic.sdk.events import Event
from polyclinic.sdk.settings import Entity
from polyclinic.testing.authoring import acting
from polyclinic_billing.commands import (
    AddLine,
    AllocationPart,
    AssignClinic,
    CloseDay,
    CreateLegalEntity,
    CreatePackageType,
    CreditInvoice,
    DiscardDraft,
    IssueInvoice,
    RecordPayment,
    RedeemPackage,
    RefundPayment,
    SellPackage,
    SetPrice,
    UpdateLegalEntity,
    VoidInvoice,
)
from polyclinic_billing.handlers import charge_no_show, draft_for_visit
from polyclinic_billing.models.catalogue import LegalEntity
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.models.payments import Payment
from polyclinic_billing.queries.day_closes import till_of
from polyclinic_billing.queries.sellers import seller_of_clinic
from polyclinic_billing.services.closing import close_day
from polyclinic_billing.services.crediting import credit_invoice
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.lines import add_line, discard_draft
from polyclinic_billing.services.packages import create_package_type, sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.pricing import set_price
from polyclinic_billing.services.redeeming import redeem_package
from polyclinic_billing.services.refunding import refund_payment
from polyclinic_billing.services.sellers import assign_clinic, create_legal_entity, update_legal_entity
from polyclinic_billing.services.voiding import void_invoice
from polyclinic_billing.vocabulary import TILL_METHODS, Method, TaxCategory

FIRST, LAST = date(2026, 10, 12), date(2026, 11, 14)
"""The clocks go back in London on 25 October, in New York on 1 November."""
LONG_AGO = date(2020, 1, 1)
ACTS = {
    "see": 26,
    "issue": 20,
    "pay": 22,
    "redeem": 12,
    "close": 8,
    "sell": 7,
    "refund": 7,
    "void": 7,
    "credit": 7,
    "charge_more": 5,
    "set_terms": 4,
    "reprice": 3,
    "change_seller": 2,
    "register": 2,
    "discard": 1,
}
"""What is done, and how often among the others."""


class Weeks:
    """Does acts at a desk; the same seed does the same ones."""

    def __init__(self, desk: Any, db: Session, configure: Callable[..., None], seed: int) -> None:
        self.desk, self.make, self.db, self.configure = desk, desk.make, db, configure
        self.random = Random(f"billing {seed}")
        self.at = datetime.combine(FIRST, time(), UTC)
        self.done: Counter[str] = Counter()
        self.clinics = [clinic.id for clinic in desk.world.clinics]
        self.zones = {clinic.id: ZoneInfo(clinic.time_zone) for clinic in desk.world.clinics}

    def fill(self, acts: int) -> None:
        """Furnish the desk, then do so many acts in the order of their moments."""
        with clock.frozen(self.at):
            self._furnish()
        quarters = (LAST - FIRST).days * 96
        names = ["see"] * 8 + self.random.choices(list(ACTS), list(ACTS.values()), k=acts - 8)
        for quarter, name in zip(sorted(self.random.choices(range(quarters), k=acts)), names, strict=True):
            self.at = datetime.combine(FIRST, time(), UTC) + timedelta(minutes=15 * quarter)
            with clock.frozen(self.at), suppress(PolyclinicError), self.db.begin_nested():
                getattr(self, name)()
                self.done[name] += 1

    def _furnish(self) -> None:
        there = self.clinics[1]
        self.clients = [self.make.client(name, clinic_id=self.random.choice(self.clinics)).id for name in "ABCD"]
        self.services = [self.make.service(f"Massage {minutes}", minutes=minutes) for minutes in (30, 60)]
        self.therapists = {
            clinic_id: [self.make.therapist(clinic_id=clinic_id).id for _ in range(2)] for clinic_id in self.clinics
        }
        for therapist_ids in self.therapists.values():
            thing = Thing(Entity.THERAPIST, therapist_ids[0])
            known = {"tax_number": "T 1", "tax_registered_on": "2026-10-20"}
            put_extension(acting(self.desk.world, "chain_administrator"), thing, "billing", row_version=0, values=known)
        self.seller = self.desk.do(create_legal_entity, CreateLegalEntity("Here Ltd", "GBP", "INV-", country="GB"))
        self.other = self.desk.do(create_legal_entity, CreateLegalEntity("There Inc", "USD", "US-", country="US"))
        for service in self.services:
            self.desk.do(set_price, SetPrice(service.id, None, 100 * service.duration_minutes, "GBP", LONG_AGO))
            self.desk.do(set_price, SetPrice(service.id, there, 130 * service.duration_minutes, "USD", LONG_AGO))
        self.set_terms()

    # Acts

    def see(self) -> None:
        """A client comes, or does not; billing hears of it."""
        clinic_id, status = self._clinic(), self.random.choice(("completed",) * 7 + ("no_show",))
        visit = self.make.appointment(
            status=status,
            starts_at=self.at - timedelta(minutes=90),
            clinic_id=clinic_id,
            client_id=self.random.choice(self.clients),
            therapist_id=self.random.choice(self.therapists[clinic_id]),
            service_id=self.random.choice(self.services).id,
        )
        ids = (uuid4(), f"appointment.{status}", 1, self.at, uuid4(), clinic_id, "appointment", visit.id)
        self.desk.do(draft_for_visit if status == "completed" else charge_no_show, Event(*ids, None, None, {}))

    def issue(self) -> None:
        """Issue a draft."""
        draft = self._invoice(Invoice.status == "draft")
        self.desk.do(issue_invoice, IssueInvoice(draft.id, draft.row_version))

    def charge_more(self) -> None:
        """Put something on a draft that is taxed otherwise than its treatment."""
        draft, minor = self._invoice(Invoice.status == "draft"), self.random.randint(1, 2000)
        category = self.random.choice(list(TaxCategory))
        self.desk.do(add_line, AddLine(draft.id, draft.row_version, "Tape", minor, 2, category))

    def discard(self) -> None:
        """Discard a draft."""
        draft = self._invoice(Invoice.status == "draft")
        self.desk.do(discard_draft, DiscardDraft(draft.id, draft.row_version))

    def pay(self) -> None:
        """Pay up to three invoices in full or in part, now and then at the other clinic, or on a day before."""
        first = self._invoice(Invoice.state.in_(("issued", "part_paid")))
        same = self._all(Invoice, Invoice.status == "issued", Invoice.legal_entity_id == first.legal_entity_id)
        others = [row for row in same if row.id != first.id and _open(row) > 0]
        chosen = [first, *self.random.sample(others, min(len(others), self.random.choice((0, 0, 1, 2))))]
        total = sum(map(_open, chosen))
        clinic_id = self.random.choice((first.clinic_id, first.clinic_id, *self.clinics))
        command = RecordPayment(
            clinic_id,
            self.random.choice(TILL_METHODS),
            self.random.choice((total, total, self.random.randint(1, total))),
            first.currency,
            [AllocationPart(row.id) for row in chosen],
            self.random.choice((None, None, self._today(clinic_id) - timedelta(days=2))),
            reference=self.random.choice(("", "slip")),
        )
        self.desk.do(record_payment, command)

    def refund(self) -> None:
        """Give money back, the same way or another."""
        payment = self._pick(Payment, Payment.method != Method.PACKAGE.value)
        amount = self.random.randint(1, max(payment.amount_minor - payment.refunded_minor, 1))
        method, day = self.random.choice((None, *TILL_METHODS)), self._today(payment.clinic_id)
        when = self.random.choice((None, None, day - timedelta(days=1)))
        self.desk.do(refund_payment, RefundPayment(payment.id, amount, "Sorry", method, when))

    def void(self) -> None:
        """Void an invoice, mostly one that nobody paid."""
        is_unpaid = (Invoice.paid_minor == 0,) if self.random.random() < 0.6 else ()
        invoice = self._invoice(Invoice.status == "issued", *is_unpaid)
        self.desk.do(void_invoice, VoidInvoice(invoice.id, invoice.row_version, "Wrong"))

    def credit(self) -> None:
        """Credit an invoice, in whole or in part."""
        invoice = self._invoice(Invoice.status == "issued")
        amount = self.random.choice((None, self.random.randint(1, max(invoice.gross_minor, 1))))
        self.desk.do(credit_invoice, CreditInvoice(invoice.id, invoice.row_version, "Late", amount))

    def sell(self) -> None:
        """Sell a package."""
        clinic_id, visits = self._clinic(), self.random.randint(1, 4)
        currency = self.desk.do(seller_of_clinic, clinic_id).currency
        offer = CreatePackageType(f"Package {self.at}", visits, self.random.randint(1000, 30000), currency)
        type_id = self.desk.do(create_package_type, offer).id
        self.desk.do(sell_package, SellPackage(type_id, self.random.choice(self.clients), clinic_id))

    def redeem(self) -> None:
        """Pay for a visit with a package, wherever that was sold."""
        draft = self._invoice(Invoice.status == "draft", Invoice.kind == "visit")
        self.desk.do(redeem_package, RedeemPackage(draft.appointment_id))

    def close(self) -> None:
        """Close a day, now and then with too much or too little in the till."""
        clinic_id = self._clinic()
        day = self._today(clinic_id) - timedelta(days=self.random.randrange(3))
        should = {Method(row.method): row.expected_minor for row in self.desk.do(till_of, clinic_id, day).counts}
        counted = {method: max(minor + self.random.choice((0, 0, -50, 120)), 0) for method, minor in should.items()}
        self.desk.do(close_day, CloseDay(clinic_id, day, counted, "Counted twice"))

    def reprice(self) -> None:
        """Change a price from today on."""
        where, currency = self.random.choice(((None, "GBP"), (self.clinics[0], "GBP"), (self.clinics[1], "USD")))
        day, amount = self._today(self.clinics[0]), self.random.randint(2000, 9000)
        service_id = self.random.choice(self.services).id
        self.desk.do(set_price, SetPrice(service_id, where, amount, currency, day, replaces=True))

    def change_seller(self) -> None:
        """Let the second clinic sell in another name and currency, or in the first one's again."""
        self.desk.do(assign_clinic, AssignClinic(self.clinics[1], self.random.choice((None, self.other.id))))

    def register(self) -> None:
        """Register a seller for the tax, or take it back."""
        seller = self._pick(LegalEntity)
        since = self.random.choice((None, LONG_AGO, FIRST + timedelta(days=14)))
        changes = {"tax_registered_on": since}
        self.desk.do(update_legal_entity, UpdateLegalEntity(seller.id, seller.row_version, changes))

    def set_terms(self) -> None:
        """Change how it is charged, taxed and counted."""
        choose = self.random.choice
        self.configure(
            "billing",
            price_tax=choose(("inclusive", "exclusive")),
            due_days=choose((0, 7, 14)),
            fee_policy="percent",
            package_tax_point=choose(("sale", "redemption")),
        )
        rate = choose(({}, {"tax_rate": "8.875"}))
        self.configure("billing", clinic_id=self._clinic(), till_float=choose(("0", "50")), **rate)

    # Choices

    def _clinic(self) -> UUID:
        return self.random.choice(self.clinics)

    def _today(self, clinic_id: UUID) -> date:
        return self.at.astimezone(self.zones[clinic_id]).date()

    def _all(self, model: Any, *conditions: Any) -> list[Any]:
        statement = select(*model.__table__.c).where(*conditions).order_by(model.id)
        found: list[Any] = self.desk.do(lambda ctx: ctx.db.execute(statement).all())
        return found

    def _pick(self, model: Any, *conditions: Any) -> Any:
        found = self._all(model, *conditions)
        if not found:
            raise NothingThere("Nothing is there yet.")
        return self.random.choice(found)

    def _invoice(self, *conditions: Any) -> Any:
        return self._pick(Invoice, *conditions)


class NothingThere(PolyclinicError):
    """There is nothing yet that this act could be about."""


def _open(invoice: Any) -> int:
    return int(invoice.gross_minor - invoice.paid_minor - invoice.credited_minor)
