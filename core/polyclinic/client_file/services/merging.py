"""Two files of one person become one: links move, signed rows stay, everything is written down for the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, insert, select, update

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.client_file import joining, queries, rules
from polyclinic.client_file.commands import MergeClients
from polyclinic.client_file.models import ClientMerge
from polyclinic.client_file.overlaps import list_overlaps, refuse_overlaps
from polyclinic.client_file.queries import MergeRow
from polyclinic.client_file.vocabulary import CONTACT_FIELDS, MERGE
from polyclinic.clients import queries as client_queries
from polyclinic.clients.models import Client
from polyclinic.clients.rows import ClientRow
from polyclinic.clients.services.clients import checked_contact, write_contact
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, NotFound, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins import client_changes
from polyclinic.scheduling import reservations

_PAIR = (
    scoped_everywhere(Client, Client.id, Client.merged_into_id, Client.erased_at)
    .where(Client.id == any_(bindparam("client_ids", type_=ARRAY(Uuid()))))
    .order_by(Client.id)
)
_LOCKED_PAIR = _PAIR.with_for_update()
_JOURNAL = insert(ClientMerge.__table__)  # type: ignore[arg-type]
_MOVE = select(
    func.merge_client_rows(bindparam("merge_id", type_=Uuid()), bindparam("now", type_=DateTime(timezone=True)))
)
_RECEIPTS = (
    update(ClientMerge)
    .where(
        ClientMerge.organisation_id == bindparam("b_organisation_id", type_=Uuid()),
        ClientMerge.id == bindparam("b_id", type_=Uuid()),
    )
    .values(receipts=bindparam("b_receipts", type_=ClientMerge.receipts.type))
    .execution_options(synchronize_session=False)
)


def merge_clients(actor: Actor, command: MergeClients) -> MergeRow:
    """Merge a client into another and return the journal's entry; plugins take part in the same transaction.

    Raises `Conflict` when both are expected somewhere at the same time, or when one was merged or erased before,
    `NotAllowed` for a client who is not known at a clinic where the actor may merge, `Stale` for an outdated choice.
    """
    require(actor, MERGE)
    survivor, going = lock_two(actor, command.into_client_id, command.from_client_id)
    _check_versions(command, survivor, going)
    refuse_overlaps(list_overlaps(actor, going.id, survivor.id))
    before, other = (contact_of(client) for client in (survivor, going))
    take = rules.default_take(before, other) if command.take is None else _known_fields(command.take)
    after = checked_contact(rules.merged_contact(before, other, take))
    now = clock.now()
    merge_id = _write_journal(actor, command, rules.changes_between(before, after), now)
    session().execute(_MOVE, {"merge_id": merge_id, "now": now})
    write_contact(actor, survivor, after, row_version=survivor.row_version)
    _finish(actor, client_changes.ClientMerge(merge_id, going.id, survivor.id))
    return queries.get_merge(actor, merge_id)


def lock_two(actor: Actor, client_id: UUID, other_id: UUID) -> tuple[ClientRow, ClientRow]:
    """Return two clients who can be merged, locked against bookings and other merges until the transaction ends."""
    read_two(actor, client_id, other_id)
    reservations.lock(actor, (client_id, other_id))
    return read_two(actor, client_id, other_id, locked=True)


def read_two(actor: Actor, client_id: UUID, other_id: UUID, *, locked: bool = False) -> tuple[ClientRow, ClientRow]:
    """Return two clients who can be merged by the actor; raises as `merge_clients`."""
    if client_id == other_id:
        raise Invalid({"into_client_id": "Choose another client: this is the same one."})
    parameters = {"organisation_id": actor.organisation_id, "client_ids": [client_id, other_id]}
    found = session().execute(_LOCKED_PAIR if locked else _PAIR, parameters).all()
    if len(found) < 2:
        raise NotFound("client")
    for row in found:
        client_queries.require_clinical(actor, MERGE, row.id)
        _refuse_gone(row.merged_into_id is not None, row.erased_at is not None)
    return client_queries.get_client(actor, client_id), client_queries.get_client(actor, other_id)


def contact_of(client: ClientRow) -> rules.Contact:
    """Return a client's contact data by field."""
    return {name: getattr(client, name) for name in CONTACT_FIELDS}


def _refuse_gone(is_merged: bool, is_erased: bool) -> None:  # noqa: FBT001 -- two facts of one row
    if is_merged:
        raise Conflict(
            "One of the two was merged into another client already. Open the client that survived and start there.",
            code="already_merged",
        )
    if is_erased:
        raise Conflict("One of the two was erased. An erased client cannot be merged.", code="client_erased")


def _check_versions(command: MergeClients, survivor: ClientRow, going: ClientRow) -> None:
    for wanted, client in ((command.into_version, survivor), (command.from_version, going)):
        if wanted is not None and wanted != client.row_version:
            raise Stale(
                "Somebody changed one of the two clients in the meantime. Look at the values and choose again.",
                row_version=client.row_version,
                current=client,
            )


def _known_fields(take: frozenset[str]) -> frozenset[str]:
    unknown = sorted(take - CONTACT_FIELDS.keys())
    if unknown:
        raise Invalid({"take": f"{unknown[0]} is not a contact field. Known: {', '.join(CONTACT_FIELDS)}."})
    return take


def _write_journal(actor: Actor, command: MergeClients, changed: dict[str, list[str | None]], now: datetime) -> UUID:
    merge_id = new_id()
    values = {
        "organisation_id": actor.organisation_id,
        "id": merge_id,
        "from_client_id": command.from_client_id,
        "into_client_id": command.into_client_id,
        "reason": command.reason.strip(),
        "fields": changed,
        "merged_at": now,
        "merged_by": actor.member_id,
        "merged_by_name": actor.name,
    }
    session().execute(_JOURNAL, values)
    return merge_id


def _finish(actor: Actor, merge: client_changes.ClientMerge) -> None:
    receipts: Sequence[dict[str, object]] = joining.let_plugins_merge(actor, merge)
    if receipts:
        own = {"b_organisation_id": actor.organisation_id, "b_id": merge.merge_id}
        session().execute(_RECEIPTS, own | {"b_receipts": receipts})
    detail = {"merge_id": str(merge.merge_id), "merged_client_id": str(merge.from_client_id)}
    trail.write(actor, "client.merged", trail.Subject("client", merge.into_client_id), detail=detail)
    joining.announce_client(actor, "client.merged", merge.into_client_id, merged_client_id=merge.from_client_id)
