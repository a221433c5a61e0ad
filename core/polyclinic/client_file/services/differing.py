"""Who looks alike and is not one person: remembered, so that nobody has to say it twice."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete
from sqlalchemy.dialects.postgresql import insert

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.client_file import queries
from polyclinic.client_file.commands import MarkDifferent
from polyclinic.client_file.models import ClientDifference
from polyclinic.client_file.queries import DifferenceRow
from polyclinic.client_file.services.merging import read_two
from polyclinic.client_file.vocabulary import MERGE
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.kit.ids import new_id

_MARK = insert(ClientDifference.__table__).on_conflict_do_nothing(  # type: ignore[arg-type]
    constraint="uq_client_difference"
)
_FORGET = (
    delete(ClientDifference)
    .where(
        ClientDifference.organisation_id == bindparam("organisation_id", type_=Uuid()),
        ClientDifference.id == bindparam("difference_id", type_=Uuid()),
    )
    .execution_options(synchronize_session=False)
)


def mark_different(actor: Actor, command: MarkDifferent) -> DifferenceRow:
    """Remember that two clients are two people; doing it twice changes nothing. Raises as merging them would."""
    require(actor, MERGE)
    first, second = sorted(client.id for client in read_two(actor, command.client_id, command.other_client_id))
    known = queries.find_difference(actor, first, second)
    if known is not None:
        return known
    values = {
        "organisation_id": actor.organisation_id,
        "id": new_id(),
        "client_id": first,
        "other_client_id": second,
        "marked_at": clock.now(),
        "marked_by": actor.member_id,
    }
    session().execute(_MARK, values)
    detail = {"other_client_id": str(second)}
    trail.write(actor, "client.marked_different", trail.Subject("client", first), detail=detail)
    found = queries.find_difference(actor, first, second)
    if found is None:
        raise NotFound("pair of clients")
    return found


def forget_difference(actor: Actor, difference_id: UUID) -> None:
    """Let two clients be suggested as one again; raises `NotFound`."""
    require(actor, MERGE)
    pair = queries.get_difference(actor, difference_id)
    read_two(actor, pair.client_id, pair.other_client_id)
    session().execute(_FORGET, {"organisation_id": actor.organisation_id, "difference_id": difference_id})
    detail = {"other_client_id": str(pair.other_client_id)}
    trail.write(actor, "client.difference_forgotten", trail.Subject("client", pair.client_id), detail=detail)
