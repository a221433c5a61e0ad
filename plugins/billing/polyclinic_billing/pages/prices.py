"""Prices of services: what holds today where, what holds from a day on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import ClinicFact, Ctx, ServiceOfferFact
from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.pages import FormState, NamedForm, load_form, redirect, render, toast
from polyclinic.sdk.paging import PageRequest
from polyclinic_billing.commands import EndPrice, SetPrice
from polyclinic_billing.pages.forms import EndForm, PriceForm
from polyclinic_billing.pages.site import HOME, attempt, blank, pages
from polyclinic_billing.pages.words import Chip, day, money, span
from polyclinic_billing.queries import prices, scope, sellers
from polyclinic_billing.queries.prices import PriceFilter, price_of
from polyclinic_billing.rows import PriceRow
from polyclinic_billing.rules.currencies import checked_currency, minor_of
from polyclinic_billing.rules.prices import find_price
from polyclinic_billing.services.acting import today_at
from polyclinic_billing.services.pricing import end_price, set_price
from polyclinic_billing.vocabulary import Basis

MOST = 2_000
BASES = [(Basis.VISIT.value, "For the visit"), (Basis.MINUTE.value, "For each minute")]
EVERYWHERE = "All clinics"


@dataclass(frozen=True)
class ServiceView:
    """A service in the list of prices."""

    name: str
    url: str
    minutes: int
    amounts: Sequence[str]
    valid: str
    next: str


@dataclass(frozen=True)
class ListView:
    """The page of all prices."""

    rows: Sequence[ServiceView]
    meta: str
    sees_sellers: bool


@dataclass(frozen=True)
class TodayView:
    """What the service costs today at a clinic."""

    clinic_name: str
    amount: str
    source: str


@dataclass(frozen=True)
class PriceView:
    """One price."""

    id: UUID
    row_version: int
    clinic_name: str
    amount: str
    valid: str
    chip: Chip
    can_end: bool
    end_value: str = ""
    end_error: str = ""


@dataclass(frozen=True)
class PageView:
    """The page of one service's prices."""

    service_id: UUID
    name: str
    meta: str
    today: Sequence[TodayView]
    rows: Sequence[PriceView]
    clinics: Sequence[tuple[str, str]]
    bases: Sequence[tuple[str, str]]
    can_write: bool

    @property
    def here(self) -> str:
        """The page's address."""
        return f"{HOME}/prices/{self.service_id}"


@pages.get("/prices", permission=scope.PRICES_READ)
def show_prices(ctx: Ctx) -> Any:
    """Show every service with what it costs today."""
    known: dict[UUID, list[PriceRow]] = {}
    for row in prices.list_prices(ctx, PriceFilter(clinic_id=ctx.clinic_id), PageRequest(MOST)).rows:
        known.setdefault(row.service_id, []).append(row)
    today = ctx.now().date()
    rows = [_service(service, known.get(service.id, []), today) for service in ctx.core.services.list()]
    unpriced = sum(not row.amounts for row in rows)
    meta = f"{unpriced} without a price today" if unpriced else "Every service has a price today"
    view = ListView(rows, meta if rows else "", sees_sellers=ctx.can(scope.SETTINGS_READ))
    return render("billing/prices.html", view=view)


@pages.get("/prices/<uuid:service_id>", permission=scope.PRICES_READ)
def show_price(ctx: Ctx, service_id: UUID) -> Any:
    """Show the prices of one service."""
    return _page(ctx, service_id)


@pages.post("/prices/<uuid:service_id>", permission=scope.PRICES_WRITE)
def post_price(ctx: Ctx, service_id: UUID) -> Any:
    """Give the service a price from a day on."""
    data, state = load_form(PriceForm)
    if data is not None:
        failed = attempt(ctx, lambda: set_price(ctx, _command(service_id, data)), state)
        if failed is None:
            toast(f"The price holds from {day(data['valid_from'])} on.")
            return redirect(f"prices/{service_id}")
        state = failed
    return _page(ctx, service_id, NamedForm("price", state)), 422


@pages.post("/prices/<uuid:service_id>/<uuid:price_id>/end", permission=scope.PRICES_WRITE)
def post_end(ctx: Ctx, service_id: UUID, price_id: UUID) -> Any:
    """End a price."""
    if prices.get_price(ctx, price_id).service_id != service_id:
        raise NotFound("price")
    data, state = load_form(EndForm)
    if data is not None:
        command = EndPrice(price_id, data["row_version"], data["valid_until"])
        failed = attempt(ctx, lambda: end_price(ctx, command), state)
        if failed is None:
            toast(f"The price ends before {day(command.valid_until)}.")
            return redirect(f"prices/{service_id}")
        state = failed
    return _page(ctx, service_id, ended=(price_id, state)), 422


def today_views(ctx: Ctx, rows: Sequence[PriceRow], clinics: Iterable[ClinicFact]) -> list[TodayView]:
    """Return what a service costs today at each clinic, and where its price comes from."""
    found = []
    for clinic in clinics:
        seller = sellers.seller_of_clinic(ctx, clinic.id)
        if seller is None:
            found.append(TodayView(clinic.name, "", "Nobody sells there yet"))
            continue
        price = find_price(
            [price_of(row) for row in rows],
            clinic_id=clinic.id,
            day=today_at(ctx, clinic.id),
            currency=seller.currency,
        )
        row = next((row for row in rows if price is not None and row.id == price.id), None)
        source = "" if row is None else "All clinics" if row.clinic_id is None else "Its own price"
        found.append(
            TodayView(clinic.name, amount_words(row) if row else "", source or f"No price in {seller.currency}")
        )
    return found


def amount_words(row: PriceRow) -> str:
    """Return a price with what it is paid for."""
    each = " a minute" if row.basis == Basis.MINUTE else ""
    return money(row.amount_minor, row.currency) + each


def rows_of_service(ctx: Ctx, service_id: UUID) -> Sequence[PriceRow]:
    """Return all prices of a service that the reader sees, newest first."""
    return prices.list_prices(ctx, PriceFilter(service_id=service_id), PageRequest(MOST)).rows


def _command(service_id: UUID, data: Mapping[str, Any]) -> SetPrice:
    currency = checked_currency(data["currency"])
    return SetPrice(
        service_id=service_id,
        clinic_id=data["clinic_id"],
        amount_minor=minor_of(data["amount"], currency),
        currency=currency,
        valid_from=data["valid_from"],
        valid_until=data["valid_until"],
        basis=data["basis"],
        replaces=data["replaces"],
    )


def _service(service: ServiceOfferFact, rows: Sequence[PriceRow], today: date) -> ServiceView:
    holding = [row for row in rows if price_of(row).holds_on(today)]
    later = sorted((row for row in rows if row.valid_from > today), key=lambda row: row.valid_from)
    shared = [row for row in holding if row.clinic_id is None]
    own = len({row.clinic_id for row in holding if row.clinic_id is not None})
    amounts = [amount_words(row) for row in sorted(shared or holding, key=lambda row: row.currency)]
    valid = "; ".join(sorted({span(row.valid_from, row.valid_until) for row in shared or holding}))
    aside = f"{own} of the clinics have their own" if own > 1 else "1 clinic has its own" if own else ""
    return ServiceView(
        name=service.name,
        url=f"{HOME}/prices/{service.id}",
        minutes=service.duration_minutes,
        amounts=amounts,
        valid=". ".join(part for part in (valid, aside) if part) or "-",
        next=f"{amount_words(later[0])} from {day(later[0].valid_from)}" if later else "",
    )


def _page(
    ctx: Ctx, service_id: UUID, form: NamedForm | None = None, *, ended: tuple[UUID, FormState] | None = None
) -> Any:
    service = ctx.core.services.get_many([service_id]).get(service_id)
    if service is None:
        raise NotFound("service")
    rows = rows_of_service(ctx, service_id)
    clinics = [clinic for clinic in ctx.core.clinics.list() if not clinic.is_archived]
    writable = set(ctx.actor.clinics_with(scope.PRICES_WRITE))
    view = PageView(
        service_id=service_id,
        name=service.name,
        meta=f"{service.duration_minutes} minutes",
        today=today_views(ctx, rows, clinics),
        rows=[_price(ctx, row, {clinic.id: clinic.name for clinic in clinics}, ended) for row in rows],
        clinics=[(str(clinic.id), clinic.name) for clinic in clinics if clinic.id in writable],
        bases=BASES,
        can_write=bool(writable),
    )
    whole = {f"end-{ended[0]}": message for message in ended[1].errors.values()} if ended else {}
    return render("billing/price.html", view=view, form=form or _blank(ctx, rows), whole=whole)


def _blank(ctx: Ctx, rows: Sequence[PriceRow]) -> NamedForm:
    seller = sellers.seller_of_clinic(ctx, next(iter(ctx.actor.clinic_ids)))
    currency = rows[0].currency if rows else seller.currency if seller else ""
    today = ctx.now().date().isoformat()
    only = "" if ctx.can(scope.SETTINGS_WRITE) else next(iter(ctx.actor.clinics_with(scope.PRICES_WRITE)), "")
    return blank(
        "price", currency=currency, basis=Basis.VISIT.value, valid_from=today, clinic_id=only, replaces=bool(rows)
    )


def _price(ctx: Ctx, row: PriceRow, names: Mapping[UUID, str], ended: tuple[UUID, FormState] | None) -> PriceView:
    today = ctx.now().date()
    failed = ended[1] if ended and ended[0] == row.id else FormState()
    may_write = (
        ctx.can(scope.SETTINGS_WRITE) if row.clinic_id is None else ctx.actor.can(scope.PRICES_WRITE, row.clinic_id)
    )
    is_over = row.valid_until is not None and row.valid_until <= today
    chip = Chip("Over") if is_over else Chip("To come", "info") if row.valid_from > today else Chip("Holds", "good")
    return PriceView(
        id=row.id,
        row_version=row.row_version,
        clinic_name=EVERYWHERE if row.clinic_id is None else names.get(row.clinic_id, "-"),
        amount=amount_words(row),
        valid=span(row.valid_from, row.valid_until),
        chip=chip,
        can_end=may_write and not is_over,
        end_value=str(failed.value("valid_until", "")),
        end_error=next(iter(failed.errors.values()), ""),
    )
