"""Prices: set from a day on, ended, never changed in place."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, FieldError, Invalid, NotFound, Stale
from polyclinic.sdk.settings import Entity
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import EndPrice, SetPrice
from polyclinic_billing.models.catalogue import Price
from polyclinic_billing.queries import prices, scope
from polyclinic_billing.rows import PriceRow
from polyclinic_billing.rules.currencies import checked_currency
from polyclinic_billing.rules.prices import check_amount, check_validity
from polyclinic_billing.services.acting import Act, audit, violated
from polyclinic_billing.vocabulary import Basis

OVERLAP = "ex_price_no_overlap"
OVERLAPS = "Another price of this service holds on some of these days. End it first, or start after it ends."


def set_price(ctx: Ctx, command: SetPrice) -> PriceRow:
    """Give a service a price at a clinic, or at all; raises `Invalid` for a wrong amount, currency or overlapping days.

    A price of all clinics needs `billing.settings:write`, because it reaches beyond the actor's clinics.
    """
    _require(ctx, command.clinic_id)
    currency = checked_currency(command.currency)
    check_amount(command.amount_minor)
    if command.service_id not in ctx.core.services.get_many([command.service_id]):
        raise NotFound("service")
    valid_until = _replace(ctx, command, currency) if command.replaces else command.valid_until
    check_validity(command.valid_from, valid_until)
    price_id = new_id()
    row = {
        "organisation_id": ctx.organisation_id,
        "id": price_id,
        "service_id": command.service_id,
        "clinic_id": command.clinic_id,
        "amount_minor": command.amount_minor,
        "currency": currency,
        "basis": (command.basis or _basis_of(ctx, command.service_id)).value,
        "valid_from": command.valid_from,
        "valid_until": valid_until,
    }
    try:
        with ctx.db.begin_nested():
            ctx.db.execute(insert(Price).values(row))
    except IntegrityError as error:
        if violated(error) != OVERLAP:
            raise
        raise Invalid([FieldError("/valid_from", OVERLAPS, "overlap")]) from error
    audit(ctx, "price_set", Act("price", price_id, command.clinic_id, {"service_id": str(command.service_id)}))
    return prices.known_price(ctx, price_id)


def end_price(ctx: Ctx, command: EndPrice) -> PriceRow | None:
    """End a price, and return it; one that has not begun by then is removed (None). Raises `Stale`, `Invalid`."""
    current = prices.known_price(ctx, command.price_id)
    _require(ctx, current.clinic_id)
    if current.row_version != command.row_version:
        raise Stale("The price changed since you opened it.", row_version=current.row_version, current=current)
    audit(ctx, "price_ended", Act("price", current.id, current.clinic_id))
    if command.valid_until <= current.valid_from:
        if current.valid_from <= ctx.now().date():
            raise Invalid({"valid_until": "The price has begun. End it on a later day; invoices may have used it."})
        ctx.db.execute(delete(Price).where(Price.organisation_id == ctx.organisation_id, Price.id == current.id))
        return None
    _end(ctx, current.id, command.valid_until)
    return prices.known_price(ctx, current.id)


def _require(ctx: Ctx, clinic_id: UUID | None) -> None:
    if clinic_id is None:
        scope.require(ctx, scope.PRICES_WRITE)
        scope.require(ctx, scope.SETTINGS_WRITE)
    else:
        scope.require_at(ctx, scope.PRICES_WRITE, clinic_id)


def _basis_of(ctx: Ctx, service_id: UUID) -> Basis:
    known = ctx.core.extensions.get_many(Entity.SERVICE, [service_id]).get(service_id, {})
    return Basis(known.get("basis") or Basis.VISIT)


def _replace(ctx: Ctx, command: SetPrice, currency: str) -> date | None:
    """End the price that holds on the first day, and return the day on which it would have ended."""
    holding = ctx.db.execute(
        select(Price.id, Price.valid_from, Price.valid_until).where(
            Price.organisation_id == ctx.organisation_id,
            Price.service_id == command.service_id,
            Price.clinic_id.is_not_distinct_from(command.clinic_id),
            Price.currency == currency,
            Price.valid_from < command.valid_from,
            Price.valid_until.is_(None) | (Price.valid_until > command.valid_from),
        )
    ).first()
    if holding is None:
        return command.valid_until
    _end(ctx, holding.id, command.valid_from)
    until: date | None = holding.valid_until
    return command.valid_until or until


def _end(ctx: Ctx, price_id: UUID, valid_until: date) -> None:
    try:
        with ctx.db.begin_nested():
            ctx.db.execute(
                update(Price)
                .where(Price.organisation_id == ctx.organisation_id, Price.id == price_id)
                .values(valid_until=valid_until, row_version=Price.row_version + 1, updated_at=ctx.now())
            )
    except IntegrityError as error:
        raise Conflict(OVERLAPS, code="overlap") from error
