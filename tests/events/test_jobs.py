"""Jobs of plugins: enqueued with the act, run where the plugin is on, tried again, noted when they fail for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from procrastinate.jobs import Job as QueueJob
from sqlalchemy import text

from polyclinic.background import tasks
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.backoff import RETRY_SECONDS
from polyclinic.jobs.running import JobRunner
from polyclinic.jobs.tasks import Work
from polyclinic.jobs.worker import AgainAfter
from polyclinic.kit import clock
from polyclinic.plugins.background_work import JobFailed, remove_delivered
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.runtime import runtime, use_runtime
from polyclinic.plugins.work import Job
from polyclinic.plugins.working import PluginWork, context_of
from polyclinic.wiring import wire
from tests.events.conftest import a_plugin
from tests.events.test_delivering import ENABLE, jobs  # noqa: F401 -- fixture
from tests.jobs.conftest import Queue

LIMIT = text("SELECT current_setting('statement_timeout')")


@pytest.fixture
def ran() -> list[Any]:
    return []


@pytest.fixture
def counting(jobs: Queue, ran: list[Any]) -> Iterator[Queue]:  # noqa: F811
    def count(ctx, payload):
        ran.append((ctx.actor.name, dict(payload)))

    def break_off(ctx, _payload):
        ctx.once("kept?")
        raise ValueError("Tom Hale has a bad back")

    declared = (
        Job("counting.count", count),
        Job("counting.nightly", count, cron="0 3 * * *"),
        Job("counting.break_off", break_off),
        Job("counting.limit", lambda ctx, _: ran.append(ctx.db.execute(LIMIT).scalar_one()), timeout_seconds=600),
    )
    before = runtime()
    wire(PluginRegistry((a_plugin("counting", jobs=declared),)))
    with psycopg.connect(jobs.database.urls.owner, autocommit=True) as owner:
        owner.execute("INSERT INTO plugin_installation VALUES ('counting', '1.0', '1.0', 'installed')")
    with jobs.writes() as db:
        db.execute(ENABLE, {"organisation_id": jobs.world.id, "plugin_id": "counting", "clinic_id": None})
    yield jobs
    use_runtime(before)


def enqueue(queue: Queue, key: str, payload: dict[str, Any] | None = None, **options: Any) -> None:
    with queue.writes():
        clinics = [clinic.id for clinic in queue.world.clinics]
        system = system_actor(queue.world.id, clinics)
        ctx = context_of(PluginWork(runtime().registry.get("counting"), system))
        ctx.enqueue(key, payload, **options)


def own_jobs(queue: Queue) -> list[tuple[str, str, int]]:
    """Return the queue's jobs of plugins: the worker's own periodic ones come and go beside them."""
    found = [(job["task_name"], job["status"], job["attempts"]) for job in queue.jobs()]
    return [job for job in found if job[0].startswith("plugin:")]


def test_job_runs_after_the_commit_as_the_plugin(counting, ran):
    enqueue(counting, "counting.count", {"word": "hello"}, lock="one")

    counting.drain(*tasks(runtime().registry))

    assert ran == [("counting", {"word": "hello"})]


def test_job_of_another_plugin_is_refused(counting):
    with pytest.raises(ValueError, match="is not one of counting"):
        enqueue(counting, "listening.count")


def test_statement_timeout_is_the_jobs_own(counting, ran):
    enqueue(counting, "counting.limit")

    counting.drain(*tasks(runtime().registry))

    assert ran == ["10min"]


def test_job_is_not_run_where_the_plugin_is_off(counting, ran):
    enqueue(counting, "counting.count")
    with counting.writes() as db:
        db.execute(text("UPDATE plugin_enablement SET state = 'disabled'"))

    counting.drain(*tasks(runtime().registry))

    assert ran == []
    assert own_jobs(counting) == [("plugin:counting.count", "succeeded", 1)]


def test_periodic_job_is_enqueued_once_where_the_plugin_is_on(counting, ran):
    runner = JobRunner.on(counting.worker_engine)
    [nightly] = [task for task in tasks(runtime().registry) if task.name == "plugin:counting.nightly"]

    turns = [runner.enqueue_everywhere(nightly), runner.enqueue_everywhere(nightly)]
    counting.drain(*tasks(runtime().registry))
    with counting.writes() as db:
        db.execute(text("UPDATE plugin_enablement SET state = 'disabled'"))
    turns.append(runner.enqueue_everywhere(nightly))

    assert (nightly.cron, turns, ran) == ("0 3 * * *", [1, 0, 0], [("counting", {})])


def test_failed_job_waits_for_its_next_try_and_keeps_nothing(counting):
    enqueue(counting, "counting.break_off")

    counting.drain(*tasks(runtime().registry))

    assert own_jobs(counting) == [("plugin:counting.break_off", "todo", 1)]
    assert counting.rows("SELECT key FROM plugin_once") == []


def test_job_is_tried_again_eight_times_then_noted_in_the_trail(counting):
    work = next(task for task in tasks(runtime().registry) if task.name == "plugin:counting.break_off")
    assert isinstance(work, Work)
    tried = [
        QueueJob(id=1, queue="default", lock=None, queueing_lock=None, task_name="x", task_kwargs={}, attempts=attempts)
        for attempts in range(len(RETRY_SECONDS) + 1)
    ]
    again = [AgainAfter(RETRY_SECONDS).get_retry_decision(exception=ValueError(), job=job) for job in tried]

    work.give_up(JobRunner.on(counting.worker_engine).open_transaction, counting.world.id, {})

    assert [decision is not None for decision in again] == [True] * 8 + [False]
    assert counting.rows("SELECT detail FROM audit_event WHERE action = 'plugin.job_failed'") == [
        {"detail": {"plugin": "counting", "job": "counting.break_off"}}
    ]


def test_error_of_a_job_is_told_without_its_words(counting):
    work = next(task for task in tasks(runtime().registry) if task.name == "plugin:counting.break_off")

    with pytest.raises(JobFailed, match=r"The job counting\.break_off failed: ValueError at") as failed:
        JobRunner.on(counting.worker_engine).run(work, counting.world.id, {})

    assert ("Tom" in str(failed.value), failed.value.__suppress_context__) == (False, True)


def test_deliveries_that_are_done_are_removed_after_their_time(counting):
    made = text(
        "INSERT INTO event_delivery (organisation_id, id, event_id, plugin_id, handler, aggregate_id, position, state, "
        "next_attempt_at, finished_at) SELECT organisation_id, gen_random_uuid(), id, 'counting', :state, "
        "aggregate_id, position, :state, now(), "
        "CASE WHEN :state <> 'pending' THEN now() END FROM event ORDER BY position LIMIT 1"
    )
    with counting.writes() as db:
        for state in ("pending", "done", "skipped", "dead"):
            db.execute(made, {"state": state})

    with JobRunner.on(counting.worker_engine).open_transaction(counting.world.id):
        early = remove_delivered(counting.world.id)
        with clock.frozen(clock.now() + timedelta(days=31)):
            late = remove_delivered(counting.world.id)

    assert (early, late) == (0, 2)
    assert counting.rows("SELECT state FROM event_delivery ORDER BY 1") == [{"state": "dead"}, {"state": "pending"}]
