"""Reads about a client's whole file: its numbers, its merges, its likely duplicates, what was erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, func, or_, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, require, scoped_everywhere
from polyclinic.client_file.models import ClientDifference, ClientErasure, ClientMerge, ClientMergeMove
from polyclinic.client_file.vocabulary import ERASE, MERGE, UNDO_WITHIN
from polyclinic.clients import queries as client_queries
from polyclinic.clients.rows import ClientIdentity, DuplicateRow
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound


@dataclass(frozen=True)
class FileFacts:
    """How much a client's file holds at all clinics, and what retention asks about it."""

    appointments: int
    future_appointments: int
    open_drafts: int
    signed_records: int
    flags: int
    answers: int
    merged_files: int
    countries: tuple[str, ...]
    last_service_at: datetime | None


@dataclass(frozen=True)
class PluginReceipt:
    """What one plugin did about a merge or an erasure; `undo` is what it asked to get back when a merge is undone."""

    plugin: str
    lines: Sequence[str]
    changed: int
    kept: int
    legal_basis: str
    undo: Mapping[str, Any]


@dataclass(frozen=True)
class MergeRow:
    """One merge; `fields` maps a changed field to its value before and after, `receipts` are those of plugins."""

    id: UUID
    from_client_id: UUID
    into_client_id: UUID
    reason: str
    fields: Mapping[str, list[str | None]]
    receipts: Sequence[PluginReceipt]
    merged_at: datetime
    merged_by: UUID | None
    merged_by_name: str
    undone_at: datetime | None
    undone_by_name: str
    kept_fields: Sequence[str]
    undo_receipts: Sequence[PluginReceipt]
    moved: Mapping[str, int]

    @property
    def undo_until(self) -> datetime:
        """Return until when it can be undone."""
        return self.merged_at + UNDO_WITHIN

    @property
    def is_open(self) -> bool:
        """Tell whether it stands and its time to be undone has not run out."""
        return self.undone_at is None and clock.now() <= self.undo_until


@dataclass(frozen=True)
class DifferenceRow:
    """Two clients who are known to be two people."""

    id: UUID
    client_id: UUID
    other_client_id: UUID
    marked_at: datetime


@dataclass(frozen=True)
class ErasureRow:
    """One erasure; `erased` and `kept` count rows by kind, `rules` name what keeps records until `keep_until`."""

    id: UUID
    client_id: UUID
    reason: str
    keeps_records: bool
    keep_until: date | None
    rules: Sequence[str]
    erased: Mapping[str, int]
    kept: Mapping[str, int]
    receipts: Sequence[PluginReceipt]
    erased_at: datetime
    erased_by: UUID | None
    erased_by_name: str


_CLIENT = bindparam("client_id", type_=Uuid())
_FACTS = select(func.client_file_facts(_CLIENT, bindparam("now", type_=DateTime(timezone=True))))
_counted = (
    select(ClientMergeMove.table_name, func.count().label("rows"))
    .where(ClientMergeMove.organisation_id == ClientMerge.organisation_id, ClientMergeMove.merge_id == ClientMerge.id)
    .group_by(ClientMergeMove.table_name)
    .correlate(ClientMerge)
    .subquery()
)
_MERGE_COLUMNS = tuple(getattr(ClientMerge, name) for name in MergeRow.__dataclass_fields__ if name != "moved")
_MERGES = scoped_everywhere(
    ClientMerge,
    *_MERGE_COLUMNS,
    select(func.coalesce(func.jsonb_object_agg(_counted.c.table_name, _counted.c.rows), func.jsonb_build_object()))
    .scalar_subquery()
    .label("moved"),
)
_ONE_MERGE = _MERGES.where(ClientMerge.id == bindparam("merge_id", type_=Uuid()))
_MERGES_OF = _MERGES.where(or_(ClientMerge.into_client_id == _CLIENT, ClientMerge.from_client_id == _CLIENT)).order_by(
    ClientMerge.merged_at.desc(), ClientMerge.id.desc()
)
_DIFFERENCE_COLUMNS = tuple(getattr(ClientDifference, name) for name in DifferenceRow.__dataclass_fields__)
_ONE_DIFFERENCE = scoped_everywhere(ClientDifference, *_DIFFERENCE_COLUMNS).where(
    ClientDifference.id == bindparam("difference_id", type_=Uuid())
)
_DIFFERENCES_OF = scoped_everywhere(ClientDifference, *_DIFFERENCE_COLUMNS).where(
    or_(ClientDifference.client_id == _CLIENT, ClientDifference.other_client_id == _CLIENT)
)
_ERASURES_OF = (
    scoped_everywhere(ClientErasure, *(getattr(ClientErasure, name) for name in ErasureRow.__dataclass_fields__))
    .where(ClientErasure.client_id == _CLIENT)
    .order_by(ClientErasure.erased_at.desc(), ClientErasure.id.desc())
)


def read_facts(client_id: UUID) -> FileFacts:
    """Return the numbers of a file at all clinics of the transaction's organisation; the caller checked the actor."""
    found = session().execute(_FACTS, {"client_id": client_id, "now": clock.now()}).scalar_one()
    last = found.pop("last_service_at")
    countries = tuple(found.pop("countries"))
    return FileFacts(**found, countries=countries, last_service_at=datetime.fromisoformat(last) if last else None)


def get_merge(actor: Actor, merge_id: UUID) -> MergeRow:
    """Return one merge; raises `NotFound` outside the organisation."""
    row = session().execute(_ONE_MERGE, organisation_scope(actor, MERGE) | {"merge_id": merge_id}).one_or_none()
    if row is None:
        raise NotFound("merge")
    return _merge(row)


def list_merges(actor: Actor, client_id: UUID) -> Sequence[MergeRow]:
    """Return the merges in which a client took part, newest first, undone ones too; raises `NotFound`."""
    client = client_queries.get_client(actor, client_id)
    parameters = organisation_scope(actor, MERGE) | {"client_id": client.id}
    return [_merge(row) for row in session().execute(_MERGES_OF, parameters)]


def list_likely_duplicates(actor: Actor, client_id: UUID) -> Sequence[DuplicateRow]:
    """Return other clients who may be this person, without those marked as somebody else."""
    require(actor, "clients:read")
    client = client_queries.get_client(actor, client_id)
    parameters = {"organisation_id": actor.organisation_id, "client_id": client.id}
    pairs = [DifferenceRow(*row) for row in session().execute(_DIFFERENCES_OF, parameters)]
    others = {client.id, *(pair.client_id for pair in pairs), *(pair.other_client_id for pair in pairs)}
    identity = ClientIdentity(client.given_name, client.family_name, client.email, client.phone, client.birth_on)
    return client_queries.find_duplicates(actor, identity, without=others)


def get_difference(actor: Actor, difference_id: UUID) -> DifferenceRow:
    """Return one pair of clients known to be two people; raises `NotFound`."""
    parameters = organisation_scope(actor, MERGE) | {"difference_id": difference_id}
    row = session().execute(_ONE_DIFFERENCE, parameters).one_or_none()
    if row is None:
        raise NotFound("pair of clients")
    return DifferenceRow(*row)


def find_difference(actor: Actor, client_id: UUID, other_id: UUID) -> DifferenceRow | None:
    """Return the note that two clients are two people, or None."""
    parameters = organisation_scope(actor, MERGE) | {"client_id": client_id}
    pairs = (DifferenceRow(*row) for row in session().execute(_DIFFERENCES_OF, parameters))
    return next((pair for pair in pairs if other_id in {pair.client_id, pair.other_client_id}), None)


def list_erasures(actor: Actor, client_id: UUID) -> Sequence[ErasureRow]:
    """Return the erasures of a client, newest first; raises `NotFound`."""
    client = client_queries.get_client(actor, client_id)
    parameters = organisation_scope(actor, ERASE) | {"client_id": client.id}
    return [_erasure(row) for row in session().execute(_ERASURES_OF, parameters)]


def _merge(row: Any) -> MergeRow:
    values = row._asdict()
    return MergeRow(
        **values
        | {name: [PluginReceipt(**stored) for stored in values[name]] for name in ("receipts", "undo_receipts")}
    )


def _erasure(row: Any) -> ErasureRow:
    values = row._asdict()
    return ErasureRow(**values | {"receipts": [PluginReceipt(**stored) for stored in values["receipts"]]})
