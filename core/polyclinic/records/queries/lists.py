"""Lists of records: frozen rows, newest visit first, one statement and one audit event for any number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, func, lateral, select, true, tuple_

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics, require, scope, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.clients.following import survivor
from polyclinic.clients.models import Client
from polyclinic.kit.db import session
from polyclinic.kit.errors import Malformed
from polyclinic.kit.pagination import Page, PageRequest, page_of
from polyclinic.records.models import TreatmentRecord, TreatmentRecordDraft, TreatmentRecordVersion
from polyclinic.records.queries.visibility import READ, is_visible, read_scope
from polyclinic.records.rules import state_of
from polyclinic.scheduling.queries import CLIENT_NAME


@dataclass(frozen=True)
class RecordListRow:
    """One record in a list, with the text of its newest version; `summary` is empty while nothing is signed."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    therapist_id: UUID
    appointment_id: UUID
    service_name: str
    privacy: str
    service_at: datetime
    time_zone: str
    row_version: int
    has_draft: bool
    version: int | None
    recorded_at: datetime | None
    is_late: bool | None
    is_chronic: bool | None
    outcome: str | None
    author_name: str | None
    summary: str | None
    content_sha256: str | None

    @property
    def state(self) -> str:
        """Return draft, signed or amended."""
        return state_of(self.version).value


@dataclass(frozen=True)
class UnsignedRow:
    """One draft that waits for its therapist's signature."""

    id: UUID
    client_name: str
    service_name: str
    service_at: datetime
    time_zone: str


_R, _D = TreatmentRecord, TreatmentRecordDraft
_newest = lateral(
    select(TreatmentRecordVersion)
    .where(TreatmentRecordVersion.organisation_id == _R.organisation_id, TreatmentRecordVersion.record_id == _R.id)
    .order_by(TreatmentRecordVersion.version.desc())
    .limit(1)
).alias("newest")
_V = _newest.c
_LIST = (
    scoped_everywhere(
        _R,
        _R.id,
        _R.clinic_id,
        _R.client_id,
        _R.therapist_id,
        _R.appointment_id,
        _R.service_name,
        _R.privacy,
        _R.service_at,
        _R.time_zone,
        func.coalesce(_D.row_version, _R.row_version),
        _D.id.is_not(None),
        _V.version,
        _V.recorded_at,
        _V.is_late,
        _V.is_chronic,
        _V.outcome,
        _V.author_name,
        _V.summary,
        _V.content_sha256,
    )
    .outerjoin(_D, and_(_D.organisation_id == _R.organisation_id, _D.record_id == _R.id))
    .outerjoin(_newest, true())
    .where(is_visible())
    .order_by(_R.service_at.desc(), _R.id.desc())
    .limit(bindparam("limit"))
)
_OF_CLIENT = _R.client_id == survivor(bindparam("client_id", type_=Uuid()))
_AT_CLINIC = _R.clinic_id == bindparam("clinic_id", type_=Uuid())
_AFTER = tuple_(_R.service_at, _R.id) < tuple_(bindparam("after_at"), bindparam("after_id", type_=Uuid()))


def _with_pages(statement: Select[Any]) -> tuple[Select[Any], Select[Any]]:
    # Two statements: an optional cursor inside one would keep the index from answering it.
    return statement, statement.where(_AFTER)


_STATEMENTS = {
    (False, False): _with_pages(_LIST),
    (True, False): _with_pages(_LIST.where(_OF_CLIENT)),
    (False, True): _with_pages(_LIST.where(_AT_CLINIC)),
    (True, True): _with_pages(_LIST.where(_OF_CLIENT, _AT_CLINIC)),
}
_UNSIGNED = (
    scoped_everywhere(_D, _R.id, CLIENT_NAME, _R.service_name, _R.service_at, _R.time_zone)
    .select_from(_D)
    .join(_R, and_(_R.organisation_id == _D.organisation_id, _R.id == _D.record_id))
    .join(Client, and_(Client.organisation_id == _R.organisation_id, Client.id == _R.client_id))
    .where(_D.author_member_id == bindparam("member_id", type_=Uuid()), in_scope_clinics(_D.clinic_id))
    .order_by(_R.service_at, _R.id)
    .limit(bindparam("limit"))
)
_COUNT_UNSIGNED = (
    scoped_everywhere(_D, func.count())
    .where(_D.author_member_id == bindparam("member_id", type_=Uuid()))
    .where(in_scope_clinics(_D.clinic_id))
)


def list_treatment_records(
    actor: Actor, page: PageRequest, *, client_id: UUID | None = None, clinic_id: UUID | None = None
) -> Page[RecordListRow]:
    """Return the records that the actor may read, newest visit first; the ids shown are audited."""
    require(actor, READ, clinic_id)
    first, after = _STATEMENTS[client_id is not None, clinic_id is not None]
    parameters = read_scope(actor) | {"client_id": client_id, "clinic_id": clinic_id, "limit": page.limit + 1}
    if page.after is not None:
        parameters |= _after(page)
    rows = [RecordListRow(*row) for row in session().execute(after if page.after else first, parameters)]
    found = page_of(rows, page, key=lambda row: (row.service_at, row.id))
    trail.write_read(actor, "treatment_record", [row.id for row in found.rows], clinic_id=clinic_id)
    return found


def _after(page: PageRequest) -> dict[str, Any]:
    match page.after:
        case (datetime() as at, UUID() as record_id):
            return {"after_at": at, "after_id": record_id}
    raise Malformed("This cursor belongs to another list. Start again without it.")


def list_client_timeline(actor: Actor, client_id: UUID, page: PageRequest) -> Page[RecordListRow]:
    """Return a client's records for their page, newest visit first; the ids shown are audited."""
    return list_treatment_records(actor, page, client_id=client_id)


def list_unsigned(actor: Actor, limit: int = 20) -> Sequence[UnsignedRow]:
    """Return the actor's own open drafts, the oldest visit first; nothing for those who may not write records."""
    if actor.member_id is None or not actor.can("treatment-records:write"):
        return ()
    parameters = scope(actor, "treatment-records:write") | {"member_id": actor.member_id, "limit": limit}
    rows = [UnsignedRow(*row) for row in session().execute(_UNSIGNED, parameters)]
    trail.write_read(actor, "treatment_record", [row.id for row in rows])
    return rows


def count_unsigned(actor: Actor) -> int:
    """Return how many drafts wait for the actor's signature; one prebuilt statement over one index."""
    if actor.member_id is None or not actor.can("treatment-records:write"):
        return 0
    parameters = scope(actor, "treatment-records:write") | {"member_id": actor.member_id}
    return int(session().execute(_COUNT_UNSIGNED, parameters).scalar_one())
