"""A queue of its own per test: jobs are committed, so they need a database that is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from polyclinic.jobs.running import JobRunner
from polyclinic.jobs.tasks import Task
from polyclinic.jobs.worker import make_worker
from polyclinic.kit.db import make_engine, transaction
from polyclinic.testing.databases import TestDatabase
from polyclinic.testing.plugin import commit_world
from polyclinic.testing.worlds import World


@dataclass(frozen=True)
class Queue:
    """A database with one organisation, seen by the app (`writes`), the worker (`drain`) and the administrator."""

    database: TestDatabase
    world: World
    app_engine: Engine
    worker_engine: Engine

    def writes(self, organisation_id: UUID | None = None) -> AbstractContextManager[Session]:
        """Open a transaction of the app role."""
        connect = JobRunner.on(self.app_engine).connect
        return transaction(connect, organisation_id=organisation_id or self.world.id)

    def drain(self, *tasks: Task) -> None:
        """Run a real worker until the queue is empty."""
        worker = make_worker(self.database.urls.worker, JobRunner.on(self.worker_engine), tasks)
        worker.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return rows as the server's administrator sees them."""
        url = self.database.admin_url
        with psycopg.connect(url, dbname=self.database.name, row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()

    def jobs(self) -> list[dict[str, Any]]:
        """Return all jobs but the queue's own upkeep, oldest first."""
        return self.rows(
            "SELECT task_name, args, status::text, attempts FROM jobs.procrastinate_jobs "
            "WHERE task_name NOT LIKE 'jobs.%' ORDER BY id"
        )


@pytest.fixture
def queue(fresh_database: TestDatabase) -> Iterator[Queue]:
    """Return a queue on a database of its own."""
    app_engine = make_engine(fresh_database.urls.app, pool_timeout=5)
    worker_engine = make_engine(fresh_database.urls.worker, pool_timeout=5)
    yield Queue(fresh_database, commit_world(app_engine, "queue", "Queue"), app_engine, worker_engine)
    app_engine.dispose()
    worker_engine.dispose()
