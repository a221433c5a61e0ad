"""The steps of one appointment, read from the audit trail by those who may see the appointment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, scoped_everywhere
from polyclinic.audit.models import AuditEvent
from polyclinic.kit.db import session
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus

MAX_STEPS = 100
_TITLES = {
    "appointment.rescheduled": "Moved",
    "appointment.promoted": "No longer overbooked",
    **{f"appointment.{status.value}": STATUS_TITLES[status] for status in AppointmentStatus},
}


@dataclass(frozen=True)
class HistoryStep:
    """One step: what happened and when (UTC)."""

    title: str
    at: datetime


_STEPS = (
    scoped_everywhere(AuditEvent, AuditEvent.action, AuditEvent.at)
    .where(
        AuditEvent.object_id == bindparam("appointment_id", type_=Uuid()),
        AuditEvent.action.in_(sorted(_TITLES)),
        AuditEvent.outcome == "done",
    )
    .order_by(AuditEvent.at, AuditEvent.id)
    .limit(MAX_STEPS)
)


def list_steps(actor: Actor, appointment_id: UUID) -> Sequence[HistoryStep]:
    """Return what happened to an appointment, oldest first; the caller has read the appointment itself in scope."""
    parameters = organisation_scope(actor, "appointments:read") | {"appointment_id": appointment_id}
    return [HistoryStep(_TITLES[row.action], row.at) for row in session().execute(_STEPS, parameters)]
