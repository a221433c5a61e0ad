"""Appointments on a client's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.timeline import TimelineEntry
from polyclinic.scheduling.queries import READ, AppointmentRow, list_client_appointments
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus

_TONES = {
    AppointmentStatus.BOOKED: "info",
    AppointmentStatus.CONFIRMED: "info",
    AppointmentStatus.ARRIVED: "warn",
    AppointmentStatus.STARTED: "good",
    AppointmentStatus.NO_SHOW: "bad",
}


def list_timeline_entries(actor: Actor, client_id: UUID, limit: int) -> Sequence[TimelineEntry]:
    """Return a client's appointments at the actor's clinics, newest first; none without the permission."""
    if not actor.can(READ):
        return []
    return [_entry(row) for row in list_client_appointments(actor, client_id, limit)]


def _entry(row: AppointmentRow) -> TimelineEntry:
    status = AppointmentStatus(row.status)
    return TimelineEntry(
        at=row.starts_at,
        kind="appointment",
        title=row.service_name,
        summary=f"{STATUS_TITLES[status]} · {row.therapist_name} · {row.clinic_name}",
        url=f"/appointments/{row.id}",
        tone=_TONES.get(status, "neutral"),
    )
