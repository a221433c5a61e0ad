"""A job goes with the transaction that enqueues it, and the app can do no more than enqueue."""

from __future__ import annotations

from importlib.metadata import version

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from polyclinic.jobs.queue import enqueue
from polyclinic.kit.ids import new_id
from polyclinic.testing.databases import TestDatabase
from tests.jobs.conftest import Queue


def test_job_waits_in_the_queue_after_commit(queue: Queue) -> None:
    with queue.writes():
        enqueue("greet", queue.world.id, {"word": "hello"})

    arguments = {"organisation_id": str(queue.world.id), "payload": {"word": "hello"}}
    assert queue.jobs() == [{"task_name": "greet", "args": arguments, "status": "todo", "attempts": 0}]


def test_rollback_leaves_no_job(queue: Queue) -> None:
    with queue.writes() as db:
        enqueue("greet", queue.world.id, {})
        db.rollback()

    assert queue.jobs() == []


def test_job_of_another_organisation_is_refused_in_python(queue: Queue) -> None:
    with queue.writes(), pytest.raises(ValueError, match="organisation of the transaction"):
        enqueue("greet", new_id(), {})


def test_job_of_another_organisation_is_refused_by_the_database(queue: Queue) -> None:
    statement = text(
        "SELECT jobs.procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'greet', 0, NULL, NULL, "
        "jsonb_build_object('organisation_id', CAST(:other AS text)), NULL)::jobs.procrastinate_job_to_defer_v1])"
    )

    with pytest.raises(ProgrammingError, match="belongs to the organisation that enqueues it"), queue.writes() as db:
        db.execute(statement, {"other": str(new_id())})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM jobs.procrastinate_jobs",
        "SELECT * FROM jobs.procrastinate_events",
        "DELETE FROM jobs.procrastinate_jobs",
        "UPDATE jobs.procrastinate_jobs SET status = 'cancelled'",
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name) VALUES ('default', 'greet')",
        "TRUNCATE jobs.procrastinate_jobs CASCADE",
        "SELECT jobs.procrastinate_fetch_job_v2(NULL, 1)",
        "SELECT jobs.procrastinate_cancel_job_v1(1, false, true)",
        "SELECT organisations_with_jobs()",
    ],
)
def test_app_role_can_only_enqueue(database: TestDatabase, statement: str) -> None:
    with psycopg.connect(database.urls.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement.encode())


def test_schema_says_which_release_made_it(queue: Queue) -> None:
    rows = queue.rows("SELECT obj_description('jobs'::regnamespace) AS comment")

    assert rows == [{"comment": f"procrastinate {version('procrastinate')}"}]
