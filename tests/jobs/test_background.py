"""Housekeeping removes what has served its time, in one organisation, and says how much."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from polyclinic import background
from polyclinic.jobs.actors import system_actor
from polyclinic.jobs.queue import enqueue
from polyclinic.kit import clock
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.therapists.commands import CreateRegistration, CreateTherapist
from polyclinic.therapists.services.profiles import create_therapist
from polyclinic.therapists.services.registrations import create_registration
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
    names = [task.name for task in background.tasks(PluginRegistry())]

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

    queue.drain(*background.tasks(PluginRegistry()))

    assert queue.rows("SELECT key FROM idempotency_key") == [{"key": "new"}]
    assert queue.rows("SELECT secret_hash FROM sign_in_session ORDER BY 1") == [
        {"secret_hash": "just revoked"},
        {"secret_hash": "live"},
    ]
    removed = {"deliveries": 0, "idempotency_keys": 1, "sent_mail": 0, "sign_in_sessions": 2}
    assert queue.rows("SELECT actor_kind, detail FROM audit_event WHERE action = 'housekeeping.removed'") == [
        {"actor_kind": "system", "detail": removed}
    ]


def test_registrations_are_announced_once_before_they_end(queue: Queue) -> None:
    today = clock.now().date()
    clinic_ids = [clinic.id for clinic in queue.world.clinics]
    actor = system_actor(queue.world.id, clinic_ids)
    with queue.writes():
        therapist = create_therapist(actor, CreateTherapist("Ada Okafor", tuple(clinic_ids), ("massage",)))
        for number, days in (("in 7 days", 7), ("in 8 days", 8), ("in 60 days", 60)):
            command = CreateRegistration(
                therapist.id, "Board", number, "massage", today - timedelta(days=90), today + timedelta(days=days)
            )
            create_registration(actor, command)
        for _ in range(2):
            enqueue("therapists.announce_expiring_registrations", queue.world.id, {}, lock="one after another")

    queue.drain(*background.tasks(PluginRegistry()))

    announced = queue.rows(
        "SELECT r.number, a.detail FROM audit_event a JOIN registration r ON r.id = a.object_id "
        "WHERE a.action = 'registration.expires_soon' ORDER BY 1"
    )
    assert announced == [
        {"number": "in 60 days", "detail": {"days_left": 60}},
        {"number": "in 7 days", "detail": {"days_left": 7}},
    ]
