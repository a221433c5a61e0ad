"""Reads of prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.paging import Page, PageRequest
from polyclinic_billing.models.catalogue import Price as PriceTable
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.sellers import seller_of_clinic
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one, newest_first
from polyclinic_billing.rows import PriceRow
from polyclinic_billing.rules.prices import Price, find_price
from polyclinic_billing.vocabulary import Basis

_PRICES = select(*columns_of(PriceTable, PriceRow)).where(PriceTable.organisation_id == bindparam("organisation_id"))
_ONE = _PRICES.where(PriceTable.id == bindparam("price_id"))
_OF_SERVICE = _PRICES.where(
    PriceTable.service_id == bindparam("service_id"),
    or_(PriceTable.clinic_id.is_(None), PriceTable.clinic_id == bindparam("clinic_id")),
    PriceTable.valid_from <= bindparam("day"),
    or_(PriceTable.valid_until.is_(None), PriceTable.valid_until > bindparam("day")),
)


@dataclass(frozen=True)
class PriceFilter:
    """Which prices a list shows; `clinic_id` also shows the prices of all clinics, `on` those of a day."""

    service_id: UUID | None = None
    clinic_id: UUID | None = None
    on: date | None = None


def list_prices(ctx: Ctx, wanted: PriceFilter, page: PageRequest) -> Page[PriceRow]:
    """Return prices, newest first."""
    clinics = scope.clinics_with(ctx, scope.PRICES_READ, wanted.clinic_id)
    statement = _PRICES.where(or_(PriceTable.clinic_id.is_(None), PriceTable.clinic_id.in_(clinics)))
    if wanted.service_id is not None:
        statement = statement.where(PriceTable.service_id == wanted.service_id)
    if wanted.on is not None:
        ends = or_(PriceTable.valid_until.is_(None), PriceTable.valid_until > wanted.on)
        statement = statement.where(PriceTable.valid_from <= wanted.on, ends)
    return newest_first(ctx, statement, PriceRow, PriceTable.id, page)


def get_price(ctx: Ctx, price_id: UUID) -> PriceRow:
    """Return one price; raises `NotFound`."""
    scope.require(ctx, scope.PRICES_READ)
    found = fetch_one(ctx, _ONE, PriceRow, {"price_id": price_id})
    if found is None or (found.clinic_id and found.clinic_id not in ctx.actor.clinics_with(scope.PRICES_READ)):
        raise NotFound("price")
    return found


def known_price(ctx: Ctx, price_id: UUID) -> PriceRow:
    """Return a price for a service that checks the actor itself; raises `NotFound` outside of the actor's clinics."""
    found = fetch_one(ctx, _ONE, PriceRow, {"price_id": price_id})
    if found is None or (found.clinic_id is not None and found.clinic_id not in ctx.actor.clinic_ids):
        raise NotFound("price")
    return found


def find_price_for(ctx: Ctx, service_id: UUID, clinic_id: UUID, day: date) -> Price | None:
    """Return what a service costs at a clinic on a day, in the seller's currency; None where it has no price."""
    seller = seller_of_clinic(ctx, clinic_id)
    if seller is None:
        return None
    values = {"service_id": service_id, "clinic_id": clinic_id, "day": day}
    prices = [price_of(row) for row in fetch(ctx, _OF_SERVICE, PriceRow, values)]
    return find_price(prices, clinic_id=clinic_id, day=day, currency=seller.currency)


def price_of(row: PriceRow) -> Price:
    """Return the price that a row holds."""
    return Price(
        row.id,
        row.service_id,
        row.clinic_id,
        row.amount_minor,
        row.currency,
        Basis(row.basis),
        row.valid_from,
        row.valid_until,
    )
