"""Take an appointment through its life: confirmed, arrived, in room, done, cancelled, no-show, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.errors import Conflict
from polyclinic.scheduling import reservations
from polyclinic.scheduling.commands import AdvanceAppointment
from polyclinic.scheduling.models import Appointment
from polyclinic.scheduling.queries import AppointmentRow, get_appointment
from polyclinic.scheduling.reservations import Claim
from polyclinic.scheduling.rules.status import StepRefusal, may_step
from polyclinic.scheduling.services.changing import WRITE, change, load_for_change, tell, write_promotions
from polyclinic.scheduling.services.moving import context_of
from polyclinic.scheduling.services.placing import Leave, place
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus


def advance_appointment(actor: Actor, command: AdvanceAppointment) -> AppointmentRow:
    """Take an appointment to another state; cancelling and no-show give the time back, undoing them needs it free.

    Raises `Conflict` for a step that does not exist or is too early, or when the time was taken since; `Stale`.
    """
    appointment = load_for_change(actor, command.appointment_id, command.row_version)
    status = AppointmentStatus(appointment.status)
    step = may_step(status, command.to, starts_at=appointment.starts_at, now=clock.now())
    if isinstance(step, StepRefusal):
        raise _refusal(step, status, command.to)
    values: dict[str, Any] = {
        "status": command.to.value,
        "cancel_reason": command.reason if command.to is AppointmentStatus.CANCELLED else None,
    }
    # Resources are locked before the row is written, as in every other change: no two changes deadlock.
    held = _locked(actor, appointment) if step.releases else []
    if step.reserves:
        values |= _reserve_again(actor, appointment)
    change(actor, appointment, values)
    write_promotions(actor, reservations.release(actor, appointment.id, held) if held else [])
    tell_advanced(actor, appointment, status, command.to)
    return get_appointment(actor, appointment.id, permission=WRITE)


def _reserve_again(actor: Actor, appointment: Appointment) -> dict[str, Any]:
    context = context_of(actor, appointment)
    placement = place(actor, context, context.wish(appointment.starts_at), Leave(appointment_id=appointment.id))
    reservations.reserve(actor, appointment.id, appointment.clinic_id, placement.claims)
    return {"room_id": placement.room_id, "is_overbooked": False, "is_outside_hours": False}


def _locked(actor: Actor, appointment: Appointment) -> Sequence[Claim]:
    held = reservations.list_own(actor, appointment.id)
    reservations.lock(actor, [claim.resource_id for claim in held])
    return held


def tell_advanced(
    actor: Actor, appointment: Appointment | AppointmentRow, status: AppointmentStatus, to: AppointmentStatus
) -> None:
    """Write the line of the audit trail and announce the event of a step from `status` to `to`."""
    subject = trail.Subject("appointment", appointment.id, appointment.clinic_id)
    trail.write(actor, f"appointment.{to.value}", subject, detail={"from": status.value})
    tell(actor, appointment, to.value, **{"from": status.value})


def _refusal(refusal: StepRefusal, status: AppointmentStatus, to: AppointmentStatus) -> Conflict:
    match refusal:
        case StepRefusal.NOT_A_STEP:
            was, wanted = STATUS_TITLES[status].lower(), STATUS_TITLES[to].lower()
            return Conflict(f"This appointment is {was}; it cannot become {wanted} from there.", code="not_a_step")
        case StepRefusal.TOO_EARLY:
            return Conflict("A visit that has not begun cannot be a no-show. Cancel it, or wait.", code="too_early")
