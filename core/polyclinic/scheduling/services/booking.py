"""Book an appointment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.clients.services.clinic_links import link_client_to_clinic
from polyclinic.kit import zones
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.scheduling import reservations
from polyclinic.scheduling.booking_context import BookingContext, Parties, load_context
from polyclinic.scheduling.commands import BookAppointment
from polyclinic.scheduling.models import Appointment
from polyclinic.scheduling.queries import AppointmentRow
from polyclinic.scheduling.rules.conflicts import Wish
from polyclinic.scheduling.rules.times import resolve_start
from polyclinic.scheduling.rules.wording import clock_time
from polyclinic.scheduling.services.placing import Leave, Placement, place
from polyclinic.scheduling.vocabulary import AppointmentStatus

WRITE = "appointments:write"
_INSERT = insert(Appointment.__table__)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Booking:
    """What is decided about a new appointment before it is written."""

    id: UUID
    command: BookAppointment
    context: BookingContext
    wish: Wish
    placement: Placement


def book_appointment(actor: Actor, command: BookAppointment) -> AppointmentRow:
    """Book a client with a therapist, in a room where the service needs one, all or nothing.

    Raises `Conflict` with every reason against the time, `Invalid` for a wall time that names no single instant,
    `NotFound` for anything outside the actor's organisation or clinics.
    """
    require(actor, WRITE, command.clinic_id)
    parties = Parties(command.clinic_id, command.service_id, command.therapist_id, command.client_id, command.room_id)
    context = load_context(actor, parties)
    wish = context.wish(resolve_start(command.start, context.zone))
    check_end(command.ends_at, wish, context.zone)
    placement = place(actor, context, wish, Leave(command.overbook_reason))
    appointment_id = command.id or new_id()
    booking = Booking(appointment_id, command, context, wish, placement)
    _insert(booking_values(actor, booking))
    reservations.reserve(actor, appointment_id, command.clinic_id, placement.claims)
    link_client_to_clinic(actor, command.client_id, command.clinic_id)
    tell_booked(actor, booking)
    return booked_row(appointment_id, context, wish, placement)


def check_end(ends_at: datetime | None, wish: Wish, zone: str) -> None:
    """Raise `Invalid` naming `ends_at` when it was sent and is not the end that follows from the service."""
    if ends_at is None or ends_at == wish.ends_at:
        return
    if ends_at <= wish.starts_at:
        raise Invalid({"ends_at": "The end must be after the start. Leave ends_at out: it follows from the service."})
    raise Invalid(
        {"ends_at": f"With this service the visit ends at {clock_time(wish.ends_at, zone)}. Send that or nothing."}
    )


def tell_booked(actor: Actor, booking: Booking) -> None:
    """Write the line of the audit trail and announce the event of a new appointment."""
    command, start = booking.command, local_start(booking.wish, booking.context.zone)
    subject = trail.Subject("appointment", booking.id, command.clinic_id)
    trail.write(actor, "appointment.booked", subject, detail=placement_detail(booking.placement))
    facts = {
        "client_id": command.client_id,
        "therapist_id": command.therapist_id,
        "service_id": command.service_id,
        "on": start.date(),
    }
    announce(actor, "appointment.booked", subject, payload=facts)


def placement_detail(placement: Placement) -> dict[str, Any]:
    """Return what the audit trail says about a place."""
    return {"is_overbooked": placement.is_overbooked, "is_outside_hours": placement.is_outside_hours}


def booked_row(appointment_id: UUID, context: BookingContext, wish: Wish, placement: Placement) -> AppointmentRow:
    """Return the new appointment as lists show it, without reading it again."""
    parties = context.parties
    return AppointmentRow(
        id=appointment_id,
        clinic_id=parties.clinic_id,
        clinic_name=context.clinic_name,
        client_id=parties.client_id or appointment_id,
        client_name=context.client_name,
        therapist_id=parties.therapist_id,
        therapist_name=context.therapist_name,
        service_id=parties.service_id,
        service_name=context.service.name,
        service_modality=context.service.modality,
        room_id=placement.room_id,
        room_name=context.room_names[placement.room_id] if placement.room_id else None,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        time_zone=context.zone,
        local_start=local_start(wish, context.zone),
        status=AppointmentStatus.BOOKED.value,
        is_overbooked=placement.is_overbooked,
        is_outside_hours=placement.is_outside_hours,
        row_version=1,
    )


def local_start(wish: Wish, zone: str) -> datetime:
    """Return the naive wall time of the wish."""
    return zones.to_local(wish.starts_at, zone).replace(tzinfo=None)


def booking_values(actor: Actor, booking: Booking) -> dict[str, Any]:
    """Return the columns of a new appointment."""
    command, context, wish, placement = booking.command, booking.context, booking.wish, booking.placement
    return {
        "organisation_id": actor.organisation_id,
        "id": booking.id,
        "clinic_id": command.clinic_id,
        "client_id": command.client_id,
        "therapist_id": command.therapist_id,
        "service_id": command.service_id,
        "starts_at": wish.starts_at,
        "ends_at": wish.ends_at,
        "time_zone": context.zone,
        "local_start": local_start(wish, context.zone),
        "buffer_before_minutes": wish.buffer_before.seconds // 60,
        "buffer_after_minutes": wish.buffer_after.seconds // 60,
        "note": command.note,
        "room_id": placement.room_id,
        "is_overbooked": placement.is_overbooked,
        "is_outside_hours": placement.is_outside_hours,
        "overbook_reason": placement.overbook_reason,
    }


def _insert(values: dict[str, Any]) -> None:
    try:
        session().connection().execute(_INSERT, values)
    except IntegrityError as error:
        if "pk_appointment" not in str(error.orig):
            raise
        raise Conflict(
            "There is an appointment with this id already. Send another id or none.", code="id_taken"
        ) from error
