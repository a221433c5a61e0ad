"""All packages that were ever on offer, and how often each was sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic_billing.models.catalogue import PackageType
from polyclinic_billing.models.payments import Package
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import columns_of, fetch
from polyclinic_billing.rows import PackageTypeRow

_TYPES = (
    select(*columns_of(PackageType, PackageTypeRow))
    .where(PackageType.organisation_id == bindparam("organisation_id"))
    .order_by(PackageType.archived_at.is_not(None), PackageType.name, PackageType.id)
)
_SOLD = (
    select(Package.package_type_id, func.count())
    .where(Package.organisation_id == bindparam("organisation_id"))
    .group_by(Package.package_type_id)
)


def list_all_types(ctx: Ctx) -> Sequence[PackageTypeRow]:
    """Return the packages on offer by name, then those that are off the offer."""
    scope.require(ctx, scope.PACKAGES_READ)
    return fetch(ctx, _TYPES, PackageTypeRow, {})


def sold_by_type(ctx: Ctx) -> Mapping[UUID, int]:
    """Return how many of each package were sold, at all clinics."""
    scope.require(ctx, scope.PACKAGES_READ)
    found = ctx.db.execute(_SOLD, {"organisation_id": ctx.organisation_id})
    return {type_id: int(count) for type_id, count in found}
