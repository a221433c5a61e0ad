"""The past of a demo chain: an invoice for every visit that took place, paid as clients pay, with packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import AppointmentFact, ClientFact, Ctx
from polyclinic.sdk.paging import PageRequest
from polyclinic.sdk.upkeep import DemoChain
from polyclinic_billing.demo.catalogue import Catalogue
from polyclinic_billing.demo.ledger_rows import Booked, Rows
from polyclinic_billing.queries.day_closes import closed_days
from polyclinic_billing.queries.invoices import InvoiceFilter, invoices_of_appointments, list_invoices
from polyclinic_billing.queries.prices import PriceFilter, list_prices, price_of
from polyclinic_billing.queries.terms import Terms, terms_at
from polyclinic_billing.rows import LegalEntityRow, PackageTypeRow
from polyclinic_billing.rules.ledger import of_issue, of_payment, of_redemption
from polyclinic_billing.rules.packages import Balance, visit_value
from polyclinic_billing.rules.prices import Price, find_price
from polyclinic_billing.rules.tax_regimes import TaxVerdict
from polyclinic_billing.rules.taxes import Amounts, amounts_of
from polyclinic_billing.services import snapshots
from polyclinic_billing.services.numbering import take_number
from polyclinic_billing.services.taxing import Supply, tax_of
from polyclinic_billing.vocabulary import (
    EntryKind,
    InvoiceKind,
    InvoiceState,
    LineKind,
    Method,
    SeriesKind,
    TaxCategory,
    TaxPoint,
)

BACK = timedelta(days=400)
LATEST_STAYS_OPEN = 3
"""So many of the latest visits are left for the reader to check out."""
METHODS = (Method.CARD, Method.CARD, Method.CARD, Method.CASH, Method.TRANSFER)
OPEN_IN_A_HUNDRED = ((14, 12), (60, 4), (10_000, 1))
"""Up to so many days back, so many of a hundred invoices are not paid in full."""


@dataclass
class Past:
    """Writes what happened; knows what it has looked up."""

    ctx: Ctx
    chain: DemoChain
    catalogue: Catalogue
    rows: Rows = field(init=False)
    prices: Mapping[UUID, Sequence[Price]] = field(init=False)
    clients: Mapping[UUID, ClientFact] = field(default_factory=dict)
    owned: dict[tuple[UUID, UUID], tuple[UUID, Balance]] = field(default_factory=dict)
    known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = Rows(self.ctx.organisation_id, self.ctx.actor.member_id)
        found: dict[UUID, list[Price]] = {}
        for row in list_prices(self.ctx, PriceFilter(), PageRequest(2_000)).rows:
            found.setdefault(row.service_id, []).append(price_of(row))
        self.prices = found

    def write(self) -> bool:
        """Bill every attended visit that has no invoice yet, but the latest ones; tell whether there were any."""
        visits = self._visits()
        self.clients = self.ctx.core.clients.get_many(list({visit.client_id for visit in visits}))
        for visit in visits:
            self._bill(visit)
        is_billed = bool(self.rows.invoices)
        self.rows.write(self.ctx)
        return is_billed

    def _visits(self) -> list[AppointmentFact]:
        now = self.ctx.now()
        found = self.ctx.core.appointments.list(
            clinic_id=None, starts_from=now - BACK, starts_before=now, statuses=["completed"]
        )
        billed = invoices_of_appointments(self.ctx, [visit.id for visit in found])
        voided = list_invoices(self.ctx, InvoiceFilter(states=(InvoiceState.VOID,)), PageRequest(200)).rows
        done = {*billed, *(row.appointment_id for row in voided)}
        return [visit for visit in found[:-LATEST_STAYS_OPEN] if visit.id not in done]

    def _bill(self, visit: AppointmentFact) -> None:
        seller, day = self.catalogue.seller_of.get(visit.clinic_id), visit.local_start.date()
        if seller is None:
            return
        price = find_price(
            self.prices.get(visit.service_id, ()), clinic_id=visit.clinic_id, day=day, currency=seller.currency
        )
        if price is None:
            return
        self._maybe_sell(visit, seller)
        package = self.owned.get((visit.client_id, visit.service_id))
        terms, tax = self._terms(visit.clinic_id), self._tax(visit, seller)
        unit = 0 if package else price.amount_minor
        amounts = amounts_of(unit, tax.rate, terms.price_tax)
        line = {
            "kind": (LineKind.REDEEMED if package else LineKind.TREATMENT).value,
            "service_id": visit.service_id,
            "description": visit.service_name,
            "basis": price.basis.value,
            "minutes": _minutes(visit),
        }
        invoice_id = self._invoice(visit, seller, InvoiceKind.VISIT, amounts)
        self._line(invoice_id, visit, {**line, "unit_minor": unit}, amounts, tax)
        if package:
            self._redeem(visit, seller, invoice_id)
        else:
            self._pay(visit, seller, invoice_id, amounts.gross_minor)

    def _maybe_sell(self, visit: AppointmentFact, seller: LegalEntityRow) -> None:
        """Sell one in twelve clients a package with the visit at which they would need it."""
        key = (visit.client_id, visit.service_id)
        if key in self.owned or self._is_closed(visit) or self.chain.random.randrange(12):
            return
        offer = next(
            (
                one
                for one in self.catalogue.packages
                if one.service_id == visit.service_id and one.currency == seller.currency
            ),
            None,
        )
        if offer is not None:
            self._sell(visit, seller, offer)

    def _sell(self, visit: AppointmentFact, seller: LegalEntityRow, offer: PackageTypeRow) -> None:
        terms, tax = self._terms(visit.clinic_id), self._tax(visit, seller)
        amounts = amounts_of(offer.amount_minor, tax.rate, terms.price_tax)
        invoice_id = self._invoice(visit, seller, InvoiceKind.PACKAGE, amounts)
        line = {
            "kind": LineKind.PACKAGE.value,
            "service_id": None,
            "description": offer.name,
            "basis": "visit",
            "minutes": None,
        }
        self._line(invoice_id, visit, {**line, "unit_minor": offer.amount_minor}, amounts, tax)
        day = visit.local_start.date()
        balance = Balance(
            id=invoice_id,
            service_id=offer.service_id,
            visits_total=offer.visits_total,
            visits_used=0,
            value_left_minor=amounts.net_minor,
            currency=offer.currency,
            sold_on=day,
            expires_on=day + timedelta(days=364),
        )
        package_id = self.rows.add(
            self.rows.packages,
            package_type_id=offer.id,
            client_id=visit.client_id,
            sold_at_clinic_id=visit.clinic_id,
            invoice_id=invoice_id,
            service_id=offer.service_id,
            name=offer.name,
            visits_total=offer.visits_total,
            value_minor=amounts.net_minor,
            currency=offer.currency,
            tax_point=TaxPoint.SALE.value,
            sold_on=day,
            expires_on=balance.expires_on,
        )
        self.owned[visit.client_id, visit.service_id] = (package_id, balance)
        self._settle(visit, seller, invoice_id, (Method.CARD, amounts.gross_minor))

    def _redeem(self, visit: AppointmentFact, seller: LegalEntityRow, invoice_id: UUID) -> None:
        key = (visit.client_id, visit.service_id)
        package_id, balance = self.owned[key]
        value = visit_value(balance)
        redemption_id = self.rows.add(
            self.rows.redemptions,
            package_id=package_id,
            clinic_id=visit.clinic_id,
            appointment_id=visit.id,
            invoice_id=invoice_id,
            value_minor=value,
            currency=balance.currency,
            redeemed_on=visit.local_start.date(),
            redeemed_at=visit.ends_at,
            redeemed_by=self.rows.member_id,
        )
        self.rows.book(EntryKind.REDEMPTION, redemption_id, _booked(visit, seller), of_redemption(TaxPoint.SALE, value))
        rest = replace(balance, visits_used=balance.visits_used + 1, value_left_minor=balance.value_left_minor - value)
        if rest.visits_left:
            self.owned[key] = (package_id, rest)
        else:
            del self.owned[key]

    def _pay(self, visit: AppointmentFact, seller: LegalEntityRow, invoice_id: UUID, gross_minor: int) -> None:
        """Pay at the desk; some pay a part, and some nothing yet, fewer the longer ago it is.

        A visit that is billed after its day was closed stays open: no money can be booked on that day.
        """
        if self._is_closed(visit):
            return
        age = (self.chain.today - visit.local_start.date()).days
        share = next(part for days, part in OPEN_IN_A_HUNDRED if age <= days)
        method, dice = self.chain.random.choice(METHODS), self.chain.random.randrange(100)
        if dice < share:
            part = gross_minor // 2 if dice % 3 == 0 else 0
            if part:
                self._settle(visit, seller, invoice_id, (method, part))
            return
        self._settle(visit, seller, invoice_id, (method, gross_minor))

    def _settle(
        self, visit: AppointmentFact, seller: LegalEntityRow, invoice_id: UUID, paid: tuple[Method, int]
    ) -> None:
        method, minor = paid
        payment_id = self.rows.add(
            self.rows.payments,
            legal_entity_id=seller.id,
            clinic_id=visit.clinic_id,
            client_id=visit.client_id,
            method=method.value,
            amount_minor=minor,
            currency=seller.currency,
            received_on=visit.local_start.date(),
            received_at=visit.ends_at,
            received_by=self.rows.member_id,
        )
        self.rows.add(
            self.rows.allocations,
            payment_id=payment_id,
            invoice_id=invoice_id,
            clinic_id=visit.clinic_id,
            amount_minor=minor,
            booked_on=visit.local_start.date(),
            method=method.value,
        )
        self.rows.book(EntryKind.PAYMENT, payment_id, _booked(visit, seller), of_payment(method, minor))

    def _invoice(self, visit: AppointmentFact, seller: LegalEntityRow, kind: InvoiceKind, amounts: Amounts) -> UUID:
        day, is_visit = visit.local_start.date(), kind is InvoiceKind.VISIT
        invoice_id = self.rows.add(
            self.rows.invoices,
            legal_entity_id=seller.id,
            clinic_id=visit.clinic_id,
            client_id=visit.client_id,
            appointment_id=visit.id if is_visit else None,
            therapist_id=visit.therapist_id if is_visit else None,
            kind=kind.value,
            service_on=day,
            currency=seller.currency,
            net_minor=amounts.net_minor,
            tax_minor=amounts.tax_minor,
            gross_minor=amounts.gross_minor,
            created_by=self.rows.member_id,
        )
        number = take_number(self.ctx, seller, SeriesKind.INVOICE)
        printed = {
            "seller": self._once(("seller", seller.id), lambda: snapshots.of_seller(seller)),
            "clinic": self._once(("clinic", visit.clinic_id), lambda: snapshots.of_clinic(self.ctx, visit.clinic_id)),
            "client": self._client(visit.client_id),
            "therapist": self._therapist(visit, seller) if is_visit else {},
            "visit": snapshots.of_visit(visit) if is_visit else {},
        }
        due_on = day + timedelta(days=self._terms(visit.clinic_id).due_days)
        issued = {"number": number.number, "number_text": number.text, "issued_on": day, "issued_at": visit.ends_at}
        self.rows.issue(invoice_id, {**issued, "due_on": due_on, **printed})
        self.rows.book(EntryKind.ISSUE, invoice_id, _booked(visit, seller), of_issue(kind, amounts))
        return invoice_id

    def _line(
        self, invoice_id: UUID, visit: AppointmentFact, line: Mapping[str, Any], amounts: Amounts, tax: TaxVerdict
    ) -> None:
        self.rows.add(
            self.rows.lines,
            invoice_id=invoice_id,
            clinic_id=visit.clinic_id,
            position=1,
            quantity=1,
            price_tax=self._terms(visit.clinic_id).price_tax.value,
            tax_category=TaxCategory.TREATMENT.value,
            tax_rate=tax.rate,
            tax_reason=str(tax.reason),
            tax_name=tax.tax_name,
            tax_note=tax.note,
            net_minor=amounts.net_minor,
            tax_minor=amounts.tax_minor,
            gross_minor=amounts.gross_minor,
            **line,
        )

    def _is_closed(self, visit: AppointmentFact) -> bool:
        first = self.chain.today - BACK
        closed = self._once(("closed", visit.clinic_id), lambda: closed_days(self.ctx, visit.clinic_id, first))
        return visit.local_start.date() in closed

    def _terms(self, clinic_id: UUID) -> Terms:
        found: Terms = self._once(("terms", clinic_id), lambda: terms_at(self.ctx, clinic_id))
        return found

    def _supply(self, visit: AppointmentFact, seller: LegalEntityRow) -> Supply:
        return Supply(seller, visit.clinic_id, visit.local_start.date(), visit.therapist_id, visit.service_modality)

    def _tax(self, visit: AppointmentFact, seller: LegalEntityRow) -> TaxVerdict:
        key = ("tax", visit.clinic_id, visit.therapist_id, visit.service_modality)
        terms = self._terms(visit.clinic_id)
        found: TaxVerdict = self._once(
            key, lambda: tax_of(self.ctx, self._supply(visit, seller), TaxCategory.TREATMENT, terms)
        )
        return found

    def _therapist(self, visit: AppointmentFact, seller: LegalEntityRow) -> Any:
        key = ("therapist", visit.therapist_id, visit.service_modality)
        return self._once(key, lambda: snapshots.of_therapist(self.ctx, visit, self._supply(visit, seller)))

    def _client(self, client_id: UUID) -> dict[str, Any]:
        client = self.clients.get(client_id)
        if client is None:
            return {}
        born = client.birth_on.isoformat() if client.birth_on else None
        address = {name: getattr(client, name) for name in snapshots.ADDRESS}
        return {"id": str(client.id), "name": client.display_name, "birth_on": born, **address}

    def _once(self, key: Any, look: Any) -> Any:
        if key not in self.known:
            self.known[key] = look()
        return self.known[key]


def _minutes(visit: AppointmentFact) -> int:
    return int((visit.ends_at - visit.starts_at).total_seconds()) // 60


def _booked(visit: AppointmentFact, seller: LegalEntityRow) -> Booked:
    return Booked(seller.id, visit.clinic_id, seller.currency, visit.local_start.date(), visit.ends_at)
