"""Packages on offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.pages import NamedForm, form_arguments, load_form, redirect, render, toast
from polyclinic_billing.commands import ArchivePackageType, CreatePackageType
from polyclinic_billing.pages.forms import PackageForm
from polyclinic_billing.pages.site import attempt, blank, pages, row_version
from polyclinic_billing.pages.words import CATEGORIES
from polyclinic_billing.queries import packages, scope, sellers
from polyclinic_billing.queries.package_counts import list_all_types, sold_by_type
from polyclinic_billing.rows import PackageTypeRow
from polyclinic_billing.rules.currencies import checked_currency, minor_of
from polyclinic_billing.services.packages import archive_package_type, create_package_type


@dataclass(frozen=True)
class TypeView:
    """A package on offer."""

    id: UUID
    row_version: int
    name: str
    service_name: str
    visits_total: int
    amount_minor: int
    currency: str
    valid: str
    sold: int
    is_archived: bool


@dataclass(frozen=True)
class PackagesView:
    """The page of packages on offer."""

    rows: Sequence[TypeView]
    services: Sequence[tuple[str, str]]
    categories: Sequence[tuple[str, str]]
    can_write: bool


@pages.get("/packages", permission=scope.PACKAGES_READ)
def show_packages(ctx: Ctx) -> Any:
    """Show the packages on offer."""
    return _page(ctx)


@pages.post("/packages", permission=scope.SETTINGS_WRITE)
def post_package(ctx: Ctx) -> Any:
    """Put a package on offer."""
    data, state = load_form(PackageForm)
    if data is not None:
        failed = attempt(ctx, lambda: create_package_type(ctx, _command(data)), state)
        if failed is None:
            toast(f"{data['name']} is on offer.")
            return redirect("packages")
        state = failed
    return _page(ctx, NamedForm("package", state)), 422


@pages.post("/packages/<uuid:package_type_id>/archive", permission=scope.SETTINGS_WRITE)
def post_archive(ctx: Ctx, package_type_id: UUID) -> Any:
    """Take a package off the offer, or put it back."""
    found = packages.get_package_type(ctx, package_type_id)
    typed = form_arguments()
    is_archived = typed.get("is_archived") != "false"
    command = ArchivePackageType(found.id, row_version(typed), is_archived)
    failed = attempt(ctx, lambda: archive_package_type(ctx, command))
    if failed is not None:
        return _page(ctx, whole=failed.errors), 422
    toast(f"{found.name} is off the offer." if is_archived else f"{found.name} is on offer again.")
    return redirect("packages")


def valid_words(months: int | None) -> str:
    """Return for how long a package is good."""
    if months is None:
        return "without end"
    return "1 month" if months == 1 else f"{months} months"


def _command(data: Mapping[str, Any]) -> CreatePackageType:
    currency = checked_currency(data["currency"])
    rest = {name: data[name] for name in ("name", "visits_total", "service_id", "valid_months", "tax_category")}
    return CreatePackageType(**rest, amount_minor=minor_of(data["amount"], currency), currency=currency)


def _page(ctx: Ctx, form: NamedForm | None = None, *, whole: Mapping[str, str] | None = None) -> Any:
    types = list_all_types(ctx)
    sold = sold_by_type(ctx)
    offered = ctx.core.services.list()
    names = {service.id: service.name for service in offered}
    missing = [row.service_id for row in types if row.service_id and row.service_id not in names]
    names |= {found.id: found.name for found in ctx.core.services.get_many(missing).values()} if missing else {}
    view = PackagesView(
        rows=[_type(row, names, sold.get(row.id, 0)) for row in types],
        services=[(str(service.id), service.name) for service in offered],
        categories=[(category.value, label) for category, label in CATEGORIES.items()],
        can_write=ctx.can(scope.SETTINGS_WRITE),
    )
    return render("billing/packages.html", view=view, form=form or _blank(ctx), whole=whole or {})


def _blank(ctx: Ctx) -> NamedForm:
    seller = sellers.seller_of_clinic(ctx, next(iter(ctx.actor.clinic_ids)))
    return blank("package", currency=seller.currency if seller else "", tax_category="treatment", visits_total=10)


def _type(row: PackageTypeRow, names: Mapping[UUID, str], sold: int) -> TypeView:
    return TypeView(
        id=row.id,
        row_version=row.row_version,
        name=row.name,
        service_name=names.get(row.service_id, "-") if row.service_id else "any service",
        visits_total=row.visits_total,
        amount_minor=row.amount_minor,
        currency=row.currency,
        valid=valid_words(row.valid_months),
        sold=sold,
        is_archived=row.archived_at is not None,
    )
