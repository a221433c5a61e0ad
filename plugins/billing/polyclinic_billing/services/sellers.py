"""Legal entities: who sells, and for which clinics."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, insert, update
from sqlalchemy.exc import IntegrityError

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Conflict, Invalid, Stale
from polyclinic.sdk.tables import new_id
from polyclinic_billing.commands import AssignClinic, CreateLegalEntity, UpdateLegalEntity
from polyclinic_billing.models.catalogue import LegalEntity, LegalEntityClinic, NumberSeries
from polyclinic_billing.queries import scope, sellers
from polyclinic_billing.rows import LegalEntityRow
from polyclinic_billing.rules.currencies import checked_currency
from polyclinic_billing.services.acting import Act, audit
from polyclinic_billing.vocabulary import SeriesKind

FIXED = frozenset({"currency", "number_prefix"})
CHANGEABLE = frozenset(CreateLegalEntity.__dataclass_fields__) - FIXED
TAKEN = "Another legal entity numbers its invoices with this prefix. Choose another one."


def create_legal_entity(ctx: Ctx, command: CreateLegalEntity) -> LegalEntityRow:
    """Add a seller; the first one becomes the default. Raises `Invalid` for a currency or prefix that is none."""
    scope.require(ctx, scope.SETTINGS_WRITE)
    currency = checked_currency(command.currency)
    _check_name(command.name)
    legal_entity_id = new_id()
    is_default = command.is_default or not sellers.has_default(ctx)
    if is_default:
        _unset_default(ctx)
    values = {name: getattr(command, name) for name in CreateLegalEntity.__dataclass_fields__}
    values |= {"currency": currency, "is_default": is_default, "number_prefix": _prefix(command.number_prefix)}
    try:
        with ctx.db.begin_nested():
            ctx.db.execute(
                insert(LegalEntity).values(organisation_id=ctx.organisation_id, id=legal_entity_id, **values)
            )
    except IntegrityError as error:
        raise Conflict(TAKEN, code="prefix_taken") from error
    _open_series(ctx, legal_entity_id)
    audit(ctx, "legal_entity_created", Act("legal_entity", legal_entity_id))
    return sellers.known_seller(ctx, legal_entity_id)


def update_legal_entity(ctx: Ctx, command: UpdateLegalEntity) -> LegalEntityRow:
    """Change a seller; issued invoices keep what they say. Raises `Stale`, `NotFound`, `Invalid`."""
    scope.require(ctx, scope.SETTINGS_WRITE)
    current = sellers.known_seller(ctx, command.legal_entity_id)
    changes = _checked(command.changes)
    if changes.get("is_default"):
        _unset_default(ctx)
    changed = ctx.db.execute(
        update(LegalEntity)
        .where(
            LegalEntity.organisation_id == ctx.organisation_id,
            LegalEntity.id == current.id,
            LegalEntity.row_version == command.row_version,
        )
        .values(**changes, row_version=LegalEntity.row_version + 1, updated_at=ctx.now())
    )
    if not changed.rowcount:
        now = sellers.known_seller(ctx, current.id)
        raise Stale("The legal entity changed since you opened it.", row_version=now.row_version, current=now)
    audit(ctx, "legal_entity_updated", Act("legal_entity", current.id, detail={"fields": sorted(changes)}))
    return sellers.known_seller(ctx, current.id)


def assign_clinic(ctx: Ctx, command: AssignClinic) -> None:
    """Let a clinic sell in the name of a legal entity, or of the default one again."""
    scope.require_at(ctx, scope.SETTINGS_WRITE, command.clinic_id)
    ctx.db.execute(
        delete(LegalEntityClinic).where(
            and_(
                LegalEntityClinic.organisation_id == ctx.organisation_id,
                LegalEntityClinic.clinic_id == command.clinic_id,
            )
        )
    )
    if command.legal_entity_id is not None:
        chosen = sellers.known_seller(ctx, command.legal_entity_id)
        ctx.db.execute(
            insert(LegalEntityClinic).values(
                organisation_id=ctx.organisation_id,
                id=new_id(),
                legal_entity_id=chosen.id,
                clinic_id=command.clinic_id,
            )
        )
    subject = command.legal_entity_id or command.clinic_id
    audit(ctx, "clinic_assigned", Act("legal_entity", subject, command.clinic_id))


def _checked(changes: Any) -> dict[str, Any]:
    wrong = sorted(set(changes) & FIXED)
    if wrong:
        raise Invalid({wrong[0]: "This cannot change once numbers may have been given. Add another legal entity."})
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise Invalid({unknown[0]: "A legal entity has no such field."})
    if "name" in changes:
        _check_name(changes["name"])
    if changes.get("is_default") is False:
        raise Invalid({"is_default": "Make another legal entity the default one instead."})
    return dict(changes)


def _check_name(name: str) -> None:
    if not name.strip():
        raise Invalid({"name": "Give the name that stands on invoices."})


def _prefix(text: str) -> str:
    prefix = text.strip().upper()
    if not prefix or len(prefix) > 12 or not all(sign.isalnum() or sign in "-/" for sign in prefix):
        raise Invalid({"number_prefix": "Give 1 to 12 letters, digits, - or /, for example INV-."})
    return prefix


def _unset_default(ctx: Ctx) -> None:
    ctx.db.execute(
        update(LegalEntity)
        .where(LegalEntity.organisation_id == ctx.organisation_id, LegalEntity.is_default)
        .values(is_default=False, row_version=LegalEntity.row_version + 1)
    )


def _open_series(ctx: Ctx, legal_entity_id: UUID) -> None:
    rows = [
        {
            "organisation_id": ctx.organisation_id,
            "id": new_id(),
            "legal_entity_id": legal_entity_id,
            "kind": kind.value,
            "next_number": 1,
        }
        for kind in SeriesKind
    ]
    ctx.db.execute(insert(NumberSeries).values(rows))
