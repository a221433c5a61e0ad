"""JSON REST of the organisation feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.organisation import queries, schemas, services
from polyclinic.organisation.commands import CreateClinic, CreateRoom, UpdateClinic, UpdateRoom
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing
from polyclinic.web.api_blueprint import ApiBlueprint
from polyclinic.web.extended import Extended, extended

if TYPE_CHECKING:
    from polyclinic.organisation.models import Clinic, Organisation, Room

clinics = ApiBlueprint("clinics_api", "/api/v1/clinics", tag="Clinics")
rooms = ApiBlueprint("rooms_api", "/api/v1/rooms", tag="Rooms")
organisation = ApiBlueprint("organisation_api", "/api/v1/organisation", tag="Organisation")


@organisation.get("", permission="clinics:read", response=schemas.OrganisationSchema)
def show_organisation(actor: Actor) -> Organisation:
    """Show the organisation of this key."""
    return queries.get_organisation(actor)


@clinics.get("", permission="clinics:read", response=schemas.ClinicSchema)
def list_clinics(actor: Actor) -> Sequence[Clinic]:
    """List the clinics of this key."""
    return queries.list_clinics(actor)


@clinics.post(
    "",
    permission="organisation:write",
    body=schemas.CreateClinicSchema,
    response=schemas.ClinicSchema,
    status=201,
    location=lambda clinic: f"/api/v1/clinics/{clinic.id}",
)
def create_clinic(actor: Actor, body: CreateClinic) -> Clinic:
    """Open a clinic."""
    return services.create_clinic(actor, body)


@clinics.get("/<uuid:clinic_id>", permission="clinics:read", response=schemas.ClinicDetailSchema)
def show_clinic(actor: Actor, clinic_id: UUID) -> Extended:
    """Show one clinic with the fields that plugins add."""
    return extended(actor, queries.get_clinic(actor, clinic_id), Thing(Entity.CLINIC, clinic_id, clinic_id))


@clinics.patch(
    "/<uuid:clinic_id>", permission="clinics:write", body=schemas.ClinicChangesSchema, response=schemas.ClinicSchema
)
def update_clinic(actor: Actor, clinic_id: UUID, body: dict[str, Any], row_version: int) -> Clinic:
    """Change a clinic."""
    return services.update_clinic(actor, UpdateClinic(clinic_id, row_version, body))


@rooms.get("", permission="clinics:read", query=schemas.RoomQuerySchema, response=schemas.RoomSchema)
def list_rooms(actor: Actor, query: dict[str, Any]) -> Sequence[Room]:
    """List rooms, of one clinic or of all clinics of this key."""
    return queries.list_rooms(actor, query.get("clinic_id"))


@rooms.post(
    "",
    permission="clinics:write",
    body=schemas.CreateRoomSchema,
    response=schemas.RoomSchema,
    status=201,
    location=lambda room: f"/api/v1/rooms/{room.id}",
)
def create_room(actor: Actor, body: CreateRoom) -> Room:
    """Add a room to a clinic."""
    return services.create_room(actor, body)


@rooms.get("/<uuid:room_id>", permission="clinics:read", response=schemas.RoomSchema)
def show_room(actor: Actor, room_id: UUID) -> Room:
    """Show one room."""
    return queries.get_room(actor, room_id)


@rooms.patch("/<uuid:room_id>", permission="clinics:write", body=schemas.RoomChangesSchema, response=schemas.RoomSchema)
def update_room(actor: Actor, room_id: UUID, body: dict[str, Any], row_version: int) -> Room:
    """Change a room."""
    return services.update_room(actor, UpdateRoom(room_id, row_version, body))
