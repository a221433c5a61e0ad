"""Scored values over time: always of the newest version of each record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, bindparam, func, or_, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scoped_everywhere
from polyclinic.audit import trail
from polyclinic.clients.following import survivor
from polyclinic.kit.db import session
from polyclinic.records.models import MeasurementRow, TreatmentRecord, TreatmentRecordVersion
from polyclinic.records.queries.visibility import is_visible, read_scope

_M, _R, _V = MeasurementRow, TreatmentRecord, TreatmentRecordVersion
_NEWEST = (
    select(func.max(_V.version))
    .where(_V.organisation_id == _M.organisation_id, _V.record_id == _M.record_id)
    .scalar_subquery()
)
_OF_CLIENT = (
    scoped_everywhere(
        _M,
        _M.id,
        _M.record_id,
        _M.section_key,
        _M.code,
        _M.value,
        _M.unit,
        _M.moment,
        _M.subject_id,
        _M.region_id,
        _M.side,
        _M.service_at,
    )
    .join(_R, and_(_R.organisation_id == _M.organisation_id, _R.id == _M.record_id))
    # The envelope says whose record it is today; a signed row names the client of its signing.
    .where(is_visible(), _M.version == _NEWEST, _R.client_id == survivor(bindparam("client_id", type_=Uuid())))
    .where(or_(bindparam("code", type_=Text()).is_(None), _M.code == bindparam("code", type_=Text())))
    .order_by(_M.service_at.desc(), _M.id)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True)
class MeasurementView:
    """One scored value."""

    id: UUID
    record_id: UUID
    section_key: str
    code: str
    value: Decimal
    unit: str
    moment: str
    subject_id: str | None
    region_id: str | None
    side: str | None
    service_at: datetime


def list_measurements(
    actor: Actor, client_id: UUID, *, code: str | None = None, limit: int = 200
) -> Sequence[MeasurementView]:
    """Return a client's newest scores, newest visit first; the records they stand in are audited."""
    parameters = read_scope(actor) | {"client_id": client_id, "code": code, "limit": limit}
    rows = [MeasurementView(*row) for row in session().execute(_OF_CLIENT, parameters)]
    trail.write_read(actor, "treatment_record", list(dict.fromkeys(row.record_id for row in rows)))
    return rows
