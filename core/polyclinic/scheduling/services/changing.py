"""What every change of an appointment shares: load it within scope, write it once, tell who was promoted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, text, update

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scope, scoped
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound, Stale
from polyclinic.plugins.announcing import announce
from polyclinic.scheduling.models import Appointment
from polyclinic.scheduling.queries import AppointmentRow

WRITE = "appointments:write"
_LOAD = scoped(Appointment).where(Appointment.id == bindparam("appointment_id", type_=Uuid()))
_LOAD = _LOAD.execution_options(populate_existing=True)
_UPDATE = (
    update(Appointment)
    .where(
        Appointment.organisation_id == bindparam("b_organisation_id", type_=Uuid()),
        Appointment.id == bindparam("b_id", type_=Uuid()),
        Appointment.row_version == bindparam("b_row_version", type_=Integer()),
    )
    .returning(Appointment.row_version)
    .execution_options(synchronize_session=False)
)
_END_OVERBOOKING = text("SELECT id, clinic_id FROM end_overbooking(:appointment_id)")


def load_for_change(actor: Actor, appointment_id: UUID, row_version: int) -> Appointment:
    """Return an appointment that the actor may change; raises `NotFound` out of scope, `Stale` when it changed."""
    parameters = scope(actor, WRITE) | {"appointment_id": appointment_id}
    appointment = session().execute(_LOAD, parameters).scalar_one_or_none()
    if appointment is None:
        raise NotFound("appointment")
    if appointment.row_version != row_version:
        raise _stale(appointment.row_version)
    return appointment  # type: ignore[no-any-return]


def change(actor: Actor, appointment: Appointment, values: dict[str, Any]) -> None:
    """Write the values with the next version; raises `Stale` when somebody else was faster."""
    parameters = {
        "b_organisation_id": actor.organisation_id,
        "b_id": appointment.id,
        "b_row_version": appointment.row_version,
    }
    changed = values | {"row_version": Appointment.row_version + 1, "updated_at": clock.now()}
    if session().execute(_UPDATE.values(changed), parameters).scalar_one_or_none() is None:
        raise _stale(appointment.row_version)


def tell(actor: Actor, appointment: Appointment | AppointmentRow, verb: str, **facts: Any) -> None:
    """Announce what happened to an appointment that its row already shows."""
    subject = trail.Subject("appointment", appointment.id, appointment.clinic_id)
    payload = {
        "client_id": appointment.client_id,
        "therapist_id": appointment.therapist_id,
        "service_id": appointment.service_id,
        "on": appointment.local_start.date(),
    }
    announce(actor, f"appointment.{verb}", subject, payload=payload | facts)


def write_promotions(actor: Actor, appointment_ids: list[UUID]) -> None:
    """Take the overbooked mark off appointments whose reservations are regular now, with a line in the trail each."""
    for appointment_id in dict.fromkeys(appointment_ids):
        row = session().execute(_END_OVERBOOKING, {"appointment_id": appointment_id}).one_or_none()
        if row is not None:
            trail.write(actor, "appointment.promoted", trail.Subject("appointment", row.id, row.clinic_id))


def _stale(row_version: int) -> Stale:
    return Stale(
        "Somebody changed this appointment in the meantime. Look at it again and repeat your change.",
        row_version=row_version,
    )
