"""Have deliveries done again: one, the dead ones, or all since an instant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scope
from polyclinic.audit import trail
from polyclinic.jobs.queue import enqueue_all
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict
from polyclinic.plugins.announcing import DELIVER
from polyclinic.plugins.deliveries import DeliveryRow, get_delivery
from polyclinic.plugins.vocabulary import DeliveryState

WRITE = "plugins:write"

_AGAIN = """
    UPDATE event_delivery d SET state = 'pending', attempts = 0, next_attempt_at = :now, finished_at = NULL
     WHERE d.organisation_id = :organisation_id AND d.plugin_id = :plugin_id AND d.state <> 'pending'
       AND (d.clinic_id IS NULL OR d.clinic_id = ANY(:clinic_ids)) AND {which}
    RETURNING d.id, d.aggregate_id
"""
_ONE = text(_AGAIN.format(which="d.id = :id"))
_DEAD = text(_AGAIN.format(which="d.state = 'dead'"))
_SINCE = text(
    _AGAIN.format(
        which="EXISTS (SELECT 1 FROM event e WHERE e.organisation_id = d.organisation_id AND e.id = d.event_id "
        "AND e.occurred_at >= :since)"
    )
)


def replay_delivery(actor: Actor, plugin_id: str, delivery_id: UUID) -> DeliveryRow:
    """Have one delivery done again, before what waits for the same thing; raises `NotFound`, `Conflict`."""
    require(actor, WRITE)
    known = get_delivery(actor, plugin_id, delivery_id, permission=WRITE)
    if known.state is DeliveryState.PENDING:
        raise Conflict("This delivery is waiting already. It is tried again by itself.", code="already_waiting")
    _again(actor, plugin_id, _ONE, {"id": delivery_id})
    return get_delivery(actor, plugin_id, delivery_id, permission=WRITE)


def replay_dead(actor: Actor, plugin_id: str) -> int:
    """Have everything that failed for good done again and return how much that is."""
    require(actor, WRITE)
    return _again(actor, plugin_id, _DEAD, {})


def replay_since(actor: Actor, plugin_id: str, since: datetime) -> int:
    """Have everything that happened since then delivered again and return how much that is."""
    require(actor, WRITE)
    return _again(actor, plugin_id, _SINCE, {"since": since})


def _again(actor: Actor, plugin_id: str, statement: Any, which: dict[str, Any]) -> int:
    parameters = scope(actor, WRITE) | {"plugin_id": plugin_id, "now": clock.now()} | which
    rows = session().execute(statement, parameters).all()
    _enqueue(actor, plugin_id, (row.aggregate_id for row in rows))
    detail = {"plugin": plugin_id, "count": len(rows)}
    trail.write(actor, "plugin.deliveries_replayed", trail.Subject("event_delivery", which.get("id")), detail=detail)
    return len(rows)


def _enqueue(actor: Actor, plugin_id: str, aggregate_ids: Iterable[UUID]) -> None:
    jobs = [{"plugin_id": plugin_id, "aggregate_id": str(found)} for found in dict.fromkeys(aggregate_ids)]
    if jobs:
        enqueue_all(DELIVER, actor.organisation_id, jobs)
