"""A real worker runs jobs as the system, once for every organisation, and gives up on what cannot succeed."""

from __future__ import annotations

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.jobs.queue import enqueue
from polyclinic.jobs.running import JobRunner
from polyclinic.jobs.tasks import Payload, Task
from polyclinic.jobs.worker import PutBackWhenTransient
from polyclinic.kit.db import session
from polyclinic.testing.plugin import commit_world
from tests.jobs.conftest import Queue


def test_job_runs_in_its_organisation_with_explicit_clinics(queue: Queue) -> None:
    seen: list[tuple[Actor, Payload, object, object]] = []

    def look(actor: Actor, payload: Payload) -> None:
        role, clinics = session().execute(text("SELECT current_user, current_setting('app.clinic_ids')")).one()
        seen.append((actor, payload, role, clinics))

    with queue.writes():
        enqueue("look", queue.world.id, {"word": "hello"})
    queue.drain(Task("look", look))

    [(actor, payload, role, clinics)] = seen
    expected = sorted(clinic.id for clinic in queue.world.clinics)
    assert (actor.kind, actor.organisation_id, list(actor.clinic_ids)) == (
        ActorKind.SYSTEM,
        queue.world.id,
        expected,
    )
    assert (payload, role, clinics) == ({"word": "hello"}, "polyclinic_worker", ",".join(map(str, expected)))
    assert [job["status"] for job in queue.jobs()] == ["succeeded"]


def test_failed_job_rolls_back_and_is_kept(queue: Queue) -> None:
    def break_off(actor: Actor, _payload: Payload) -> None:
        session().execute(text("UPDATE organisation SET name = 'Broken' WHERE id = :id"), {"id": actor.organisation_id})
        raise RuntimeError("a defect")

    with queue.writes():
        enqueue("break_off", queue.world.id, {})
    queue.drain(Task("break_off", break_off))

    assert [(job["status"], job["attempts"]) for job in queue.jobs()] == [("failed", 1)]
    assert queue.rows("SELECT name FROM organisation") == [{"name": "Queue"}]


def test_deadlock_is_retried_within_the_same_job(queue: Queue) -> None:
    attempts: list[int] = []

    def stumble(_actor: Actor, _payload: Payload) -> None:
        attempts.append(1)
        if len(attempts) < 3:
            session().execute(text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$"))

    with queue.writes():
        enqueue("stumble", queue.world.id, {})
    queue.drain(Task("stumble", stumble))

    assert len(attempts) == 3
    assert [(job["status"], job["attempts"]) for job in queue.jobs()] == [("succeeded", 1)]


def test_unique_violation_is_not_retried(queue: Queue) -> None:
    attempts: list[int] = []

    def collide(_actor: Actor, _payload: Payload) -> None:
        attempts.append(1)
        session().execute(text("DO $$ BEGIN RAISE EXCEPTION 'taken' USING ERRCODE = '23505'; END $$"))

    with queue.writes():
        enqueue("collide", queue.world.id, {})
    queue.drain(Task("collide", collide))

    assert len(attempts) == 1
    assert [job["status"] for job in queue.jobs()] == ["failed"]


def test_job_is_put_back_while_the_database_is_away(queue: Queue) -> None:
    def lose(_actor: Actor, _payload: Payload) -> None:
        session().execute(text("DO $$ BEGIN RAISE EXCEPTION 'going down' USING ERRCODE = '57P01'; END $$"))

    with queue.writes():
        enqueue("lose", queue.world.id, {})
    queue.drain(Task("lose", lose))

    assert [(job["status"], job["attempts"]) for job in queue.jobs()] == [("todo", 1)]


def test_periodic_task_is_enqueued_for_every_organisation(queue: Queue) -> None:
    second = commit_world(queue.app_engine, "second", "Second")
    seen: list[object] = []
    task = Task("count", lambda actor, _payload: seen.append(actor.organisation_id), cron="0 4 * * *")

    enqueued = JobRunner.on(queue.worker_engine).enqueue_everywhere(task)
    queue.drain(task)

    assert enqueued == 2
    assert sorted(seen, key=str) == sorted([queue.world.id, second.id], key=str)


def test_worker_sees_no_row_without_an_organisation(queue: Queue) -> None:
    with queue.worker_engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM member")).scalar_one()

    assert count == 0


@pytest.mark.parametrize("attempts", [0, 1, 2])
def test_error_of_our_own_is_never_put_back(attempts: int) -> None:
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="x", task_kwargs={}, attempts=attempts)

    assert PutBackWhenTransient().get_retry_decision(exception=ValueError("x"), job=job) is None
