"""Every kind of job that the worker runs: the composition root of background work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.audit.keys import read_key
from polyclinic.audit.sealing import seal_events
from polyclinic.identity.services import retention
from polyclinic.jobs.tasks import Payload, Runnable, Task
from polyclinic.kit import clock
from polyclinic.mail.sending import mail_tasks, remove_sent
from polyclinic.plugins.background_work import remove_delivered, works_of
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.therapists.services.expiring import announce_expiring_registrations
from polyclinic.web.idempotency import forget_keys

IDEMPOTENCY_HOURS = 48
"""A repeated request is recognised at least this long (rest-api documentation)."""
ENDED_SIGN_IN_DAYS = 30
"""How long it stays visible from where somebody was signed in."""

_log = structlog.get_logger(__name__)


def tasks(registry: PluginRegistry) -> Sequence[Runnable]:
    """Return all tasks of core and of the plugins, each with a name of its own."""
    return (
        Task("housekeeping.remove_expired", remove_expired, cron="17 * * * *"),
        Task("therapists.announce_expiring_registrations", announce_registrations, cron="5 1 * * *"),
        Task("audit.seal", seal_trail, cron="* * * * *"),
        *mail_tasks(),
        *works_of(registry),
    )


def announce_registrations(actor: Actor, _payload: Payload) -> None:
    """Write into the trail, and count in the log, which registrations soon end."""
    announced = announce_expiring_registrations(actor, clock.now().date())
    if announced:
        _log.info("registrations_expire_soon", organisation_id=str(actor.organisation_id), count=announced)


def seal_trail(actor: Actor, _payload: Payload) -> None:
    """Seal the committed audit events; without a key (POLYCLINIC_AUDIT_KEY) the trail stays unsealed."""
    key = _sealing_key(os.environ.get("POLYCLINIC_AUDIT_KEY", ""))
    while key is not None and seal_events(actor, key) is not None:
        pass


@cache
def _sealing_key(path: str) -> Ed25519PrivateKey | None:
    return read_key(Path(path)) if path else None


def remove_expired(actor: Actor, _payload: Payload) -> None:
    """Remove keys, ended sessions and sent mail that have served their time; the audit trail keeps the numbers."""
    now = clock.now()
    removed = {
        "idempotency_keys": forget_keys(actor.organisation_id, now - timedelta(hours=IDEMPOTENCY_HOURS)),
        "deliveries": remove_delivered(actor.organisation_id),
        "sent_mail": remove_sent(actor.organisation_id),
        "sign_in_sessions": retention.remove_ended_sessions(actor, now - timedelta(days=ENDED_SIGN_IN_DAYS)),
    }
    if any(removed.values()):
        trail.write(actor, "housekeeping.removed", trail.Subject("organisation", actor.organisation_id), detail=removed)
