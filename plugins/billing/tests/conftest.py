"""A billing desk: the plugin on, a seller, a priced service, and contexts as pages and REST views get them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from polyclinic.kit import clock
from polyclinic.plugins.calls import acting
from polyclinic.plugins.context import Ctx as CoreCtx
from polyclinic.sdk.context import AppointmentFact, Ctx, ServiceOfferFact
from polyclinic_billing.commands import (
    AllocationPart,
    CreateLegalEntity,
    CreatePackageType,
    DraftForAppointment,
    IssueInvoice,
    RecordPayment,
    SellPackage,
    SetPrice,
)
from polyclinic_billing.rows import InvoiceRow, LegalEntityRow, PackageRow, PaymentRow, PriceRow
from polyclinic_billing.services.drafting import draft_invoice_for_appointment
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.packages import create_package_type, sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.pricing import set_price
from polyclinic_billing.services.sellers import create_legal_entity
from polyclinic_billing.vocabulary import Method

NOW = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
TODAY = date(2026, 11, 23)
LONG_AGO = date(2020, 1, 1)


@dataclass
class Desk:
    """What the tests of services share; `ctx` acts as the chain's administrator."""

    ctx: Ctx
    make: Any
    world: Any
    service: ServiceOfferFact
    seller: LegalEntityRow
    price: PriceRow

    def visit(self, status: str = "completed", **ids: UUID) -> AppointmentFact:
        """Make an appointment of the priced service."""
        return self.make.appointment(status=status, **({"service_id": self.service.id} | ids))

    def draft(self, **ids: UUID) -> InvoiceRow:
        """Draft the invoice of a new visit."""
        return draft_invoice_for_appointment(self.ctx, DraftForAppointment(self.visit(**ids).id))

    def issue(self, **ids: UUID) -> InvoiceRow:
        """Issue the invoice of a new visit: 60.00 GBP."""
        draft = self.draft(**ids)
        return issue_invoice(self.ctx, IssueInvoice(draft.id, draft.row_version))

    def pay(self, invoice: InvoiceRow, amount: int = 6000, **known: Any) -> PaymentRow:
        """Pay an invoice in cash."""
        parts = (AllocationPart(invoice.id),)
        command = {"method": Method.CASH, "currency": "GBP", "allocations": parts, "clinic_id": invoice.clinic_id}
        return record_payment(self.ctx, RecordPayment(**(command | {"amount_minor": amount} | known)))

    def sell(self, visits: int = 3, amount: int = 15000, **known: Any) -> PackageRow:
        """Sell a package to the client of all visits."""
        name = f"Package {self.ctx.now().timestamp()}-{visits}-{amount}-{len(known)}"
        offer = create_package_type(self.ctx, CreatePackageType(name, visits, amount, "GBP", **known))
        client = self.make.own_client()
        return sell_package(self.ctx, SellPackage(offer.id, client.id, self.world.clinic.id))


@pytest.fixture
def as_role(app: Any, enable: Any, actor: Callable[..., Any]) -> Iterator[Callable[..., Ctx]]:
    """Return a maker of contexts: a role at the first clinic, or a ready actor."""
    enable("billing")
    with ExitStack() as stack:

        def make_ctx(who: Any = "chain_administrator", clinic_id: UUID | None = None) -> Ctx:
            known = actor(who) if isinstance(who, str) else who
            return stack.enter_context(acting(CoreCtx(known, clinic_id), "billing"))

        yield make_ctx


@pytest.fixture
def desk(as_role: Callable[..., Ctx], make: Any, world: Any) -> Iterator[Desk]:
    """Return a desk at a fixed time, with a seller in GBP and a service for 60.00 GBP at all clinics."""
    with clock.frozen(NOW):
        ctx = as_role()
        service = make.service("Neuromuscular massage", minutes=60)
        seller = create_legal_entity(ctx, CreateLegalEntity("Harbour Ltd", "GBP", "INV-", country="GB"))
        price = set_price(ctx, SetPrice(service.id, None, 6000, "GBP", LONG_AGO))
        yield Desk(ctx, make, world, service, seller, price)
        # What the database compares at commit is compared here, because tests never commit.
        ctx.db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the clock for a block."""
    with clock.frozen(moment):
        yield
