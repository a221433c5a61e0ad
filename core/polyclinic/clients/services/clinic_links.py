"""At which clinics a client is known: the key to their clinical data."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, bindparam, func
from sqlalchemy.dialects.postgresql import insert

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.clients.models import Client, ClientClinic
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.kit.ids import new_id

_NEW = scoped_everywhere(
    Client,
    Client.organisation_id,
    bindparam("link_id", type_=Uuid()),
    func.coalesce(Client.merged_into_id, Client.id),
    bindparam("clinic_id", type_=Uuid()),
).where(Client.id == bindparam("client_id", type_=Uuid()), Client.erased_at.is_(None))
_LINK = (
    insert(ClientClinic.__table__)  # type: ignore[arg-type]
    .from_select(["organisation_id", "id", "client_id", "clinic_id"], _NEW)
    .on_conflict_do_nothing(constraint="uq_client_clinic")
    .returning(ClientClinic.id)
)


def link_client_to_clinic(actor: Actor, client_id: UUID, clinic_id: UUID) -> bool:
    """Make a client known at a clinic; True when they were not before.

    Needs `clients:write` or `appointments:write` there, because booking does it. A client of another organisation is
    not linked; the caller has found the client already, so that is not told apart from a link that exists.
    """
    require_link(actor, clinic_id)
    parameters = {
        "organisation_id": actor.organisation_id,
        "link_id": new_id(),
        "client_id": client_id,
        "clinic_id": clinic_id,
    }
    is_new = session().execute(_LINK, parameters).one_or_none() is not None
    if is_new:
        trail.write(actor, "client.linked_to_clinic", trail.Subject("client", client_id, clinic_id))
    return is_new


def require_link(actor: Actor, clinic_id: UUID) -> None:
    """Return when the actor may make clients known at a clinic; raises `NotFound` or `NotAllowed`."""
    if clinic_id not in actor.clinic_ids:
        raise NotFound("clinic")
    if not actor.can("appointments:write", clinic_id):
        require(actor, "clients:write", clinic_id)
