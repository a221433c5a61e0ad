"""JSON REST of the therapists feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.kit.archiving import Archived
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing
from polyclinic.therapists import queries, schemas
from polyclinic.therapists.commands import (
    CreateRegistration,
    CreateTherapist,
    HoursAtClinic,
    SetWorkingHours,
    TherapistAtClinic,
    UpdateRegistration,
    UpdateTherapist,
)
from polyclinic.therapists.rows import RegistrationRow, TherapistRow, WeeklyHours
from polyclinic.therapists.services import hours, profiles, registrations
from polyclinic.web.api_blueprint import ApiBlueprint
from polyclinic.web.extended import Extended, extended

therapists = ApiBlueprint("therapists_api", "/api/v1/therapists", tag="Therapists")
registration_routes = ApiBlueprint("registrations_api", "/api/v1/registrations", tag="Therapists")


@therapists.get("", permission="therapists:read", query=schemas.TherapistQuerySchema, response=schemas.TherapistSchema)
def list_therapists(actor: Actor, query: dict[str, Any]) -> Sequence[TherapistRow]:
    """List therapists by name, of one clinic or modality if asked."""
    archived = query.get("archived", Archived.NO)
    return queries.list_therapists(actor, query.get("clinic_id"), query.get("modality"), archived=archived)


@therapists.post(
    "",
    permission="therapists:write",
    body=schemas.CreateTherapistSchema,
    response=schemas.TherapistSchema,
    status=201,
    location=lambda therapist: f"/api/v1/therapists/{therapist.id}",
)
def create_therapist(actor: Actor, body: CreateTherapist) -> TherapistRow:
    """Let a therapist work at clinics."""
    return profiles.create_therapist(actor, body)


@therapists.get("/<uuid:therapist_id>", permission="therapists:read", response=schemas.TherapistDetailSchema)
def show_therapist(actor: Actor, therapist_id: UUID) -> Extended:
    """Show one therapist with the fields that plugins add."""
    return extended(actor, queries.get_therapist(actor, therapist_id), Thing(Entity.THERAPIST, therapist_id))


@therapists.patch(
    "/<uuid:therapist_id>",
    permission="therapists:write",
    body=schemas.TherapistChangesSchema,
    response=schemas.TherapistSchema,
)
def update_therapist(actor: Actor, therapist_id: UUID, body: dict[str, Any], row_version: int) -> TherapistRow:
    """Change name, modalities or sign-in."""
    return profiles.update_therapist(actor, UpdateTherapist(therapist_id, row_version, body))


@therapists.post(
    "/<uuid:therapist_id>/archive",
    permission="therapists:write",
    if_match=True,
    response=schemas.TherapistSchema,
)
def archive_therapist(actor: Actor, therapist_id: UUID, row_version: int) -> TherapistRow:
    """Take a therapist off the lists."""
    return profiles.archive_therapist(actor, therapist_id, row_version)


@therapists.post(
    "/<uuid:therapist_id>/restore",
    permission="therapists:write",
    if_match=True,
    response=schemas.TherapistSchema,
)
def restore_therapist(actor: Actor, therapist_id: UUID, row_version: int) -> TherapistRow:
    """Put an archived therapist back on the lists."""
    return profiles.restore_therapist(actor, therapist_id, row_version)


@therapists.post(
    "/<uuid:therapist_id>/clinics",
    permission="therapists:write",
    if_match=True,
    body=schemas.TherapistClinicSchema,
    response=schemas.TherapistSchema,
)
def add_clinic(actor: Actor, therapist_id: UUID, body: dict[str, Any], row_version: int) -> TherapistRow:
    """Let a therapist work at one more clinic."""
    return profiles.add_clinic(actor, TherapistAtClinic(therapist_id, row_version, body["clinic_id"]))


@therapists.post(
    "/<uuid:therapist_id>/clinics/withdraw",
    permission="therapists:write",
    if_match=True,
    body=schemas.TherapistClinicSchema,
    response=schemas.TherapistSchema,
)
def withdraw_clinic(actor: Actor, therapist_id: UUID, body: dict[str, Any], row_version: int) -> TherapistRow:
    """End a therapist's work at a clinic with the hours there."""
    return profiles.withdraw_clinic(actor, TherapistAtClinic(therapist_id, row_version, body["clinic_id"]))


@therapists.get(
    "/<uuid:therapist_id>/working-hours",
    permission="therapists:read",
    query=schemas.HoursQuerySchema,
    response=schemas.WeeklyHoursSchema,
)
def show_working_hours(actor: Actor, therapist_id: UUID, query: dict[str, Any]) -> WeeklyHours:
    """Show the weekly hours of a therapist, past and future ones too."""
    return queries.get_weekly_hours(actor, therapist_id, query.get("clinic_id"))


@therapists.put(
    "/<uuid:therapist_id>/working-hours",
    permission="therapists:write",
    body=schemas.SetHoursSchema,
    response=schemas.WeeklyHoursSchema,
)
def set_working_hours(actor: Actor, therapist_id: UUID, body: HoursAtClinic, row_version: int) -> WeeklyHours:
    """Replace the weekly hours of a therapist at one clinic."""
    return hours.set_working_hours(actor, SetWorkingHours(therapist_id, row_version, body))


@registration_routes.get(
    "", permission="therapists:read", query=schemas.RegistrationQuerySchema, response=schemas.RegistrationSchema
)
def list_registrations(actor: Actor, query: dict[str, Any]) -> Sequence[RegistrationRow]:
    """List the registrations of one therapist, or of all therapists of your clinics."""
    if "therapist_id" in query:
        return queries.list_registrations(actor, [queries.get_therapist(actor, query["therapist_id"]).id])
    found = queries.list_therapists(actor, query.get("clinic_id"), archived=Archived.ANY)
    return queries.list_registrations(actor, [therapist.id for therapist in found])


@registration_routes.post(
    "",
    permission="therapists:write",
    body=schemas.CreateRegistrationSchema,
    response=schemas.RegistrationSchema,
    status=201,
    location=lambda registration: f"/api/v1/registrations/{registration.id}",
)
def create_registration(actor: Actor, body: CreateRegistration) -> RegistrationRow:
    """Record a licence of a therapist."""
    return registrations.create_registration(actor, body)


@registration_routes.get("/<uuid:registration_id>", permission="therapists:read", response=schemas.RegistrationSchema)
def show_registration(actor: Actor, registration_id: UUID) -> RegistrationRow:
    """Show one registration."""
    return queries.get_registration(actor, registration_id)


@registration_routes.patch(
    "/<uuid:registration_id>",
    permission="therapists:write",
    body=schemas.RegistrationChangesSchema,
    response=schemas.RegistrationSchema,
)
def update_registration(actor: Actor, registration_id: UUID, body: dict[str, Any], row_version: int) -> RegistrationRow:
    """Correct or prolong a registration."""
    return registrations.update_registration(actor, UpdateRegistration(registration_id, row_version, body))
