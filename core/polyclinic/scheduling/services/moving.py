"""Move an appointment to another time, therapist or room."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.kit.errors import Conflict
from polyclinic.scheduling import reservations
from polyclinic.scheduling.booking_context import BookingContext, Parties, load_context
from polyclinic.scheduling.commands import RescheduleAppointment
from polyclinic.scheduling.models import Appointment
from polyclinic.scheduling.queries import AppointmentRow, get_appointment
from polyclinic.scheduling.rules.status import MOVABLE
from polyclinic.scheduling.rules.times import resolve_start
from polyclinic.scheduling.services.booking import local_start, placement_detail
from polyclinic.scheduling.services.changing import WRITE, change, load_for_change, tell, write_promotions
from polyclinic.scheduling.services.placing import Leave, place
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus


def reschedule_appointment(actor: Actor, command: RescheduleAppointment) -> AppointmentRow:
    """Move an appointment; its length and buffers stay, a room that is free there stays too.

    Raises `Conflict` with every reason against the new time, or when the visit has begun; `Stale` when it changed.
    """
    appointment = load_for_change(actor, command.appointment_id, command.row_version)
    _check_movable(appointment)
    context = context_of(actor, appointment, command)
    wish = context.wish(resolve_start(command.start, context.zone))
    held = reservations.list_own(actor, appointment.id)
    leave = Leave(command.overbook_reason, appointment.id, tuple(claim.resource_id for claim in held))
    placement = place(actor, context, wish, leave)
    values: dict[str, Any] = {
        "therapist_id": wish.therapist_id,
        "room_id": placement.room_id,
        "starts_at": wish.starts_at,
        "ends_at": wish.ends_at,
        "time_zone": context.zone,
        "local_start": local_start(wish, context.zone),
        "is_overbooked": placement.is_overbooked,
        "is_outside_hours": placement.is_outside_hours,
        "overbook_reason": placement.overbook_reason,
    }
    before: dict[str, Any] = {"was_on": appointment.local_start.date()}
    if appointment.therapist_id != wish.therapist_id:
        before["was_therapist_id"] = appointment.therapist_id
    change(actor, appointment, values)
    promoted = reservations.release(actor, appointment.id, held)
    reservations.reserve(actor, appointment.id, appointment.clinic_id, placement.claims)
    write_promotions(actor, promoted)
    subject = trail.Subject("appointment", appointment.id, appointment.clinic_id)
    trail.write(actor, "appointment.rescheduled", subject, detail=placement_detail(placement))
    now_at = {"therapist_id": wish.therapist_id, "on": values["local_start"].date()}
    tell(actor, appointment, "rescheduled", **now_at, **before)
    return get_appointment(actor, appointment.id, permission=WRITE)


def context_of(actor: Actor, appointment: Appointment, command: RescheduleAppointment | None = None) -> BookingContext:
    """Return the booking context of an existing appointment, with its own length, buffers and room first."""
    parties = Parties(
        appointment.clinic_id,
        appointment.service_id,
        (command.therapist_id if command else None) or appointment.therapist_id,
        appointment.client_id,
        command.room_id if command else None,
    )
    context = load_context(actor, parties)
    service = replace(
        context.service,
        duration=appointment.ends_at - appointment.starts_at,
        buffer_before=timedelta(minutes=appointment.buffer_before_minutes),
        buffer_after=timedelta(minutes=appointment.buffer_after_minutes),
        needs_room=context.service.needs_room or appointment.room_id is not None,
    )
    rooms = sorted(context.rooms, key=lambda room: room[0] != appointment.room_id)
    return replace(context, service=service, rooms=rooms)


def _check_movable(appointment: Appointment) -> None:
    status = AppointmentStatus(appointment.status)
    if status not in MOVABLE:
        raise Conflict(
            f"This appointment is {STATUS_TITLES[status].lower()} and cannot be moved. Book a new one.",
            code="not_movable",
        )
