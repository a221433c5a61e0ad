"""Seal what is committed: run by the worker, beside the business transactions, which a chain inside would serialise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.audit.seals import FIRST, Seal, digest_of, sign
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.ids import new_id

BATCH = 1_000
"""Events of one seal, at least; a transaction is never split between two."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('audit_seal:' || :organisation_id, 0))")
_COLUMNS = "organisation_id, number, from_xid, upto_xid, events, digest, signature"
_SEALS = text(f"SELECT {_COLUMNS} FROM audit_seal WHERE organisation_id = :organisation_id ORDER BY number")  # noqa: S608
_LAST = text(
    f"SELECT {_COLUMNS} FROM audit_seal WHERE organisation_id = :organisation_id ORDER BY number DESC LIMIT 1"  # noqa: S608
)
_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_BOUND = text(
    "SELECT coalesce((SELECT xid + 1 FROM audit_event WHERE organisation_id = :organisation_id AND xid >= :from_xid "
    "AND xid < :horizon ORDER BY xid, id OFFSET :batch LIMIT 1), :horizon)"
)
_EVENTS = text(
    "SELECT xid, id, at, actor_kind, actor_id, on_behalf_of, action, object_type, object_id, clinic_id, ip, "
    "request_id, outcome, detail FROM audit_event "
    "WHERE organisation_id = :organisation_id AND xid >= :from_xid AND xid < :upto_xid ORDER BY xid, id"
)
_ADD = text(
    "INSERT INTO audit_seal (organisation_id, id, number, from_xid, upto_xid, events, digest, signature, sealed_at) "
    "VALUES (:organisation_id, :id, :number, :from_xid, :upto_xid, :events, :digest, :signature, :sealed_at)"
)


def seal_events(actor: Actor, key: Ed25519PrivateKey) -> Seal | None:
    """Seal the organisation's next committed events and return the seal, or None when there is nothing to seal."""
    organisation = {"organisation_id": actor.organisation_id}
    session().execute(_LOCK, {"organisation_id": str(actor.organisation_id)})
    last = session().execute(_LAST, organisation).one_or_none()
    from_xid = last.upto_xid if last else 0
    horizon = session().execute(_HORIZON).scalar_one()
    if horizon <= from_xid:
        return None
    window = organisation | {"from_xid": from_xid, "horizon": horizon, "batch": BATCH}
    upto_xid = session().execute(_BOUND, window).scalar_one()
    events = events_between(actor, from_xid, upto_xid)
    if not events:
        return None
    digest = digest_of(last.digest if last else FIRST, events)
    number = last.number + 1 if last else 1
    seal = Seal(actor.organisation_id, number, from_xid, upto_xid, len(events), digest, "")
    seal = replace(seal, signature=sign(seal, key))
    session().execute(_ADD, vars(seal) | {"id": new_id(), "sealed_at": clock.now()})
    return seal


def events_between(actor: Actor, from_xid: int, upto_xid: int) -> Sequence[Mapping[str, Any]]:
    """Return the organisation's events of `from_xid <= xid < upto_xid` in sealing order, instants as UTC text."""
    window = {"organisation_id": actor.organisation_id, "from_xid": from_xid, "upto_xid": upto_xid}
    rows = session().execute(_EVENTS, window).mappings()
    return [dict(row) | {"at": row["at"].astimezone(UTC).isoformat()} for row in rows]


def list_seals(actor: Actor) -> list[Seal]:
    """Return the organisation's seals by number."""
    return [Seal(*row) for row in session().execute(_SEALS, {"organisation_id": actor.organisation_id})]
