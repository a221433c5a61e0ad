"""Run one job: its own transaction of its organisation, the system as actor, retried as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from polyclinic.access.actor import Actor
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.queue import enqueue
from polyclinic.jobs.retrying import with_retries
from polyclinic.jobs.tasks import Task
from polyclinic.kit.db import install_tenant_setting, session, set_clinics, transaction

_ORGANISATIONS = text("SELECT organisations_with_jobs()")
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

    def run(self, task: Task, organisation_id: UUID, payload: Mapping[str, Any]) -> None:
        """Run one job and commit it; raises what the task raised when trying again does not help."""

        def unit() -> None:
            with transaction(self.connect, organisation_id=organisation_id):
                task.run(_actor_of(organisation_id), payload)

        with_retries(unit)

    def enqueue_everywhere(self, task: Task) -> int:
        """Enqueue a periodic task once for every organisation and return how many there are."""
        organisations = with_retries(self._organisations)
        for organisation_id in organisations:
            with_retries(lambda: self._enqueue(task, organisation_id))  # noqa: B023 -- called at once
        return len(organisations)

    def _organisations(self) -> list[UUID]:
        with transaction(self.connect):
            return list(session().execute(_ORGANISATIONS).scalars())

    def _enqueue(self, task: Task, organisation_id: UUID) -> None:
        with transaction(self.connect, organisation_id=organisation_id):
            enqueue(task.name, organisation_id, {}, lock=f"{task.name}:{organisation_id}")


def _actor_of(organisation_id: UUID) -> Actor:
    clinics = list(session().execute(_CLINICS, {"organisation_id": organisation_id}).scalars())
    set_clinics(clinics)
    return system_actor(organisation_id, clinics)
