"""Packages: put on offer, and sold with an invoice of their own."""

from __future__ import annotations

import calendar
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid, NotFound, Stale
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import ArchivePackageType, CreatePackageType, SellPackage
from polyclinic_billing.models.catalogue import PackageType
from polyclinic_billing.models.invoices import Invoice
from polyclinic_billing.models.payments import Package
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.queries.day_closes import NO_SELLER
from polyclinic_billing.queries.statements import columns_of, fetch_one
from polyclinic_billing.queries.terms import terms_at
from polyclinic_billing.rows import InvoiceRow, LegalEntityRow, PackageRow, PackageTypeRow
from polyclinic_billing.rules.currencies import checked_currency
from polyclinic_billing.rules.prices import check_amount
from polyclinic_billing.rules.tax_regimes import ZERO, TaxVerdict
from polyclinic_billing.services.acting import Act, announce, audit, member_of, today_at
from polyclinic_billing.services.issuing import issue_held
from polyclinic_billing.services.lines import NewLine, add_up, write_line
from polyclinic_billing.services.locking import again
from polyclinic_billing.services.taxing import Supply, tax_of
from polyclinic_billing.vocabulary import InvoiceKind, LineKind, TaxCategory, TaxPoint, TaxReason

TAXED_LATER = "Taxed when its visits are redeemed."

_TYPE = select(*columns_of(PackageType, PackageTypeRow)).where(
    PackageType.organisation_id == bindparam("organisation_id"), PackageType.id == bindparam("package_type_id")
)
_PACKAGE = select(*columns_of(Package, PackageRow)).where(
    Package.organisation_id == bindparam("organisation_id"), Package.id == bindparam("package_id")
)


def create_package_type(ctx: Ctx, command: CreatePackageType) -> PackageTypeRow:
    """Put a package on offer; raises `Invalid` for wrong numbers, `Conflict` for a name that is taken."""
    scope.require(ctx, scope.SETTINGS_WRITE)
    currency = checked_currency(command.currency)
    check_amount(command.amount_minor)
    if not command.name.strip() or len(command.name) > 120:
        raise Invalid({"name": "Give a name of 1 to 120 characters, for example Ten massages."})
    if not 1 <= command.visits_total <= 500:
        raise Invalid({"visits_total": "A package holds 1 to 500 visits."})
    if command.valid_months is not None and not 1 <= command.valid_months <= 240:
        raise Invalid({"valid_months": "A package lasts 1 to 240 months; leave it out for one without end."})
    if command.service_id and command.service_id not in ctx.core.services.get_many([command.service_id]):
        raise NotFound("service")
    type_id = new_id()
    values = {name: getattr(command, name) for name in CreatePackageType.__dataclass_fields__}
    values |= {"name": command.name.strip(), "currency": currency, "tax_category": command.tax_category.value}
    try:
        with ctx.db.begin_nested():
            ctx.db.execute(insert(PackageType).values(organisation_id=ctx.organisation_id, id=type_id, **values))
    except IntegrityError as error:
        raise Conflict("Another package has this name. Choose another one.", code="name_taken") from error
    audit(ctx, "package_type_created", Act("package_type", type_id))
    return _known_type(ctx, type_id)


def archive_package_type(ctx: Ctx, command: ArchivePackageType) -> PackageTypeRow:
    """Take a package off the offer, or put it back; sold ones stay as they are. Raises `Stale`, `NotFound`."""
    scope.require(ctx, scope.SETTINGS_WRITE)
    current = _known_type(ctx, command.package_type_id)
    if current.row_version != command.row_version:
        raise Stale("The package changed since you opened it.", row_version=current.row_version, current=current)
    ctx.db.execute(
        update(PackageType)
        .where(PackageType.organisation_id == ctx.organisation_id, PackageType.id == current.id)
        .values(
            archived_at=ctx.now() if command.is_archived else None,
            row_version=PackageType.row_version + 1,
            updated_at=ctx.now(),
        )
    )
    action = "package_type_archived" if command.is_archived else "package_type_restored"
    audit(ctx, action, Act("package_type", current.id))
    return _known_type(ctx, current.id)


def sell_package(ctx: Ctx, command: SellPackage) -> PackageRow:
    """Sell a package: its invoice is issued at once and can be paid like any other.

    With `package_id` a repeat answers with the package sold before. Raises `Conflict` before anybody sells there and
    for another currency than the seller's, `NotFound`, `NotAllowed`.
    """
    scope.require_at(ctx, scope.PACKAGES_WRITE, command.clinic_id)
    known = _find(ctx, command.package_id) if command.package_id else None
    if known is not None:
        return known
    offer, seller = _offer(ctx, command)
    client = ctx.core.clients.get_many([command.client_id]).get(command.client_id)
    if client is None:
        raise NotFound("client")
    invoice = _issue(ctx, command, offer, seller, client.id)
    today = today_at(ctx, command.clinic_id)
    package_id = command.package_id or new_id()
    ctx.db.execute(
        insert(Package).values(
            organisation_id=ctx.organisation_id,
            id=package_id,
            package_type_id=offer.id,
            client_id=client.id,
            sold_at_clinic_id=command.clinic_id,
            invoice_id=invoice.id,
            service_id=offer.service_id,
            name=offer.name,
            visits_total=offer.visits_total,
            value_minor=invoice.net_minor,
            currency=seller.currency,
            tax_point=terms_at(ctx, command.clinic_id).package_tax_point.value,
            sold_on=today,
            expires_on=months_later(today, offer.valid_months) if offer.valid_months else None,
        )
    )
    act = Act("package", package_id, command.clinic_id, {"invoice_id": str(invoice.id)})
    audit(ctx, "package_sold", act)
    announce(ctx, "billing.package_sold", act, on=today, client_id=client.id, invoice_id=invoice.id)
    return known_package(ctx, package_id)


def known_package(ctx: Ctx, package_id: UUID) -> PackageRow:
    """Return a package, for services that have checked the actor; raises `NotFound`."""
    found = _find(ctx, package_id)
    if found is None:
        raise NotFound("package")
    return found


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _offer(ctx: Ctx, command: SellPackage) -> tuple[PackageTypeRow, LegalEntityRow]:
    offer = _known_type(ctx, command.package_type_id)
    if offer.archived_at is not None:
        raise Conflict("This package is no longer on offer. Choose another one.", code="package_archived")
    seller = sellers.seller_of_clinic(ctx, command.clinic_id)
    if seller is None:
        raise Conflict(NO_SELLER, code="no_legal_entity")
    if offer.currency != seller.currency:
        raise Conflict(
            f"This package is priced in {offer.currency}, {seller.name} sells in {seller.currency}.",
            code="other_currency",
        )
    return offer, seller


def _issue(
    ctx: Ctx, command: SellPackage, offer: PackageTypeRow, seller: LegalEntityRow, client_id: UUID
) -> InvoiceRow:
    invoice_id, terms, today = new_id(), terms_at(ctx, command.clinic_id), today_at(ctx, command.clinic_id)
    ctx.db.execute(
        insert(Invoice).values(
            organisation_id=ctx.organisation_id,
            id=invoice_id,
            legal_entity_id=seller.id,
            clinic_id=command.clinic_id,
            client_id=client_id,
            kind=InvoiceKind.PACKAGE.value,
            service_on=today,
            currency=seller.currency,
            created_by=member_of(ctx),
        )
    )
    category = TaxCategory(offer.tax_category)
    tax = TaxVerdict(ZERO, TaxReason.NOT_TAXED, note=TAXED_LATER)
    if terms.package_tax_point is TaxPoint.SALE:
        tax = tax_of(ctx, Supply(seller, command.clinic_id, today), category, terms)
    words = f"{offer.name}, {offer.visits_total} visits"
    line = NewLine(LineKind.PACKAGE, words, offer.amount_minor, tax, category, terms.price_tax)
    write_line(ctx, again(ctx, invoice_id), line, position=1)
    add_up(ctx, invoice_id)
    return issue_held(ctx, again(ctx, invoice_id))


def _known_type(ctx: Ctx, type_id: UUID) -> PackageTypeRow:
    found = fetch_one(ctx, _TYPE, PackageTypeRow, {"package_type_id": type_id})
    if found is None:
        raise NotFound("package")
    return found


def _find(ctx: Ctx, package_id: UUID) -> PackageRow | None:
    return fetch_one(ctx, _PACKAGE, PackageRow, {"package_id": package_id})
