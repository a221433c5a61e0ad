"""A merge is taken back: what it moved returns, what was made since stays with the surviving client."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, func, select, update

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.client_file import joining, queries, rules
from polyclinic.client_file.models import ClientMerge
from polyclinic.client_file.queries import MergeRow
from polyclinic.client_file.services.merging import contact_of
from polyclinic.client_file.vocabulary import MERGE, UNDO_WITHIN
from polyclinic.clients import queries as client_queries
from polyclinic.clients.models import Client
from polyclinic.clients.rows import ClientRow
from polyclinic.clients.services.clients import write_contact
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, NotFound
from polyclinic.plugins import client_changes
from polyclinic.scheduling import reservations

_SURVIVOR = scoped_everywhere(Client, Client.merged_into_id, Client.erased_at).where(
    Client.id == bindparam("client_id", type_=Uuid())
)
_LOCKED_SURVIVOR = _SURVIVOR.with_for_update()
_MOVE_BACK = select(
    func.unmerge_client_rows(bindparam("merge_id", type_=Uuid()), bindparam("now", type_=DateTime(timezone=True)))
)
_CLOSE = (
    update(ClientMerge)
    .where(
        ClientMerge.organisation_id == bindparam("b_organisation_id", type_=Uuid()),
        ClientMerge.id == bindparam("b_id", type_=Uuid()),
        ClientMerge.undone_at.is_(None),
    )
    .values(
        undone_at=bindparam("b_now", type_=DateTime(timezone=True)),
        undone_by=bindparam("b_member_id", type_=Uuid()),
        undone_by_name=bindparam("b_name"),
        kept_fields=bindparam("b_kept", type_=ClientMerge.kept_fields.type),
        undo_receipts=bindparam("b_receipts", type_=ClientMerge.undo_receipts.type),
    )
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class Parting:
    """What undoing a merge would do, or why it cannot be undone."""

    merge: MergeRow
    survivor: ClientRow
    restoring: rules.Restoring
    refusal: Conflict | None


def plan_undo(actor: Actor, merge_id: UUID) -> Parting:
    """Return what undoing would do; raises `NotFound`, and `NotAllowed` where the actor may not merge the survivor."""
    return _plan(actor, merge_id, locked=False)


def undo_merge(actor: Actor, merge_id: UUID) -> MergeRow:
    """Part two clients again and return the journal's entry.

    Raises `Conflict` when it was undone before, more than 30 days ago, or when the survivor was merged or erased since.
    """
    require(actor, MERGE)
    merge = queries.get_merge(actor, merge_id)
    reservations.lock(actor, (merge.from_client_id, merge.into_client_id))
    plan = _plan(actor, merge_id, locked=True)
    if plan.refusal is not None:
        raise plan.refusal
    session().execute(_MOVE_BACK, {"merge_id": merge_id, "now": clock.now()})
    if plan.restoring.values:
        restored = {**contact_of(plan.survivor), **plan.restoring.values}
        write_contact(actor, plan.survivor, restored, row_version=plan.survivor.row_version)
    change = client_changes.ClientMerge(merge.id, merge.from_client_id, merge.into_client_id)
    _close(actor, plan, joining.let_plugins_part(actor, change, merge.receipts))
    return queries.get_merge(actor, merge_id)


def _plan(actor: Actor, merge_id: UUID, *, locked: bool) -> Parting:
    require(actor, MERGE)
    merge = queries.get_merge(actor, merge_id)
    client_queries.require_clinical(actor, MERGE, merge.into_client_id)
    parameters = {"organisation_id": actor.organisation_id, "client_id": merge.into_client_id}
    state = session().execute(_LOCKED_SURVIVOR if locked else _SURVIVOR, parameters).one_or_none()
    if state is None:
        raise NotFound("client")
    # Read again under the lock: somebody may have undone it while this one waited.
    merge = queries.get_merge(actor, merge_id) if locked else merge
    survivor = client_queries.get_client(actor, merge.into_client_id)
    refusal = _refusal(merge, is_merged=state.merged_into_id is not None, is_erased=state.erased_at is not None)
    return Parting(merge, survivor, rules.restoring(contact_of(survivor), merge.fields), refusal)


def _refusal(merge: MergeRow, *, is_merged: bool, is_erased: bool) -> Conflict | None:
    if merge.undone_at is not None:
        return Conflict("This merge was undone already.", code="already_undone")
    if is_erased:
        return Conflict("The client was erased since, so the merge cannot be undone.", code="client_erased")
    if is_merged:
        return Conflict(
            "The surviving client was merged into another one since. Undo that merge first.", code="merged_again"
        )
    if clock.now() > merge.undo_until:
        return Conflict(f"A merge can be undone for {UNDO_WITHIN.days} days. This one is older.", code="undo_too_late")
    return None


def _close(actor: Actor, plan: Parting, receipts: list[dict[str, object]]) -> None:
    merge = plan.merge
    values = {
        "b_organisation_id": actor.organisation_id,
        "b_id": merge.id,
        "b_now": clock.now(),
        "b_member_id": actor.member_id,
        "b_name": actor.name,
        "b_kept": list(plan.restoring.kept),
        "b_receipts": receipts,
    }
    session().execute(_CLOSE, values)
    detail = {
        "merge_id": str(merge.id),
        "merged_client_id": str(merge.from_client_id),
        "kept": list(plan.restoring.kept),
    }
    trail.write(actor, "client.unmerged", trail.Subject("client", merge.into_client_id), detail=detail)
    joining.announce_client(actor, "client.unmerged", merge.into_client_id, merged_client_id=merge.from_client_id)
