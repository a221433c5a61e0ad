"""The worker: procrastinate's loop on its own schema, with our tasks registered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from polyclinic.jobs.queue import QUEUE
from polyclinic.jobs.retrying import is_transient
from polyclinic.jobs.running import JobRunner
from polyclinic.jobs.tasks import Runnable, Work

KEEP_HOURS = 72
"""Succeeded jobs are removed after this time; failed ones stay until somebody looked at them."""
LATER_SECONDS = (5, 60, 600)
"""When the quick retries did not help (the database restarts), the job is put back this often, this late."""
_EVERY_MINUTE = "* * * * *"
_NIGHTLY = "40 2 * * *"


class PutBackWhenTransient(BaseRetryStrategy):
    """Puts a job back in the queue when the database was away; every other error fails it for good."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when the job runs again, or None."""
        if job.attempts >= len(LATER_SECONDS) or not is_transient(exception):
            return None
        seconds = LATER_SECONDS[job.attempts] * random.uniform(0.8, 1.2)  # noqa: S311 -- jitter
        return RetryDecision(retry_in={"seconds": round(seconds)})


class AgainAfter(BaseRetryStrategy):
    """Puts a job back after any error, each time later, as often as there are waiting times."""

    def __init__(self, seconds: Sequence[int]) -> None:
        self.seconds = seconds

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 -- any
        """Return when the job runs again, or None."""
        if job.attempts >= len(self.seconds):
            return None
        return RetryDecision(retry_in={"seconds": self.seconds[job.attempts]})


def make_worker(worker_url: str, runner: JobRunner, tasks: Sequence[Runnable]) -> App:
    """Return procrastinate's application for `worker_url` (role `polyclinic_worker`) with `tasks` registered."""
    connector = PsycopgConnector(
        conninfo=worker_url, kwargs={"options": "-c search_path=jobs"}, min_size=1, max_size=4, timeout=10
    )
    app = App(connector=connector, worker_defaults={"queues": [QUEUE], "concurrency": 2})
    for task in tasks:
        if isinstance(task, Work) and task.retry_seconds:
            _register_persistent(app, runner, task)
        else:
            _register_task(app, runner, task)
        _register_turns(app, runner, task)
    _register_upkeep(app)
    return app


def _register_task(app: App, runner: JobRunner, task: Runnable) -> None:
    @app.task(name=task.name, queue=QUEUE, retry=PutBackWhenTransient())
    def run_job(*, organisation_id: str, payload: dict[str, Any]) -> None:
        runner.run(task, UUID(organisation_id), payload)


def _register_persistent(app: App, runner: JobRunner, work: Work) -> None:
    @app.task(name=work.name, queue=QUEUE, retry=AgainAfter(work.retry_seconds), pass_context=True)
    def run_job(context: JobContext, *, organisation_id: str, payload: dict[str, Any]) -> None:
        try:
            runner.run(work, UUID(organisation_id), payload)
        except BaseException:
            if context.job.attempts >= len(work.retry_seconds):
                work.give_up(runner.open_transaction, UUID(organisation_id), payload)
            raise


def _register_turns(app: App, runner: JobRunner, task: Runnable) -> None:
    if task.cron is None:
        return

    @app.periodic(cron=task.cron)
    @app.task(name=f"{task.name}.everywhere", queue=QUEUE, retry=PutBackWhenTransient())
    def enqueue_jobs(timestamp: int) -> None:  # noqa: ARG001 -- when it was due
        runner.enqueue_everywhere(task)


def _register_upkeep(app: App) -> None:
    @app.periodic(cron=_EVERY_MINUTE)
    @app.task(name="jobs.restart_stalled_jobs", queue=QUEUE, pass_context=True)
    async def restart_stalled_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 -- when it was due
        # Jobs whose worker was killed: tasks are idempotent, so they simply run again.
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs():
            await manager.retry_job(job)

    @app.periodic(cron=_NIGHTLY)
    @app.task(name="jobs.remove_old_jobs", queue=QUEUE, pass_context=True)
    async def remove_old_jobs(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 -- when it was due
        await context.app.job_manager.delete_old_jobs(nb_hours=KEEP_HOURS)
