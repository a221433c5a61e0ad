"""Who sells, what costs how much, how it is taxed, which packages are on offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from polyclinic.sdk.api import Page, PageRequest
from polyclinic.sdk.context import Ctx
from polyclinic_billing.api.routes import BASE, routes
from polyclinic_billing.commands import (
    ArchivePackageType,
    AssignClinic,
    CreateLegalEntity,
    CreatePackageType,
    EndPrice,
    SetPrice,
    UpdateLegalEntity,
)
from polyclinic_billing.queries import packages, prices, scope, sellers
from polyclinic_billing.rows import LegalEntityRow, PackageTypeRow, PriceRow
from polyclinic_billing.rules.tax_regimes import REGIMES, Regime
from polyclinic_billing.schemas import catalogue as schemas
from polyclinic_billing.services import packages as packaging
from polyclinic_billing.services import pricing
from polyclinic_billing.services import sellers as selling


@routes.get("/taxes", permission=scope.PRICES_READ, response=schemas.RegimeSchema)
def list_taxes(_ctx: Ctx) -> Sequence[Regime]:
    """List how countries tax massage, as far as it is known here."""
    return list(REGIMES.values())


@routes.get("/legal-entities", permission=scope.SETTINGS_READ, response=schemas.LegalEntitySchema)
def list_legal_entities(ctx: Ctx) -> Sequence[LegalEntityRow]:
    """List the sellers."""
    return sellers.list_legal_entities(ctx)


@routes.post(
    "/legal-entities",
    permission=scope.SETTINGS_WRITE,
    body=schemas.CreateLegalEntitySchema,
    response=schemas.LegalEntitySchema,
    status=201,
    location=lambda row: f"{BASE}/legal-entities/{row.id}",
)
def create_legal_entity(ctx: Ctx, body: CreateLegalEntity) -> LegalEntityRow:
    """Add a seller; the first one is the default."""
    return selling.create_legal_entity(ctx, body)


@routes.get(
    "/legal-entities/<uuid:legal_entity_id>", permission=scope.SETTINGS_READ, response=schemas.LegalEntitySchema
)
def show_legal_entity(ctx: Ctx, legal_entity_id: UUID) -> LegalEntityRow:
    """Show a seller."""
    return sellers.get_legal_entity(ctx, legal_entity_id)


@routes.patch(
    "/legal-entities/<uuid:legal_entity_id>",
    permission=scope.SETTINGS_WRITE,
    body=schemas.LegalEntityFieldsSchema,
    response=schemas.LegalEntitySchema,
)
def update_legal_entity(ctx: Ctx, legal_entity_id: UUID, body: dict[str, Any], row_version: int) -> LegalEntityRow:
    """Change a seller; issued invoices keep what they say."""
    return selling.update_legal_entity(ctx, UpdateLegalEntity(legal_entity_id, row_version, body))


@routes.post(
    "/legal-entities/<uuid:legal_entity_id>/clinics",
    permission=scope.SETTINGS_WRITE,
    body=schemas.AssignClinicSchema,
    response=schemas.LegalEntitySchema,
)
def assign_clinic(ctx: Ctx, legal_entity_id: UUID, body: dict[str, Any]) -> LegalEntityRow:
    """Let a clinic sell in this seller's name."""
    selling.assign_clinic(ctx, AssignClinic(body["clinic_id"], legal_entity_id))
    return sellers.get_legal_entity(ctx, legal_entity_id)


@routes.get(
    "/prices",
    permission=scope.PRICES_READ,
    query=schemas.PriceQuerySchema,
    response=schemas.PriceSchema,
    paged=True,
)
def list_prices(ctx: Ctx, query: dict[str, Any], page: PageRequest) -> Page[PriceRow]:
    """List prices, newest first."""
    return prices.list_prices(ctx, prices.PriceFilter(**query), page)


@routes.post(
    "/prices",
    permission=scope.PRICES_WRITE,
    body=schemas.SetPriceSchema,
    response=schemas.PriceSchema,
    status=201,
    location=lambda row: f"{BASE}/prices/{row.id}",
)
def set_price(ctx: Ctx, body: SetPrice) -> PriceRow:
    """Give a service a price from a day on."""
    return pricing.set_price(ctx, body)


@routes.get("/prices/<uuid:price_id>", permission=scope.PRICES_READ, response=schemas.PriceSchema)
def show_price(ctx: Ctx, price_id: UUID) -> PriceRow:
    """Show a price."""
    return prices.get_price(ctx, price_id)


@routes.post(
    "/prices/<uuid:price_id>/end",
    permission=scope.PRICES_WRITE,
    body=schemas.EndPriceSchema,
    response=schemas.PriceSchema,
    if_match=True,
)
def end_price(ctx: Ctx, price_id: UUID, body: dict[str, Any], row_version: int) -> PriceRow:
    """End a price; one that ends before it begins is removed."""
    current = prices.get_price(ctx, price_id)
    ended = pricing.end_price(ctx, EndPrice(price_id, row_version, body["valid_until"]))
    return ended or replace(current, valid_until=current.valid_from)


@routes.get("/package-types", permission=scope.PACKAGES_READ, response=schemas.PackageTypeSchema)
def list_package_types(ctx: Ctx) -> Sequence[PackageTypeRow]:
    """List the packages on offer."""
    return packages.list_package_types(ctx)


@routes.post(
    "/package-types",
    permission=scope.SETTINGS_WRITE,
    body=schemas.CreatePackageTypeSchema,
    response=schemas.PackageTypeSchema,
    status=201,
    location=lambda row: f"{BASE}/package-types/{row.id}",
)
def create_package_type(ctx: Ctx, body: CreatePackageType) -> PackageTypeRow:
    """Put a package on offer."""
    return packaging.create_package_type(ctx, body)


@routes.get("/package-types/<uuid:package_type_id>", permission=scope.PACKAGES_READ, response=schemas.PackageTypeSchema)
def show_package_type(ctx: Ctx, package_type_id: UUID) -> PackageTypeRow:
    """Show a package on offer."""
    return packages.get_package_type(ctx, package_type_id)


@routes.post(
    "/package-types/<uuid:package_type_id>/archive",
    permission=scope.SETTINGS_WRITE,
    response=schemas.PackageTypeSchema,
    if_match=True,
)
def archive_package_type(ctx: Ctx, package_type_id: UUID, row_version: int) -> PackageTypeRow:
    """Take a package off the offer; sold ones stay."""
    return packaging.archive_package_type(ctx, ArchivePackageType(package_type_id, row_version))
