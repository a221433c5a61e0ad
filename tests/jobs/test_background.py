"""Housekeeping removes what has served its time, in one organisation, and says how much."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from polyclinic import background
from polyclinic.jobs.queue import enqueue
from polyclinic.kit import clock
from tests.jobs.conftest import Queue

KEY = text(
    "INSERT INTO idempotency_key (organisation_id, principal, key, method, path, request_sha256, created_at) "
    "VALUES (:organisation_id, 'member', :key, 'POST', '/x', 'abc', :at)"
)
SESSION = text(
    "INSERT INTO sign_in_session (organisation_id, id, member_id, user_id, secret_hash, created_at, last_seen_at, "
    "expires_at, revoked_at) VALUES (:organisation_id, gen_random_uuid(), :member_id, :user_id, :hash, :at, :at, "
    ":expires_at, :revoked_at)"
)


def test_names_of_tasks_are_unique() -> None:
    names = [task.name for task in background.tasks()]

    assert len(set(names)) == len(names)


def test_expired_keys_and_ended_sessions_are_removed(queue: Queue) -> None:
    now = clock.now()
    member = queue.world.people["therapist"].member
    person = {"organisation_id": queue.world.id, "member_id": member.id, "user_id": member.user_id, "at": now}
    long_ago, soon = now - timedelta(days=31), now + timedelta(hours=1)
    with queue.writes() as db:
        for key, age in (("old", timedelta(hours=49)), ("new", timedelta(hours=47))):
            db.execute(KEY, {"organisation_id": queue.world.id, "key": key, "at": now - age})
        for name, expires_at, revoked_at in (
            ("expired", long_ago, None),
            ("revoked", soon, long_ago),
            ("just revoked", soon, now),
            ("live", soon, None),
        ):
            db.execute(SESSION, person | {"hash": name, "expires_at": expires_at, "revoked_at": revoked_at})
        enqueue("housekeeping.remove_expired", queue.world.id, {})

    queue.drain(*background.tasks())

    assert queue.rows("SELECT key FROM idempotency_key") == [{"key": "new"}]
    assert queue.rows("SELECT secret_hash FROM sign_in_session ORDER BY 1") == [
        {"secret_hash": "just revoked"},
        {"secret_hash": "live"},
    ]
    assert queue.rows("SELECT actor_kind, detail FROM audit_event WHERE action = 'housekeeping.removed'") == [
        {"actor_kind": "system", "detail": {"idempotency_keys": 1, "sign_in_sessions": 2}}
    ]
