"""What the worker can do: one frozen declaration per kind of job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from polyclinic.access.actor import Actor

Payload: TypeAlias = Mapping[str, Any]
"""Ids and small facts; no clinical text and no contact data, because jobs are kept for a while after they ran."""


@dataclass(frozen=True)
class Task:
    """One kind of job of one organisation; `run` must be idempotent, because a job may run again after a crash.

    `run(actor, payload)` is called inside a transaction of the organisation; the actor is the system with every clinic.
    With `cron` (UTC) the job is enqueued for every organisation at those times, with an empty payload.
    """

    name: str
    run: Callable[[Actor, Payload], None]
    cron: str | None = None
