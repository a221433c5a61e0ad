"""Reads of legal entities: who sells where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import bindparam, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic_billing.models.catalogue import LegalEntity, LegalEntityClinic
from polyclinic_billing.queries import scope
from polyclinic_billing.queries.statements import columns_of, fetch, fetch_one
from polyclinic_billing.rows import LegalEntityRow

_SELLERS = select(*columns_of(LegalEntity, LegalEntityRow, without=frozenset({"clinic_ids"}))).where(
    LegalEntity.organisation_id == bindparam("organisation_id")
)
_LIST = _SELLERS.order_by(LegalEntity.archived_at.is_not(None), LegalEntity.name, LegalEntity.id)
_ONE = _SELLERS.where(LegalEntity.id == bindparam("legal_entity_id"))
_DEFAULT = select(LegalEntity.id).where(
    LegalEntity.organisation_id == bindparam("organisation_id"), LegalEntity.is_default
)
_CHOSEN = select(LegalEntityClinic.legal_entity_id, LegalEntityClinic.clinic_id).where(
    LegalEntityClinic.organisation_id == bindparam("organisation_id"),
    LegalEntityClinic.clinic_id.in_(bindparam("clinic_ids", expanding=True)),
)
_OF_CLINIC = (
    _SELLERS.outerjoin(
        LegalEntityClinic,
        (LegalEntityClinic.organisation_id == LegalEntity.organisation_id)
        & (LegalEntityClinic.legal_entity_id == LegalEntity.id)
        & (LegalEntityClinic.clinic_id == bindparam("clinic_id")),
    )
    .where(LegalEntityClinic.id.is_not(None) | LegalEntity.is_default, LegalEntity.archived_at.is_(None))
    .order_by(LegalEntityClinic.id.is_(None))
    .limit(1)
)


def list_legal_entities(ctx: Ctx) -> Sequence[LegalEntityRow]:
    """Return all legal entities by name, archived ones last."""
    scope.require(ctx, scope.SETTINGS_READ)
    found = fetch(ctx, _LIST, LegalEntityRow, {})
    values = {"organisation_id": ctx.organisation_id, "clinic_ids": list(ctx.actor.clinic_ids)}
    chosen: dict[UUID, list[UUID]] = {}
    for legal_entity_id, clinic_id in ctx.db.execute(_CHOSEN, values):
        chosen.setdefault(legal_entity_id, []).append(clinic_id)
    return [replace(row, clinic_ids=tuple(chosen.get(row.id, ()))) for row in found]


def get_legal_entity(ctx: Ctx, legal_entity_id: UUID) -> LegalEntityRow:
    """Return one legal entity; raises `NotFound`."""
    scope.require(ctx, scope.SETTINGS_READ)
    found = next((row for row in list_legal_entities(ctx) if row.id == legal_entity_id), None)
    if found is None:
        raise NotFound("legal entity")
    return found


def seller_of_clinic(ctx: Ctx, clinic_id: UUID) -> LegalEntityRow | None:
    """Return who sells at a clinic: the legal entity it chose, or the default one; None before there is any."""
    return fetch_one(ctx, _OF_CLINIC, LegalEntityRow, {"clinic_id": clinic_id})


def known_seller(ctx: Ctx, legal_entity_id: UUID) -> LegalEntityRow:
    """Return a legal entity for a service that has checked the actor already; raises `NotFound`."""
    found = fetch_one(ctx, _ONE, LegalEntityRow, {"legal_entity_id": legal_entity_id})
    if found is None:
        raise NotFound("legal entity")
    return found


def has_default(ctx: Ctx) -> bool:
    """Tell whether there is a default seller."""
    return ctx.db.execute(_DEFAULT, {"organisation_id": ctx.organisation_id}).first() is not None
