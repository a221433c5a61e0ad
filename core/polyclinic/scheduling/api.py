"""JSON REST of scheduling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing
from polyclinic.scheduling import catalogue, queries, schemas
from polyclinic.scheduling.availability import AvailableTime, TimesWanted, list_available_times
from polyclinic.scheduling.catalogue import ServiceRow
from polyclinic.scheduling.commands import (
    AdvanceAppointment,
    ArchiveService,
    BookAppointment,
    CreateService,
    RescheduleAppointment,
    UpdateService,
)
from polyclinic.scheduling.queries import AppointmentFilter, AppointmentRow
from polyclinic.scheduling.services import catalogue as service_writes
from polyclinic.scheduling.services.advancing import advance_appointment
from polyclinic.scheduling.services.booking import book_appointment
from polyclinic.scheduling.services.moving import reschedule_appointment
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.web.api_blueprint import ApiBlueprint
from polyclinic.web.extended import Extended, extended

services = ApiBlueprint("services_api", "/api/v1/services", tag="Services")
appointments = ApiBlueprint("appointments_api", "/api/v1/appointments", tag="Appointments")
available_times = ApiBlueprint("available_times_api", "/api/v1/available-times", tag="Appointments")


@services.get(
    "",
    permission="services:read",
    query=schemas.ServiceQuerySchema,
    response=schemas.ServiceSchema,
    paged=True,
)
def list_services(actor: Actor, query: dict[str, Any], page: PageRequest) -> Page[ServiceRow]:
    """List services by name; `q` looks into names and synonyms."""
    return catalogue.list_services(actor, page, text=query["q"], archived=query["archived"])


@services.post(
    "",
    permission="services:write",
    body=schemas.CreateServiceSchema,
    response=schemas.ServiceSchema,
    status=201,
    location=lambda service: f"/api/v1/services/{service.id}",
)
def create_service(actor: Actor, body: CreateService) -> ServiceRow:
    """Offer a service."""
    return service_writes.create_service(actor, body)


@services.get("/<uuid:service_id>", permission="services:read", response=schemas.ServiceDetailSchema)
def show_service(actor: Actor, service_id: UUID) -> Extended:
    """Show one service with the fields that plugins add."""
    return extended(actor, catalogue.get_service(actor, service_id), Thing(Entity.SERVICE, service_id))


@services.patch(
    "/<uuid:service_id>",
    permission="services:write",
    body=schemas.ServiceChangesSchema,
    response=schemas.ServiceSchema,
)
def update_service(actor: Actor, service_id: UUID, body: dict[str, Any], row_version: int) -> ServiceRow:
    """Change a service; appointments already booked keep their length."""
    return service_writes.update_service(actor, UpdateService(service_id, row_version, body))


@services.post("/<uuid:service_id>/archive", permission="services:write", response=schemas.ServiceSchema, if_match=True)
def archive_service(actor: Actor, service_id: UUID, row_version: int) -> ServiceRow:
    """Take a service off the list."""
    return service_writes.archive_service(actor, ArchiveService(service_id, row_version))


@services.post("/<uuid:service_id>/restore", permission="services:write", response=schemas.ServiceSchema, if_match=True)
def restore_service(actor: Actor, service_id: UUID, row_version: int) -> ServiceRow:
    """Put a service back on the list."""
    return service_writes.archive_service(actor, ArchiveService(service_id, row_version, is_archived=False))


@appointments.get(
    "",
    permission="appointments:read",
    query=schemas.AppointmentQuerySchema,
    response=schemas.AppointmentSchema,
    paged=True,
)
def list_appointments(actor: Actor, query: AppointmentFilter, page: PageRequest) -> Page[AppointmentRow]:
    """List appointments by start, cancelled ones included."""
    return queries.list_appointments(actor, query, page)


@appointments.get(
    "/week", permission="appointments:read", query=schemas.ClinicWeekSchema, response=schemas.AppointmentSchema
)
def list_week(actor: Actor, query: dict[str, Any]) -> Sequence[AppointmentRow]:
    """List seven local days of a clinic in one answer, cancelled visits left out."""
    return queries.list_week(actor, query["clinic_id"], query["first_day"])


@appointments.post(
    "",
    permission="appointments:write",
    body=schemas.BookAppointmentSchema,
    response=schemas.AppointmentSchema,
    status=201,
    needs_key=True,
    location=lambda appointment: f"/api/v1/appointments/{appointment.id}",
)
def create_appointment(actor: Actor, body: BookAppointment) -> AppointmentRow:
    """Book; a refusal lists every conflict and names the next free time."""
    return book_appointment(actor, body)


@appointments.get("/<uuid:appointment_id>", permission="appointments:read", response=schemas.AppointmentDetailSchema)
def show_appointment(actor: Actor, appointment_id: UUID) -> Extended:
    """Show one appointment with its note and the fields that plugins add."""
    detail = queries.show_appointment(actor, appointment_id)
    return extended(actor, detail, Thing(Entity.APPOINTMENT, detail.id, detail.clinic_id))


@appointments.post(
    "/<uuid:appointment_id>/reschedule",
    permission="appointments:write",
    body=schemas.RescheduleSchema,
    response=schemas.AppointmentSchema,
    if_match=True,
)
def reschedule(actor: Actor, appointment_id: UUID, body: dict[str, Any], row_version: int) -> AppointmentRow:
    """Move an appointment in time, to another therapist or room."""
    return reschedule_appointment(actor, RescheduleAppointment(appointment_id, row_version, **body))


@appointments.post(
    "/<uuid:appointment_id>/cancel",
    permission="appointments:write",
    body=schemas.CancelSchema,
    response=schemas.AppointmentSchema,
    if_match=True,
)
def cancel(actor: Actor, appointment_id: UUID, body: dict[str, Any], row_version: int) -> AppointmentRow:
    """Cancel; the time is free again."""
    command = AdvanceAppointment(appointment_id, row_version, AppointmentStatus.CANCELLED, body["reason"])
    return advance_appointment(actor, command)


def _add_step(name: str, to: AppointmentStatus, summary: str) -> None:
    def advance(actor: Actor, appointment_id: UUID, row_version: int) -> AppointmentRow:
        return advance_appointment(actor, AdvanceAppointment(appointment_id, row_version, to))

    advance.__name__ = f"{to.value}_appointment"
    advance.__doc__ = summary
    register = appointments.post(
        f"/<uuid:appointment_id>/{name}",
        permission="appointments:write",
        response=schemas.AppointmentSchema,
        if_match=True,
    )
    register(advance)


_add_step("confirm", AppointmentStatus.CONFIRMED, "The client confirmed.")
_add_step("arrive", AppointmentStatus.ARRIVED, "The client is here.")
_add_step("start", AppointmentStatus.STARTED, "The client is in the room.")
_add_step("complete", AppointmentStatus.COMPLETED, "The visit is done.")
_add_step("no-show", AppointmentStatus.NO_SHOW, "The client did not come; the time is free again.")
_add_step("reopen", AppointmentStatus.BOOKED, "Undo: the appointment is booked again, if its time is free.")


@available_times.get(
    "",
    permission="appointments:read",
    query=schemas.AvailableTimesQuerySchema,
    response=schemas.AvailableTimeSchema,
)
def show_available_times(actor: Actor, query: TimesWanted) -> Sequence[AvailableTime]:
    """List times that can be booked; with `explain` every time of the working hours and what is against it."""
    return list_available_times(actor, query)
