"""A billing desk: the plugin on, a seller, a priced service, and acts done as pages and REST views do them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from polyclinic.identity.commands import CreateApiKey
from polyclinic.identity.services.api_keys import mint_api_key
from polyclinic.kit import clock
from polyclinic.kit.db import make_session_factory
from polyclinic.plugins.calls import acting
from polyclinic.plugins.commands import EnablePlugin, PutSettings
from polyclinic.plugins.context import Ctx as CoreCtx
from polyclinic.plugins.services import enable_plugin
from polyclinic.plugins.setting_services import put_settings
from polyclinic.testing.anchors import Factories
from polyclinic.testing.authoring import acting as actor_of
from polyclinic.testing.clients import RestClient
from polyclinic.testing.plugin import in_organisation, open_live
from polyclinic_billing.commands import (
    AllocationPart,
    CreateLegalEntity,
    CreatePackageType,
    DraftForAppointment,
    IssueInvoice,
    RecordPayment,
    RedeemPackage,
    SellPackage,
    SetPrice,
)
from polyclinic_billing.queries.invoices import get_invoice
from polyclinic_billing.services.drafting import draft_invoice_for_appointment
from polyclinic_billing.services.issuing import issue_invoice
from polyclinic_billing.services.packages import create_package_type, sell_package
from polyclinic_billing.services.paying import record_payment
from polyclinic_billing.services.pricing import set_price
from polyclinic_billing.services.redeeming import redeem_package
from polyclinic_billing.services.sellers import create_legal_entity
from polyclinic_billing.settings import ClinicSettings
from polyclinic_billing.vocabulary import Method

NOW = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
TODAY = date(2026, 11, 23)
LONG_AGO = date(2020, 1, 1)


@dataclass
class Desk:
    """Does billing's acts in contexts of their own; core's things are made between them."""

    open: Callable[..., Any]
    make: Any
    world: Any
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    service: Any = None
    seller: Any = None

    def do(self, act: Callable[..., Any], *arguments: Any, role: str = "chain_administrator", **named: Any) -> Any:
        """Do something as a role; what the database compares at commit is compared at once."""
        with self.open("billing", role=role) as ctx:
            done = act(ctx, *arguments, **named)
            ctx.db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            ctx.db.execute(text("SET CONSTRAINTS ALL DEFERRED"))
            return done

    def visit(self, status: str = "completed", **ids: Any) -> Any:
        """Make an appointment of the priced service."""
        return self.make.appointment(status=status, **({"service_id": self.service.id} | ids))

    def draft(self, visit: Any = None) -> Any:
        """Draft the invoice of a visit."""
        return self.do(draft_invoice_for_appointment, DraftForAppointment((visit or self.visit()).id))

    def issue(self, draft: Any = None) -> Any:
        """Issue a draft, by default of a new visit: 60.00 GBP."""
        known = draft or self.draft()
        return self.do(issue_invoice, IssueInvoice(known.id, known.row_version))

    def pay(self, invoice: Any, amount: int = 6000, **known: Any) -> Any:
        """Pay an invoice in cash."""
        parts = (AllocationPart(invoice.id),)
        values = {"method": Method.CASH, "currency": "GBP", "allocations": parts, "clinic_id": invoice.clinic_id}
        return self.do(record_payment, RecordPayment(**(values | {"amount_minor": amount} | known)))

    def sell(self, visits: int = 3, amount: int = 15000, *, client_id: UUID | None = None, **known: Any) -> Any:
        """Sell a package, by default to the client of all visits."""
        name = f"Package {next(self.numbers)}"
        offer = self.do(create_package_type, CreatePackageType(name, visits, amount, "GBP", **known))
        client = client_id or self.make.own_client().id
        return self.do(sell_package, SellPackage(offer.id, client, self.world.clinic.id))

    def redeem(self, visit: Any = None, package_id: UUID | None = None) -> Any:
        """Pay for a visit with a package."""
        return self.do(redeem_package, RedeemPackage((visit or self.visit()).id, package_id))

    def now(self, invoice: Any) -> Any:
        """Return an invoice as it stands now."""
        return self.do(get_invoice, invoice.id)


@pytest.fixture
def bare_desk(enable: Any, ctx: Any, make: Any, world: Any) -> Iterator[Desk]:
    """Return a desk at a fixed time at which nobody sells yet."""
    with clock.frozen(NOW):
        enable("billing")
        yield Desk(ctx, make, world)


@pytest.fixture
def desk(bare_desk: Desk) -> Desk:
    """Return a desk with a seller in GBP and a service for 60.00 GBP at all clinics."""
    made = bare_desk
    made.service = made.make.service("Neuromuscular massage", minutes=60)
    made.seller = made.do(create_legal_entity, CreateLegalEntity("Harbour Ltd", "GBP", "INV-", country="GB"))
    made.do(set_price, SetPrice(made.service.id, None, 6000, "GBP", LONG_AGO))
    return made


@pytest.fixture
def settings(desk: Desk) -> Callable[..., None]:
    """Return the function that sets billing's settings of the organisation, and of its first clinic."""
    clinic_names = set(ClinicSettings().fields)

    def put(**values: Any) -> None:
        for clinic_id, chosen in (
            (desk.world.clinic.id, {name: value for name, value in values.items() if name in clinic_names}),
            (None, {name: value for name, value in values.items() if name not in clinic_names}),
        ):
            if chosen:
                put_settings(desk.world.actor(), PutSettings("billing", clinic_id, 0, chosen))

    return put


@dataclass
class LiveDesk(Desk):
    """A desk on a database of its own: every act is a transaction that really commits."""

    live: Any = None
    factory: Any = None
    actors: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Run a transaction of the organisation that core's services use."""
        with in_organisation(self.factory, self.world) as current:
            yield current

    def do(self, act: Callable[..., Any], *arguments: Any, role: str = "chain_administrator", **named: Any) -> Any:
        """Do something as a role and commit it."""
        with self.transaction(), acting(CoreCtx(self.actors[role], None, "billing"), "billing") as ctx:
            return act(ctx, *arguments, **named)

    def visit(self, status: str = "completed", **ids: Any) -> Any:
        """Make and commit an appointment of the priced service."""
        with self.transaction():
            return super().visit(status, **ids)

    def http(self, role: str = "chain_administrator") -> RestClient:
        """Return a client of the application with a key that may do all of billing."""
        person = self.world.people[role]
        wanted = tuple(sorted(self.actors[role].grants))
        with self.transaction():
            token = mint_api_key(self.actors[role], person.member.id, CreateApiKey("billing", wanted)).token
        return RestClient(self.live.app, token)


@pytest.fixture(scope="module")
def live_desk(admin_url: str) -> Iterator[LiveDesk]:
    """Return a desk whose acts commit, with a seller in GBP and a service of 30 minutes for 60.00 GBP.

    The tests of a module share it, because putting an application together takes longer than most of them.
    """
    with open_live(admin_url, pool_size=24, pool_timeout=30) as live:
        factory = make_session_factory(live.engine)
        yield _furnished(LiveDesk(None, Factories(live.world), live.world, live=live, factory=factory))


def _furnished(desk: LiveDesk) -> LiveDesk:
    with desk.transaction():
        registry = desk.live.app.extensions["polyclinic_plugins"].registry
        enable_plugin(desk.world.actor(), EnablePlugin("billing"), registry=registry)
        desk.actors = {role: actor_of(desk.world, role) for role in desk.world.people}
        desk.service = desk.make.service("Neuromuscular massage", minutes=30)
        desk.make.own_client()
        desk.make.own_therapist()
    desk.seller = desk.do(create_legal_entity, CreateLegalEntity("Harbour Ltd", "GBP", "INV-", country="GB"))
    desk.do(set_price, SetPrice(desk.service.id, None, 6000, "GBP", LONG_AGO))
    return desk
