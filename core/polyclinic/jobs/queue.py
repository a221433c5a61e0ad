"""Enqueue a job in the running transaction: the queue row is the outbox, and goes with a rollback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from polyclinic.jobs.tasks import Payload
from polyclinic.kit.db import TENANT_KEY, session

QUEUE = "default"

# The SQL function behind procrastinate's own `defer`, called by its full name on the caller's connection: the
# web process needs neither a pool nor a search path of procrastinate's.
_DEFER = text(
    """
    SELECT unnest(jobs.procrastinate_defer_jobs_v1(ARRAY[ROW(
        CAST(:queue AS varchar), CAST(:task AS varchar), 0, CAST(:lock AS text), NULL,
        CAST(:args AS jsonb), CAST(:run_at AS timestamptz)
    )::jobs.procrastinate_job_to_defer_v1]))
    """
)

_DEFER_ALL = text(
    """
    SELECT jobs.procrastinate_defer_jobs_v1(ARRAY(
        SELECT ROW(CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL, NULL, args, NULL)
               ::jobs.procrastinate_job_to_defer_v1
          FROM jsonb_array_elements(CAST(:jobs AS jsonb)) AS args))
    """
)


def enqueue(
    task_name: str, organisation_id: UUID, payload: Payload, *, run_at: datetime | None = None, lock: str | None = None
) -> int:
    """Add a job to the running transaction and return its number; it starts after the commit, not before `run_at`.

    Jobs with the same `lock` run one after another. Raises `ValueError` for another organisation than the running one.
    """
    arguments = json.dumps(_arguments(organisation_id, payload))
    values = {"queue": QUEUE, "task": task_name, "lock": lock, "args": arguments, "run_at": run_at}
    job_id: int = session().execute(_DEFER, values).scalar_one()
    return job_id


def enqueue_all(task_name: str, organisation_id: UUID, payloads: Sequence[Payload]) -> None:
    """Add one job for each payload to the running transaction, with one statement."""
    jobs = json.dumps([_arguments(organisation_id, payload) for payload in payloads])
    session().execute(_DEFER_ALL, {"queue": QUEUE, "task": task_name, "jobs": jobs})


def _arguments(organisation_id: UUID, payload: Payload) -> dict[str, Any]:
    if session().info.get(TENANT_KEY) != organisation_id:
        raise ValueError("a job belongs to the organisation of the transaction that enqueues it")
    return {"organisation_id": str(organisation_id), "payload": dict(payload)}
