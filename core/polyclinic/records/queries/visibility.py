"""Who sees which record: the clinic, the record's privacy, its author and its grants, in one condition."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Uuid, and_, bindparam, exists, func, or_, text
from sqlalchemy.sql.elements import ColumnElement

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics, scope
from polyclinic.kit.db import session
from polyclinic.records.models import TreatmentRecord, TreatmentRecordGrant
from polyclinic.records.vocabulary import Privacy

READ = "treatment-records:read"
_SEE_GRANTS = text("SELECT set_config('app.member_id', :member_id, true)")


def is_visible() -> ColumnElement[bool]:
    """Return the condition "this actor may read this record"; the parameters come from `read_scope`."""
    record, member_id = TreatmentRecord, bindparam("member_id", type_=Uuid())
    return or_(
        and_(record.privacy == Privacy.CLINIC.value, in_scope_clinics(record.clinic_id)),
        record.privacy == Privacy.ORGANISATION.value,
        record.author_member_id == member_id,
        _granted(member_id),
    )


def read_scope(actor: Actor, permission: str = READ) -> dict[str, Any]:
    """Return the parameters of a statement with `is_visible`, and let row security see the actor's grants."""
    parameters = member_scope(actor, permission)
    see_grants(actor)
    return parameters


def member_scope(actor: Actor, permission: str = READ) -> dict[str, Any]:
    """Return the parameters of a statement with `is_visible`; row security still hides grants at other clinics."""
    return scope(actor, permission) | {"member_id": actor.member_id}


def see_grants(actor: Actor) -> None:
    """Tell row security which member asks, until the transaction ends."""
    session().execute(_SEE_GRANTS, {"member_id": str(actor.member_id or "")})


def _granted(member_id: ColumnElement[Any]) -> ColumnElement[bool]:
    grant = TreatmentRecordGrant
    return exists().where(
        grant.organisation_id == TreatmentRecord.organisation_id,
        grant.record_id == TreatmentRecord.id,
        grant.member_id == member_id,
        grant.revoked_at.is_(None),
        or_(grant.expires_at.is_(None), grant.expires_at > func.now()),
    )
