"""What the tests of a plugin do about events and jobs: announce one, and have everything that is waiting done.

`emit(type, aggregate, id, payload)`  announce an event of core or of a plugin, as core would; `clinic_id=` where
`drain()`          run what waits in the test's transaction: deliveries in order, then jobs that are due -> `Drained`
`drain_worker`     the same on a database of its own (`live`), by a real worker that commits
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from polyclinic.audit.trail import Subject
from polyclinic.background import tasks
from polyclinic.jobs.running import JobRunner
from polyclinic.jobs.worker import make_worker
from polyclinic.kit import clock
from polyclinic.kit.db import make_engine
from polyclinic.plugins.announcing import announce
from polyclinic.plugins.background_work import run_job
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.core_events import CORE_EVENTS
from polyclinic.plugins.delivering import Delivered, deliver_queue, due_queues
from polyclinic.plugins.ports import WantedJob, ports, use_ports
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.vocabulary import DeliveryState
from polyclinic.testing.plugin import Live
from polyclinic.testing.worlds import World, system_actor

EVER = datetime.max.replace(tzinfo=UTC)
MOST_ROUNDS = 50


@dataclass(frozen=True)
class Drained:
    """What was done: the handlers that got an event, in order, and the jobs that ran."""

    deliveries: Sequence[Delivered] = ()
    jobs: Sequence[str] = ()

    @property
    def handlers(self) -> list[str]:
        """Return the keys of the handlers that answered."""
        return [one.handler for one in self.deliveries if one.state is DeliveryState.DONE]

    @property
    def failures(self) -> list[Delivered]:
        """Return the deliveries that failed; they are tried again by the next `drain()`."""
        return [one for one in self.deliveries if one.error is not None]


@dataclass
class Waiting:
    """The jobs that plugins asked for since the test began, and the way into the test's transaction."""

    runner: JobRunner
    jobs: list[tuple[UUID, str, WantedJob]] = field(default_factory=list)

    def enqueue(self, ctx: Ctx, wanted: WantedJob) -> None:
        """Keep a job; it stays in the database's queue too, which is rolled back with the test."""
        self.jobs.append((ctx.organisation_id, ctx.plugin_id, wanted))

    def deliver(self, organisation_id: UUID) -> list[Delivered]:
        """Deliver what is pending, whatever its time."""
        with self.runner.open_transaction(organisation_id):
            queues = due_queues(organisation_id, EVER)
        return [one for queue in queues for one in deliver_queue(self.runner.open_transaction, queue, due_by=EVER)]

    def run_due(self) -> list[str]:
        """Run the jobs whose time has come; raises what a job raises."""
        now = clock.now()
        due = [waiting for waiting in self.jobs if waiting[2].run_at is None or waiting[2].run_at <= now]
        self.jobs = [waiting for waiting in self.jobs if waiting not in due]
        for organisation_id, plugin_id, wanted in due:
            declared = runtime().registry.get(plugin_id).declarations.jobs
            job = next(job for job in declared if job.key == wanted.job_key)
            run_job(plugin_id, job, self.runner.open_transaction, organisation_id, wanted.payload)
        return [wanted.job_key for _, _, wanted in due]


@pytest.fixture
def waiting(app: Flask, joined: Callable[[], Session]) -> Iterator[Waiting]:  # noqa: ARG001 -- the application is put together
    """Return what waits to be done in the test's transaction."""
    made, before = Waiting(JobRunner(joined)), ports()

    def enqueue(ctx: Ctx, wanted: WantedJob) -> None:
        before.enqueue(ctx, wanted)
        made.enqueue(ctx, wanted)

    use_ports(replace(before, enqueue=enqueue))
    yield made
    use_ports(before)


@pytest.fixture
def drain(waiting: Waiting, world: World) -> Callable[..., Drained]:
    """Return the function that has everything done that waits; a handler that fails fails the test, unless allowed."""

    def run(*, allow_failures: bool = False) -> Drained:
        deliveries: list[Delivered] = []
        jobs: list[str] = []
        for _ in range(MOST_ROUNDS):
            delivered = waiting.deliver(world.id)
            ran = waiting.run_due()
            deliveries += delivered
            jobs += ran
            if not ran and not any(one.state is not DeliveryState.PENDING for one in delivered):
                return _checked(Drained(deliveries, jobs), allow_failures=allow_failures)
        pytest.fail("Events and jobs cause one another without end.")

    return run


@pytest.fixture
def emit(db: Any, world: World) -> Callable[..., UUID]:  # noqa: ARG001 -- announced in the test's transaction
    """Return the function that announces an event."""

    def tell(
        event_type: str,
        aggregate: str,
        aggregate_id: UUID,
        payload: Mapping[str, Any] | None = None,
        *,
        clinic_id: UUID | None = None,
    ) -> UUID:
        actor = system_actor(world.id, [clinic.id for clinic in world.clinics])
        owner = "core" if event_type in CORE_EVENTS else event_type.partition(".")[0]
        subject = Subject(aggregate, aggregate_id, clinic_id)
        return announce(actor, event_type, subject, payload=payload, plugin_id=owner)

    return tell


def drain_worker(live: Live) -> None:
    """Run a real worker on the database of `live` until its queue holds nothing that is due."""
    engine = make_engine(live.database.urls.worker, pool_timeout=5)
    worker = make_worker(live.database.urls.worker, JobRunner.on(engine), tasks(runtime().registry))
    try:
        worker.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)
    finally:
        engine.dispose()


def _checked(drained: Drained, *, allow_failures: bool) -> Drained:
    if drained.failures and not allow_failures:
        failed = drained.failures[0]
        raise AssertionError(f"{failed.handler} failed: {failed.error!r}") from failed.error
    return drained
