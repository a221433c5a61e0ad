"""Tell in time that a registration is about to end."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Date, bindparam, exists

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.audit.models import AuditEvent
from polyclinic.kit.db import session
from polyclinic.therapists.models import Registration, Therapist

NOTICE_DAYS = (60, 30, 14, 7, 1)
"""How many days before its last day a registration is announced."""
ACTION = "registration.expires_soon"

# The same registration and day are announced once, also when the job runs again.
_ANNOUNCED = exists().where(
    AuditEvent.organisation_id == Registration.organisation_id,
    AuditEvent.object_id == Registration.id,
    AuditEvent.action == ACTION,
    AuditEvent.detail["days_left"].as_integer() == Registration.expires_on - bindparam("today", type_=Date()),
)
_DUE = (
    scoped_everywhere(Registration, Registration.id, Registration.expires_on)
    .join(
        Therapist,
        (Therapist.organisation_id == Registration.organisation_id) & (Therapist.id == Registration.therapist_id),
    )
    .where(
        Registration.expires_on.in_(bindparam("days", expanding=True, type_=Date())),
        Therapist.archived_at.is_(None),
        ~_ANNOUNCED,
    )
    .order_by(Registration.expires_on, Registration.id)
)


def announce_expiring_registrations(actor: Actor, today: date) -> int:
    """Write one audit event for every registration that ends in one of `NOTICE_DAYS` and return how many."""
    days = {today + timedelta(days=days): days for days in NOTICE_DAYS}
    parameters = organisation_scope(actor, "therapists:read") | {"today": today, "days": list(days)}
    due = session().execute(_DUE, parameters).all()
    for row in due:
        detail = {"days_left": days[row.expires_on]}
        trail.write(actor, ACTION, trail.Subject("registration", row.id), detail=detail)
    return len(due)
