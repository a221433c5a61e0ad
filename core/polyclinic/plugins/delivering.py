"""Deliver events to plugins, in order for each thing: at least once, each in a transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.jobs.backoff import next_attempt
from polyclinic.jobs.queue import enqueue
from polyclinic.jobs.tasks import OpenTransaction
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.plugins.announcing import DELIVER, caused_by
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.events import Event, EventHandler
from polyclinic.plugins.isolation import describe_error
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import LoadedPlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.vocabulary import DeliveryState
from polyclinic.plugins.working import PluginWork, run_isolated

_log = structlog.get_logger(__name__)

# Whoever finds the first row locked leaves: the holder looks again after its commit, so nothing is left behind. The
# lock ends with the connection of a worker that is killed.
_FIRST = text(
    """
    SELECT d.id, d.handler, d.attempts, d.next_attempt_at, e.id AS event_id, e.type, e.version, e.occurred_at,
           e.organisation_id, e.clinic_id, e.aggregate, e.aggregate_id, e.actor_id, e.causation_id, e.payload
      FROM event_delivery d JOIN event e ON e.organisation_id = d.organisation_id AND e.id = d.event_id
     WHERE d.organisation_id = :organisation_id AND d.state = 'pending' AND d.id = (
           SELECT f.id FROM event_delivery f
            WHERE f.organisation_id = :organisation_id AND f.plugin_id = :plugin_id
              AND f.aggregate_id = :aggregate_id AND f.state = 'pending'
            ORDER BY f.position, f.id LIMIT 1)
       FOR UPDATE OF d SKIP LOCKED
    """
)
_NOTE = text(
    """
    UPDATE event_delivery SET state = :state, attempts = :attempts, last_error = :error,
           finished_at = CASE WHEN :state = 'pending' THEN NULL ELSE CAST(:now AS timestamptz) END,
           next_attempt_at = coalesce(CAST(:next_attempt_at AS timestamptz), next_attempt_at)
     WHERE organisation_id = :organisation_id AND id = :id AND state = 'pending'
    """
)
_DUE = text(
    """
    SELECT plugin_id, aggregate_id FROM (
        SELECT DISTINCT ON (plugin_id, aggregate_id) plugin_id, aggregate_id, next_attempt_at FROM event_delivery
         WHERE organisation_id = :organisation_id AND state = 'pending'
         ORDER BY plugin_id, aggregate_id, position, id) AS first
     WHERE next_attempt_at <= :due_by ORDER BY next_attempt_at LIMIT 500
    """
)


@dataclass(frozen=True)
class Queue:
    """The deliveries of one plugin about one thing: they run one after another."""

    organisation_id: UUID
    plugin_id: str
    aggregate_id: UUID


@dataclass(frozen=True)
class Delivered:
    """What became of one delivery."""

    handler: str
    event_id: UUID
    state: DeliveryState
    error: BaseException | None = field(default=None, compare=False)


def deliver_queue(
    open_transaction: OpenTransaction, queue: Queue, *, due_by: datetime | None = None
) -> list[Delivered]:
    """Deliver what is pending in order, until nothing is left, something fails, or another worker is at it."""
    delivered: list[Delivered] = []
    while True:
        one = _deliver_first(open_transaction, queue, due_by or clock.now())
        if one is not None:
            delivered.append(one)
        if one is None or one.state is DeliveryState.PENDING:
            return delivered


def due_queues(organisation_id: UUID, due_by: datetime) -> list[Queue]:
    """Return the queues of the running transaction's organisation whose first delivery is due."""
    parameters = {"organisation_id": organisation_id, "due_by": due_by}
    return [Queue(organisation_id, *row) for row in session().execute(_DUE, parameters)]


def _deliver_first(open_transaction: OpenTransaction, queue: Queue, due_by: datetime) -> Delivered | None:
    claimed: list[Any] = []
    try:
        with open_transaction(queue.organisation_id) as system:
            row = session().execute(_FIRST, vars(queue)).one_or_none()
            if row is None or row.next_attempt_at > due_by:
                return None
            claimed.append(row)
            return _deliver(system, queue, row)
    except Exception as error:
        if not claimed:
            raise
        # The handler broke the transaction itself. Without a database this raises too, and the job is put back.
        with open_transaction(queue.organisation_id) as system:
            return _fail(system, queue, claimed[0], error)


def _deliver(system: Actor, queue: Queue, row: Any) -> Delivered:
    plugin = runtime().registry.find(queue.plugin_id)
    handler = _handler(plugin, row.handler)
    if plugin is None or handler is None or not is_enabled(queue.organisation_id, row.clinic_id, plugin.id):
        return _finish(queue, row, DeliveryState.SKIPPED, attempts=row.attempts)
    event = _event(row)
    work = PluginWork(plugin, system, event.clinic_id)
    with caused_by(event.id):
        error = run_isolated(work, partial(_answer, handler, event))
    if error is not None:
        return _fail(system, queue, row, error)
    return _finish(queue, row, DeliveryState.DONE, attempts=row.attempts + 1)


def _answer(handler: EventHandler, event: Event, ctx: Ctx) -> None:
    handler.run(ctx, event)


def _handler(plugin: LoadedPlugin | None, key: str) -> EventHandler | None:
    if plugin is None or not plugin.is_active:
        return None
    return next((handler for handler in plugin.declarations.event_handlers if handler.key == key), None)


def _event(row: Any) -> Event:
    values = {name: getattr(row, name) for name in Event.__dataclass_fields__ if name != "id"}
    return Event(id=row.event_id, **values)


def _finish(queue: Queue, row: Any, state: DeliveryState, *, attempts: int) -> Delivered:
    _note(queue, row, {"state": state.value, "attempts": attempts})
    return Delivered(row.handler, row.event_id, state)


def _fail(system: Actor, queue: Queue, row: Any, error: BaseException) -> Delivered:
    attempts, told = row.attempts + 1, describe_error(error)
    again = next_attempt(attempts, clock.now())
    state = DeliveryState.DEAD if again is None else DeliveryState.PENDING
    _note(queue, row, {"state": state.value, "attempts": attempts, "error": told, "next_attempt_at": again})
    about = {"plugin": queue.plugin_id, "handler": row.handler, "event_type": row.type, "attempts": attempts}
    _log.warning("delivery_failed", delivery_id=str(row.id), error=told, state=state.value, **about)
    if again is None:
        trail.write(
            system, "plugin.delivery_dead", trail.Subject("event_delivery", row.id, row.clinic_id), detail=about
        )
    else:
        payload = {"plugin_id": queue.plugin_id, "aggregate_id": str(queue.aggregate_id)}
        enqueue(DELIVER, queue.organisation_id, payload, run_at=again)
    return Delivered(row.handler, row.event_id, state, error)


def _note(queue: Queue, row: Any, values: dict[str, Any]) -> None:
    parameters = {"error": None, "next_attempt_at": None, "now": clock.now()}
    session().execute(_NOTE, parameters | values | {"organisation_id": queue.organisation_id, "id": row.id})
