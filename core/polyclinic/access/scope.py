"""The only door to tenant rows: `require` for verbs, `scoped` for statements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select
from sqlalchemy.sql.elements import ColumnElement

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import NotAllowed, NotFound


def require(actor: Actor, permission: str, clinic_id: UUID | None = None) -> None:
    """Return when the actor holds `permission` (at the clinic, if one is named).

    Raises `NotFound` when the clinic lies outside the actor's clinics, `NotAllowed` when the permission is missing.
    """
    if clinic_id is not None and clinic_id not in actor.clinic_ids:
        raise NotFound("clinic")
    if not actor.can(permission, clinic_id):
        raise NotAllowed(
            f"Your role lacks the permission {permission}{' at this clinic' if clinic_id else ''}. "
            "Ask a chain administrator to grant it.",
            permission=permission,
        )


def scoped(model: Any, *columns: Any) -> Select[Any]:
    """Return a select of `model` (or of `columns`) that names its tenant, built once at module level.

    Models with a `clinic_id` are also limited to the clinics at which the actor holds the permission. Run it with
    `scope(actor, permission)` as parameters: a statement without them cannot be executed.
    """
    statement = select(*(columns or (model,))).where(
        model.organisation_id == bindparam("organisation_id", type_=Uuid())
    )
    if "clinic_id" in model.__table__.columns:
        statement = statement.where(in_scope_clinics(model.clinic_id))
    return statement


def scoped_everywhere(model: Any, *columns: Any) -> Select[Any]:
    """Return a select limited to the organisation only, for rows that belong to all its clinics."""
    return select(*(columns or (model,))).where(model.organisation_id == bindparam("organisation_id", type_=Uuid()))


def in_scope_clinics(column: Any) -> ColumnElement[bool]:
    """Return the condition "this clinic is one where the actor holds the permission"."""
    return column == any_(bindparam("clinic_ids", type_=ARRAY(Uuid())))  # type: ignore[no-any-return]


def scope(actor: Actor, permission: str, *, clinic_id: UUID | None = None) -> dict[str, Any]:
    """Return the parameters of a scoped statement; one clinic narrows the scope and must lie within it.

    Raises `NotFound` for a clinic outside the actor's clinics and `NotAllowed` when the permission is missing.
    """
    require(actor, permission, clinic_id)
    clinics = (clinic_id,) if clinic_id else actor.clinics_with(permission)
    return {"organisation_id": actor.organisation_id, "clinic_ids": list(clinics)}


def organisation_scope(actor: Actor, permission: str) -> dict[str, Any]:
    """Return the parameters of a statement built by `scoped_everywhere`."""
    require(actor, permission)
    return {"organisation_id": actor.organisation_id}
