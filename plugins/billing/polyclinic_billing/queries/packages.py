"""Reads of packages on offer, sold and redeemed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.paging import Page, PageRequest
from polyclinic_billing.models.catalogue import PackageType
from polyclinic_billing.models.payments import Package, PackageRedemption
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one, newest_first
from polyclinic_billing.rows import PackageRow, PackageTypeRow, RedemptionRow
from polyclinic_billing.rules.packages import Balance, fitting

_TYPES = select(*columns_of(PackageType, PackageTypeRow)).where(
    PackageType.organisation_id == bindparam("organisation_id")
)
_TYPE_LIST = _TYPES.where(PackageType.archived_at.is_(None)).order_by(PackageType.name, PackageType.id)
_TYPE = _TYPES.where(PackageType.id == bindparam("package_type_id"))
_PACKAGES = select(*columns_of(Package, PackageRow)).where(Package.organisation_id == bindparam("organisation_id"))
_PACKAGE = _PACKAGES.where(Package.id == bindparam("package_id"))
_OF_CLIENTS = _PACKAGES.where(Package.client_id.in_(bindparam("ids", expanding=True))).order_by(
    Package.expires_on.asc().nulls_last(), Package.sold_on, Package.id
)
_REDEMPTIONS = select(*columns_of(PackageRedemption, RedemptionRow)).where(
    PackageRedemption.organisation_id == bindparam("organisation_id"),
    PackageRedemption.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
)
_OF_PACKAGES = _REDEMPTIONS.where(PackageRedemption.package_id.in_(bindparam("ids", expanding=True))).order_by(
    PackageRedemption.id
)
_OF_INVOICES = _REDEMPTIONS.where(
    PackageRedemption.invoice_id.in_(bindparam("ids", expanding=True)), PackageRedemption.undone_at.is_(None)
)


def list_package_types(ctx: Ctx) -> Sequence[PackageTypeRow]:
    """Return the packages on offer by name."""
    scope.require(ctx, scope.PACKAGES_READ)
    return fetch(ctx, _TYPE_LIST, PackageTypeRow, {})


def get_package_type(ctx: Ctx, package_type_id: UUID) -> PackageTypeRow:
    """Return a package on offer, archived or not; raises `NotFound`."""
    scope.require(ctx, scope.PACKAGES_READ)
    found = fetch_one(ctx, _TYPE, PackageTypeRow, {"package_type_id": package_type_id})
    if found is None:
        raise NotFound("package")
    return found


def list_packages(ctx: Ctx, page: PageRequest, *, client_id: UUID | None = None) -> Page[PackageRow]:
    """Return sold packages, newest first: they are good at every clinic, so everybody who may see any sees all."""
    scope.require(ctx, scope.PACKAGES_READ)
    statement = _PACKAGES if client_id is None else _PACKAGES.where(Package.client_id == client_id)
    return newest_first(ctx, statement, PackageRow, Package.id, page)


def get_package(ctx: Ctx, package_id: UUID) -> PackageRow:
    """Return a sold package; raises `NotFound`."""
    scope.require(ctx, scope.PACKAGES_READ)
    found = fetch_one(ctx, _PACKAGE, PackageRow, {"package_id": package_id})
    if found is None:
        raise NotFound("package")
    return found


def packages_of_clients(ctx: Ctx, client_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[PackageRow]]:
    """Return the packages of each client, what expires first in front."""
    scope.require(ctx, scope.PACKAGES_READ)
    found: dict[UUID, list[PackageRow]] = {}
    for row in fetch(ctx, _OF_CLIENTS, PackageRow, {"ids": list(client_ids)}):
        found.setdefault(row.client_id, []).append(row)  # type: ignore[arg-type]
    return found


def redeemable_packages(ctx: Ctx, client_id: UUID, service_id: UUID, day: date, currency: str) -> Sequence[PackageRow]:
    """Return the packages that can pay for a visit, in the order in which they should."""
    rows = {row.id: row for row in packages_of_clients(ctx, [client_id]).get(client_id, ())}
    return [rows[one.id] for one in fitting([balance_of(row) for row in rows.values()], service_id, day, currency)]


def redemptions_of_packages(ctx: Ctx, package_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[RedemptionRow]]:
    """Return the redeemed visits of each package at the actor's clinics, oldest first."""
    found: dict[UUID, list[RedemptionRow]] = {}
    values = {"ids": list(package_ids), "clinic_ids": list(scope.clinics_with(ctx, scope.PACKAGES_READ))}
    for row in fetch(ctx, _OF_PACKAGES, RedemptionRow, values):
        found.setdefault(row.package_id, []).append(row)
    return found


def redemptions_of_invoices(ctx: Ctx, invoice_ids: Sequence[UUID]) -> Mapping[UUID, RedemptionRow]:
    """Return the package visit that pays for each invoice, where one does."""
    values = {"ids": list(invoice_ids), "clinic_ids": list(ctx.actor.clinic_ids)}
    return {row.invoice_id: row for row in fetch(ctx, _OF_INVOICES, RedemptionRow, values)}


def balance_of(row: PackageRow) -> Balance:
    """Return what is left of a package, as the rules see it."""
    return Balance(
        row.id,
        row.service_id,
        row.visits_total,
        row.visits_used,
        row.value_left_minor,
        row.currency,
        row.sold_on,
        row.expires_on,
        is_closed=row.closed_at is not None,
    )
