"""The plugins' part of the worker: delivering events, and the jobs that plugins declare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import text

from polyclinic.audit import trail
from polyclinic.jobs.backoff import RETRY_SECONDS
from polyclinic.jobs.tasks import OpenTransaction, Payload, Runnable, Work
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.plugins.announcing import DELIVER
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.delivering import Queue, deliver_queue, due_queues
from polyclinic.plugins.isolation import describe_error
from polyclinic.plugins.own_work import JOB
from polyclinic.plugins.queries import is_enabled
from polyclinic.plugins.registry import LoadedPlugin, PluginRegistry
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.work import Job
from polyclinic.plugins.working import PluginWork, run_isolated

DELIVER_DUE = "plugins.deliver_due"
KEEP_DELIVERED_DAYS = 30
"""How long a delivery that was done can be replayed."""


class JobFailed(RuntimeError):
    """A job of a plugin raised; says of what type and where, not in which words: they may quote what was entered."""


_log = structlog.get_logger(__name__)


def works_of(registry: PluginRegistry) -> Sequence[Runnable]:
    """Return what the worker does for these plugins."""
    jobs = [(plugin, job) for plugin in registry.active for job in plugin.declarations.jobs]
    return (
        Work(DELIVER, deliver),
        Work(DELIVER_DUE, deliver_due, cron="* * * * *", at_start=True),
        *(_work(plugin, job) for plugin, job in jobs),
    )


def deliver(open_transaction: OpenTransaction, organisation_id: UUID, payload: Payload) -> None:
    """Deliver what is pending for one plugin about one thing."""
    queue = Queue(organisation_id, payload["plugin_id"], UUID(payload["aggregate_id"]))
    deliver_queue(open_transaction, queue)


def deliver_due(open_transaction: OpenTransaction, organisation_id: UUID, _payload: Payload) -> None:
    """Deliver what was left behind by a worker that is gone."""
    with open_transaction(organisation_id):
        queues = due_queues(organisation_id, clock.now())
    for queue in queues:
        deliver_queue(open_transaction, queue)


_REMOVE = text(
    "DELETE FROM event_delivery WHERE organisation_id = :organisation_id AND state IN ('done', 'skipped') "
    "AND finished_at < :before RETURNING id"
)


def remove_delivered(organisation_id: UUID) -> int:
    """Remove deliveries that were done long ago and return how many there were; the events stay, dead ones too."""
    parameters = {"organisation_id": organisation_id, "before": clock.now() - timedelta(days=KEEP_DELIVERED_DAYS)}
    return len(session().execute(_REMOVE, parameters).all())


def run_job(
    plugin_id: str, job: Job, open_transaction: OpenTransaction, organisation_id: UUID, payload: Payload
) -> None:
    """Run one job of a plugin where it is on; raises `JobFailed`, and then nothing of it is kept."""
    with open_transaction(organisation_id) as system:
        plugin = runtime().registry.get(plugin_id)
        if not is_enabled(organisation_id, None, plugin_id):
            _log.info("job_skipped", plugin=plugin_id, job=job.key)
            return
        work = PluginWork(plugin, system, timeout_seconds=job.timeout_seconds)
        error = run_isolated(work, partial(_call, job, payload))
        if error is not None:
            raise JobFailed(f"The job {job.key} failed: {describe_error(error)}.") from None


def give_up_job(
    plugin_id: str, job: Job, open_transaction: OpenTransaction, organisation_id: UUID, _payload: Payload
) -> None:
    """Write into the trail that a job of a plugin failed for good."""
    with open_transaction(organisation_id) as system:
        subject = trail.Subject("plugin")
        trail.write(system, "plugin.job_failed", subject, detail={"plugin": plugin_id, "job": job.key})


def _call(job: Job, payload: Payload, ctx: Ctx) -> None:
    job.run(ctx, payload)


def _work(plugin: LoadedPlugin, job: Job) -> Work:
    return Work(
        JOB.format(key=job.key),
        partial(run_job, plugin.id, job),
        cron=job.cron,
        retry_seconds=RETRY_SECONDS,
        give_up=partial(give_up_job, plugin.id, job),
        is_wanted=lambda organisation_id: is_enabled(organisation_id, None, plugin.id),
    )
