"""Events: facts announced to plugins after the transaction that caused them has committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class EventType:
    """A kind of event: `key` is `<noun>.<past verb>`, a plugin's own starts with `<plugin id>.`.

    `payload` maps each name of the payload to a sentence about it. A payload holds ids and small facts, never clinical
    text or contact data. `on` and `was_on`, where they occur, are local dates (ISO 8601) of the clinic concerned.
    """

    key: str
    version: int
    title: str
    payload: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """One event as a handler gets it; `aggregate` and `aggregate_id` name the thing it is about.

    Delivered at least once, and in order for each thing: give `id` to `ctx.once` where a repeat would do harm.
    """

    id: UUID
    type: str
    version: int
    occurred_at: datetime
    organisation_id: UUID
    clinic_id: UUID | None
    aggregate: str
    aggregate_id: UUID
    actor_id: UUID | None
    causation_id: UUID | None
    """The event whose handler caused this one, if any."""
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class EventHandler:
    """A plugin's answer to one kind of event: `run(ctx, event)` is called in the worker, in a transaction of its own.

    `event` is the key of an event type of core or of any plugin. `key` is `<plugin id>.<name>`.
    """

    event: str
    key: str
    run: Callable[..., None]
