"""Sellers: the legal entities whose name and numbers stand on invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.pages import FormState, NamedForm, form_arguments, load_form, redirect, render, toast
from polyclinic_billing.commands import AssignClinic, CreateLegalEntity, UpdateLegalEntity
from polyclinic_billing.pages.forms import NewSellerForm, SellerForm
from polyclinic_billing.pages.site import HOME, attempt, blank, chosen_id, pages
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.rows import LegalEntityRow
from polyclinic_billing.services.sellers import assign_clinic, create_legal_entity, update_legal_entity

STORED = (
    *("name", "street", "postal_code", "city", "country", "region", "phone", "email"),
    *("tax_number", "payment_details", "tax_registered_on", "is_default"),
)


@dataclass(frozen=True)
class SellerRowView:
    """A seller in the list."""

    name: str
    url: str
    country: str
    currency: str
    number_prefix: str
    tax_number: str
    clinics: str
    is_default: bool


@dataclass(frozen=True)
class ListView:
    """The page of all sellers."""

    rows: Sequence[SellerRowView]
    can_write: bool


@dataclass(frozen=True)
class ClinicView:
    """A clinic and who sells there."""

    id: UUID
    name: str
    seller_name: str
    can_assign: bool
    can_release: bool


@dataclass(frozen=True)
class SellerView:
    """The page of one seller, or of a new one."""

    title: str
    here: str
    row_version: int
    is_new: bool
    is_default: bool
    clinics: Sequence[ClinicView]


@pages.get("/sellers", permission=scope.SETTINGS_READ)
def show_sellers(ctx: Ctx) -> Any:
    """Show all sellers."""
    names = {clinic.id: clinic.name for clinic in ctx.core.clinics.list()}
    rows = [_row(row, names) for row in sellers.list_legal_entities(ctx)]
    return render("billing/sellers.html", view=ListView(rows, ctx.can(scope.SETTINGS_WRITE)))


@pages.get("/sellers/new", permission=scope.SETTINGS_WRITE)
def show_new_seller(ctx: Ctx) -> Any:
    """Show the form of a new seller."""
    return _new_page(blank("seller", is_default=not sellers.has_default(ctx)))


@pages.post("/sellers/new", permission=scope.SETTINGS_WRITE)
def post_new_seller(ctx: Ctx) -> Any:
    """Add a seller."""
    data, state = load_form(NewSellerForm)
    if data is not None:
        data.pop("row_version")
        command = CreateLegalEntity(**{**data, "country": data["country"].upper(), "region": data["region"].upper()})
        failed = attempt(ctx, lambda: create_legal_entity(ctx, command), state)
        if failed is None:
            toast(f"{command.name} sells from now on.")
            return redirect("sellers")
        state = failed
    return _new_page(NamedForm("seller", state)), 422


@pages.get("/sellers/<uuid:legal_entity_id>", permission=scope.SETTINGS_READ)
def show_seller(ctx: Ctx, legal_entity_id: UUID) -> Any:
    """Show one seller."""
    return _page(ctx, sellers.get_legal_entity(ctx, legal_entity_id), None)


@pages.post("/sellers/<uuid:legal_entity_id>", permission=scope.SETTINGS_WRITE)
def post_seller(ctx: Ctx, legal_entity_id: UUID) -> Any:
    """Change a seller."""
    row = sellers.get_legal_entity(ctx, legal_entity_id)
    data, state = load_form(SellerForm)
    if data is not None:
        failed = attempt(ctx, lambda: update_legal_entity(ctx, _change(row, data)), state)
        if failed is None:
            toast("Saved. Invoices that are issued already stay as they are.")
            return redirect(f"sellers/{row.id}")
        state = failed
    return _page(ctx, row, NamedForm("seller", state, _stored(row))), 422


@pages.post("/sellers/<uuid:legal_entity_id>/clinics", permission=scope.SETTINGS_WRITE)
def post_clinic(ctx: Ctx, legal_entity_id: UUID) -> Any:
    """Let the seller sell for a clinic, or leave it to the default one."""
    row = sellers.get_legal_entity(ctx, legal_entity_id)
    clinic = ctx.core.clinics.get(chosen_id(form_arguments().get("clinic_id")) or legal_entity_id)
    is_released = form_arguments().get("release") == "true"
    failed = attempt(ctx, lambda: assign_clinic(ctx, AssignClinic(clinic.id, None if is_released else row.id)))
    if failed is not None:
        return _page(ctx, row, None, whole=failed.errors), 422
    toast(f"{clinic.name} is left to the default seller." if is_released else f"{row.name} sells for {clinic.name}.")
    return redirect(f"sellers/{row.id}")


def _change(row: LegalEntityRow, data: Mapping[str, Any]) -> UpdateLegalEntity:
    changes = {name: data[name] for name in STORED if name != "is_default"}
    changes |= {"country": data["country"].upper(), "region": data["region"].upper()}
    if data["is_default"] and not row.is_default:
        changes["is_default"] = True
    return UpdateLegalEntity(row.id, data["row_version"], changes)


def _row(row: LegalEntityRow, names: Mapping[UUID, str]) -> SellerRowView:
    own = ", ".join(sorted(names[clinic_id] for clinic_id in row.clinic_ids if clinic_id in names))
    rest = "every other clinic" if own else "every clinic"
    return SellerRowView(
        name=row.name,
        url=f"{HOME}/sellers/{row.id}",
        country=row.country,
        currency=row.currency,
        number_prefix=row.number_prefix,
        tax_number=row.tax_number,
        clinics=", ".join(part for part in (own, rest if row.is_default else "") if part) or "no clinic",
        is_default=row.is_default,
    )


def _stored(row: LegalEntityRow) -> dict[str, Any]:
    return {name: getattr(row, name) or "" for name in STORED}


def _new_page(form: NamedForm) -> Any:
    view = SellerView("New seller", f"{HOME}/sellers/new", 0, is_new=True, is_default=False, clinics=())
    return render("billing/seller.html", view=view, form=form, whole={})


def _page(ctx: Ctx, row: LegalEntityRow, form: NamedForm | None, *, whole: Mapping[str, str] | None = None) -> Any:
    view = SellerView(
        title=row.name,
        here=f"{HOME}/sellers/{row.id}",
        row_version=row.row_version,
        is_new=False,
        is_default=row.is_default,
        clinics=_clinics(ctx, row),
    )
    shown = form or NamedForm("seller", FormState(), _stored(row))
    return render("billing/seller.html", view=view, form=shown, whole=whole or {})


def _clinics(ctx: Ctx, row: LegalEntityRow) -> list[ClinicView]:
    if not ctx.can(scope.SETTINGS_WRITE):
        return []
    everybody = sellers.list_legal_entities(ctx)
    default = next((one.name for one in everybody if one.is_default), "nobody")
    chosen = {clinic_id: one for one in everybody for clinic_id in one.clinic_ids}
    return [
        ClinicView(
            id=clinic.id,
            name=clinic.name,
            seller_name=chosen[clinic.id].name if clinic.id in chosen else f"{default} (default)",
            can_assign=clinic.id not in chosen or chosen[clinic.id].id != row.id,
            can_release=clinic.id in chosen and chosen[clinic.id].id == row.id,
        )
        for clinic in ctx.core.clinics.list()
    ]
