"""Who sells in a demo chain, what it costs, which packages there are; made once, through the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from polyclinic.sdk.context import ClinicFact, Ctx, ServiceOfferFact
from polyclinic.sdk.paging import PageRequest
from polyclinic.sdk.upkeep import DemoChain
from polyclinic_billing.commands import AssignClinic, CreateLegalEntity, CreatePackageType, SetPrice
from polyclinic_billing.queries.packages import list_package_types
from polyclinic_billing.queries.prices import PriceFilter, list_prices
from polyclinic_billing.queries.sellers import list_legal_entities
from polyclinic_billing.rows import LegalEntityRow, PackageTypeRow
from polyclinic_billing.services.packages import create_package_type
from polyclinic_billing.services.pricing import set_price
from polyclinic_billing.services.sellers import assign_clinic, create_legal_entity
from polyclinic_billing.vocabulary import Basis, TaxCategory


@dataclass(frozen=True)
class Country:
    """What a seller of a country looks like; `hour_minor` is what an hour of massage costs there."""

    currency: str
    suffix: str
    tax_number: str
    hour_minor: int
    region: str = ""


COUNTRIES: Mapping[str, Country] = {
    "GB": Country("GBP", "Ltd", "GB 412 0987 65", 6200),
    "IE": Country("EUR", "Teoranta", "IE 3456789 WH", 7000),
    "CA": Country("CAD", "Inc.", "812345678 RT0001", 11500, "BC"),
    "US": Country("USD", "LLC", "82-1234567", 9800),
    "AU": Country("AUD", "Pty Ltd", "51 824 753 556", 10800),
    "DE": Country("EUR", "GmbH", "DE 123 456 789", 7400),
}
ELSEWHERE = Country("EUR", "", "", 7000)
FIRST_DAY = date(2024, 1, 1)
PACKAGE_VISITS = 5
SHARE_OF_PACKAGE = 90
"""Per cent of five single prices."""


@dataclass(frozen=True)
class Catalogue:
    """What the chain sells, for whom."""

    seller_of: Mapping[UUID, LegalEntityRow]
    services: Mapping[UUID, ServiceOfferFact]
    packages: Sequence[PackageTypeRow]


def make_catalogue(ctx: Ctx, chain: DemoChain) -> Catalogue:
    """Return what is on sale, made where it is missing."""
    clinics = [clinic for clinic in ctx.core.clinics.list() if not clinic.is_archived]
    sellers = {row.number_prefix: row for row in list_legal_entities(ctx)}
    chosen = {}
    for clinic in clinics:
        prefix = _prefix(clinic)
        if prefix not in sellers:
            sellers[prefix] = create_legal_entity(ctx, _seller(ctx, chain, clinic))
        chosen[clinic.id] = sellers[prefix]
        if not sellers[prefix].is_default and clinic.id not in sellers[prefix].clinic_ids:
            assign_clinic(ctx, AssignClinic(clinic.id, sellers[prefix].id))
    services = ctx.core.services.list()
    countries = {country_of(clinic) for clinic in clinics}
    if not list_prices(ctx, PriceFilter(), PageRequest(1)).rows:
        _set_prices(ctx, chain, services, sorted(countries, key=lambda country: country.currency))
    packages = list_package_types(ctx) or _offer_packages(ctx, chain, services, {c.currency: c for c in countries})
    return Catalogue(chosen, {service.id: service for service in services}, packages)


def country_of(clinic: ClinicFact) -> Country:
    """Return what is usual where a clinic is."""
    return COUNTRIES.get(clinic.country, ELSEWHERE)


def amount_of(country: Country, service: ServiceOfferFact) -> int:
    """Return a believable price: by the minute, whole units, a little more for what needs a registration."""
    minor = country.hour_minor * service.duration_minutes // 60 + (800 if service.modality else 0)
    return -(-minor // 100) * 100


def _prefix(clinic: ClinicFact) -> str:
    return f"{clinic.country or 'X'}-"


def _seller(ctx: Ctx, chain: DemoChain, clinic: ClinicFact) -> CreateLegalEntity:
    country = country_of(clinic)
    name = " ".join(part for part in (chain.label or ctx.core.organisation().name, country.suffix) if part)
    return CreateLegalEntity(
        name=name,
        currency=country.currency,
        number_prefix=_prefix(clinic),
        street=clinic.street,
        postal_code=clinic.postal_code,
        city=clinic.city,
        country=clinic.country,
        region=country.region,
        phone=clinic.phone,
        email=clinic.email,
        tax_number=chain.label or country.tax_number,
        payment_details=f"{chain.label} Please transfer within 14 days and name the invoice's number.".strip(),
        tax_registered_on=FIRST_DAY if country.tax_number else None,
    )


def _set_prices(ctx: Ctx, chain: DemoChain, services: Sequence[ServiceOfferFact], countries: Sequence[Country]) -> None:
    """Set today's prices and those of next January: one for each currency, at all clinics."""
    january = date(chain.today.year + 1, 1, 1)
    for service in services:
        for country in {one.currency: one for one in countries}.values():
            amount = amount_of(country, service)
            basis = Basis.VISIT
            set_price(ctx, SetPrice(service.id, None, amount, country.currency, FIRST_DAY, january, basis))
            raised = amount + max(amount // 2000 * 100, 100)
            set_price(ctx, SetPrice(service.id, None, raised, country.currency, january, basis=basis))


def _offer_packages(
    ctx: Ctx, chain: DemoChain, services: Sequence[ServiceOfferFact], countries: Mapping[str, Country]
) -> list[PackageTypeRow]:
    """Offer five visits of each hour-long service, in every currency."""
    made = []
    for service in [one for one in services if one.duration_minutes in {45, 60}]:
        for currency, country in countries.items():
            name = f"{chain.label} Five times {service.name}".strip()
            command = CreatePackageType(
                name=name if len(countries) == 1 else f"{name}, {currency}",
                visits_total=PACKAGE_VISITS,
                amount_minor=amount_of(country, service) * PACKAGE_VISITS * SHARE_OF_PACKAGE // 100,
                currency=currency,
                service_id=service.id,
                valid_months=12,
                tax_category=TaxCategory.TREATMENT,
            )
            made.append(create_package_type(ctx, command))
    return made
