"""Run one job: its own transaction of its organisation, the system as actor, retried as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from polyclinic.access.actor import Actor
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.queue import enqueue
from polyclinic.jobs.retrying import with_retries
from polyclinic.jobs.tasks import Runnable, Work
from polyclinic.kit.db import install_tenant_setting, session, set_clinics, transaction

_ORGANISATIONS = text("SELECT organisations_with_jobs()")
_WAITING = text("SELECT EXISTS (SELECT 1 FROM jobs.procrastinate_jobs WHERE lock = :lock AND status = 'todo')")
_CLINICS = text("SELECT id FROM clinic WHERE organisation_id = :organisation_id ORDER BY id")


@dataclass(frozen=True)
class JobRunner:
    """Runs jobs on the worker's own engine; safe to call from several threads."""

    connect: Callable[[], Session]

    @classmethod
    def on(cls, engine: Engine) -> JobRunner:
        """Return a runner whose transactions set their tenant together with BEGIN."""
        factory = sessionmaker(engine, expire_on_commit=False)
        install_tenant_setting(factory)
        return cls(factory)

    def run(self, task: Runnable, organisation_id: UUID, payload: Mapping[str, Any]) -> None:
        """Run one job and commit it; raises what the task raised when trying again does not help."""
        if isinstance(task, Work):
            task.run(self.open_transaction, organisation_id, payload)
            return

        def unit() -> None:
            with self.open_transaction(organisation_id) as actor:
                task.run(actor, payload)

        with_retries(unit)

    @contextmanager
    def open_transaction(self, organisation_id: UUID) -> Iterator[Actor]:
        """Open a transaction of an organisation, with the system as actor; committed at the end."""
        with transaction(self.connect, organisation_id=organisation_id):
            yield _actor_of(organisation_id)

    def enqueue_everywhere(self, task: Runnable) -> int:
        """Enqueue a periodic task once for every organisation that wants it, and return how many these are."""
        organisations = with_retries(self._organisations)
        return sum(with_retries(partial(self._enqueue, task, organisation_id)) for organisation_id in organisations)

    def _organisations(self) -> list[UUID]:
        with transaction(self.connect):
            return list(session().execute(_ORGANISATIONS).scalars())

    def _enqueue(self, task: Runnable, organisation_id: UUID) -> bool:
        lock = f"{task.name}:{organisation_id}"
        with transaction(self.connect, organisation_id=organisation_id):
            # One that waits, or waits to be tried again, does the work of this turn too.
            is_wanted = not isinstance(task, Work) or (task.is_wanted(organisation_id) and not _waits(lock))
            if is_wanted:
                enqueue(task.name, organisation_id, {}, lock=lock)
            return is_wanted


def _waits(lock: str) -> bool:
    return bool(session().execute(_WAITING, {"lock": lock}).scalar_one())


def _actor_of(organisation_id: UUID) -> Actor:
    clinics = list(session().execute(_CLINICS, {"organisation_id": organisation_id}).scalars())
    set_clinics(clinics)
    return system_actor(organisation_id, clinics)
