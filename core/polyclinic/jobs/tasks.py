"""What the worker can do: one frozen declaration per kind of job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from polyclinic.access.actor import Actor

Payload: TypeAlias = Mapping[str, Any]
"""Ids and small facts; no clinical text and no contact data, because jobs are kept for a while after they ran."""

OpenTransaction: TypeAlias = Callable[[UUID], AbstractContextManager[Actor]]
"""Opens a transaction of an organisation, commits it at the end, and yields the system with every clinic."""


@dataclass(frozen=True)
class Task:
    """One kind of job of one organisation; `run` must be idempotent, because a job may run again after a crash.

    `run(actor, payload)` is called inside a transaction of the organisation; the actor is the system with every clinic.
    With `cron` (UTC) the job is enqueued for every organisation at those times, with an empty payload.
    """

    name: str
    run: Callable[[Actor, Payload], None]
    cron: str | None = None


def _everywhere(_organisation_id: UUID) -> bool:
    return True


def _nothing(_open_transaction: OpenTransaction, _organisation_id: UUID, _payload: Payload) -> None:
    """Leave what failed for good as it is."""


@dataclass(frozen=True)
class Work:
    """One kind of job that opens its own transactions: `run(open_transaction, organisation_id, payload)`.

    Whatever error it raises, it runs again after each of `retry_seconds`; then `give_up` is called in its place.
    With `at_start` a worker does it first of all, for every organisation: what a killed one left behind.
    `is_wanted` is asked, in a transaction of the organisation, before a periodic one is enqueued.
    """

    name: str
    run: Callable[[OpenTransaction, UUID, Payload], None]
    cron: str | None = None
    at_start: bool = False
    retry_seconds: Sequence[int] = ()
    give_up: Callable[[OpenTransaction, UUID, Payload], None] = _nothing
    is_wanted: Callable[[UUID], bool] = _everywhere


Runnable: TypeAlias = Task | Work
