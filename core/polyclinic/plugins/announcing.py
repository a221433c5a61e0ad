"""Announce events in the transaction that causes them; the worker delivers them to plugins after it has committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.audit.trail import Subject
from polyclinic.jobs.queue import enqueue_all
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.gathering import insert_row
from polyclinic.kit.ids import new_id
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.plugins.events import EventHandler, EventType
from polyclinic.plugins.plain_facts import plain_facts
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.sections import CORE

DELIVER = "plugins.deliver"
"""The task that delivers what is pending for one plugin and one thing."""

_EVENT = """
    INSERT INTO event (organisation_id, id, type, version, occurred_at, clinic_id, aggregate, aggregate_id, actor_id,
                       causation_id, payload)
    VALUES (:organisation_id, :id, :type, :version, :occurred_at, :clinic_id, :aggregate, :aggregate_id, :actor_id,
            :causation_id, CAST(:payload AS jsonb))
"""
_INSERT = text(_EVENT)
_INSERT_FOR = text(
    f"""
    WITH announced AS ({_EVENT} RETURNING position)
    INSERT INTO event_delivery (organisation_id, id, event_id, plugin_id, handler, clinic_id, aggregate_id, position,
                                next_attempt_at)
    SELECT :organisation_id, d.id, :id, d.plugin_id, d.handler, :clinic_id, :aggregate_id, announced.position,
           :occurred_at
      FROM announced, unnest(CAST(:ids AS uuid[]), CAST(:plugins AS text[]), CAST(:handlers AS text[]))
                      AS d (id, plugin_id, handler)
    """  # noqa: S608 -- built from the constant above
)
_causation: ContextVar[UUID | None] = ContextVar("polyclinic_causation", default=None)
_is_recording_only: ContextVar[bool] = ContextVar("polyclinic_recording_only", default=False)


def announce(
    actor: Actor,
    event_type: str,
    subject: Subject,
    *,
    payload: Mapping[str, Any] | None = None,
    plugin_id: str = CORE,
) -> UUID:
    """Add an event to the running transaction, with a delivery to every handler that is on, and return its id.

    Costs one statement while nobody listens. Raises `ValueError` for an event or a name in the payload that the
    catalogue does not know, for a plugin that announces what is not its own, and for a subject without an id.
    """
    declared = _declared(event_type, plugin_id)
    facts = payload or {}
    if not facts.keys() <= declared.payload.keys():
        raise ValueError(f"{event_type} says nothing of {', '.join(sorted(facts.keys() - declared.payload.keys()))}")
    if subject.object_id is None:
        raise ValueError("an event is about one thing: give the subject an id")
    event_id = new_id()
    values = {
        "organisation_id": actor.organisation_id,
        "id": event_id,
        "type": declared.key,
        "version": declared.version,
        "occurred_at": clock.now(),
        "clinic_id": subject.clinic_id,
        "aggregate": subject.object_type,
        "aggregate_id": subject.object_id,
        "actor_id": actor.key_id or actor.member_id,
        "causation_id": _causation.get(),
        "payload": orjson.dumps(plain_facts(facts)).decode(),
    }
    _store(actor, values, _listeners(actor, event_type, subject.clinic_id))
    return event_id


@contextmanager
def recording_only() -> Iterator[None]:
    """Keep the events of the block without delivering them: they tell of a past that plugins are given otherwise."""
    token = _is_recording_only.set(True)
    try:
        yield
    finally:
        _is_recording_only.reset(token)


@contextmanager
def caused_by(event_id: UUID) -> Iterator[None]:
    """Name the event that the events of the block follow from."""
    token = _causation.set(event_id)
    try:
        yield
    finally:
        _causation.reset(token)


def _declared(event_type: str, plugin_id: str) -> EventType:
    declared = runtime().registry.event_types.get(event_type)
    if declared is None:
        raise ValueError(f'the event "{event_type}" is declared nowhere')
    owner = CORE if event_type in CORE_EVENTS else event_type.partition(".")[0]
    if owner != plugin_id:
        raise ValueError(f'the event "{event_type}" is not one of {plugin_id}')
    return declared


def _listeners(actor: Actor, event_type: str, clinic_id: UUID | None) -> list[tuple[str, EventHandler]]:
    handlers = runtime().registry.event_handlers.get(event_type, ())
    if not handlers or _is_recording_only.get():
        return []
    return [found for found in handlers if is_enabled(actor.organisation_id, clinic_id, found[0])]


def _store(actor: Actor, values: dict[str, Any], listeners: list[tuple[str, EventHandler]]) -> None:
    if not listeners:
        insert_row(_INSERT, values)
        return
    plugins = [plugin_id for plugin_id, _ in listeners]
    deliveries = {
        "ids": [new_id() for _ in listeners],
        "plugins": plugins,
        "handlers": [handler.key for _, handler in listeners],
    }
    session().execute(_INSERT_FOR, values | deliveries)
    about = {"aggregate_id": str(values["aggregate_id"])}
    jobs = [{"plugin_id": plugin_id} | about for plugin_id in dict.fromkeys(plugins)]
    enqueue_all(DELIVER, actor.organisation_id, jobs)
