"""Core's things that plugins add fields to, found as their features let the actor see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients import queries as client_queries
from polyclinic.organisation import queries as organisation_queries
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing
from polyclinic.scheduling import catalogue
from polyclinic.scheduling import queries as appointment_queries
from polyclinic.therapists import queries as therapist_queries


@dataclass(frozen=True)
class Kind:
    """How a kind of thing is addressed: in paths, in their arguments, and the permission that seeing it needs."""

    entity: Entity
    path: str
    argument: str
    permission: str


KINDS = (
    Kind(Entity.SERVICE, "services", "service_id", "services:read"),
    Kind(Entity.THERAPIST, "therapists", "therapist_id", "therapists:read"),
    Kind(Entity.CLINIC, "clinics", "clinic_id", "clinics:read"),
    Kind(Entity.CLIENT, "clients", "client_id", "clients:read"),
    Kind(Entity.APPOINTMENT, "appointments", "appointment_id", "appointments:read"),
)


def find_thing(actor: Actor, entity: Entity, thing_id: UUID) -> Thing:
    """Return a thing that the actor may see, for a merged client whom it was merged into; raises `NotFound`."""
    match entity:
        case Entity.SERVICE:
            return Thing(entity, catalogue.get_service(actor, thing_id).id)
        case Entity.THERAPIST:
            return Thing(entity, therapist_queries.get_therapist(actor, thing_id).id)
        case Entity.CLINIC:
            return Thing(entity, organisation_queries.get_clinic(actor, thing_id).id, thing_id)
        case Entity.CLIENT:
            return Thing(entity, client_queries.get_client(actor, thing_id).id)
        case Entity.APPOINTMENT:
            return Thing(entity, thing_id, appointment_queries.get_appointment(actor, thing_id).clinic_id)
        case _:
            assert_never(entity)


def find_things(actor: Actor, entity: Entity, thing_ids: Sequence[UUID]) -> Mapping[UUID, Thing]:
    """Return the things that the actor may see by the id asked for; one statement for any number."""
    return _FINDERS[entity](actor, thing_ids)


def _services(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Thing]:
    return {row.id: Thing(Entity.SERVICE, row.id) for row in catalogue.find_services(actor, ids)}


def _therapists(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Thing]:
    return {row.id: Thing(Entity.THERAPIST, row.id) for row in therapist_queries.find_therapists(actor, ids)}


def _clinics(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Thing]:
    wanted = set(ids)
    found = organisation_queries.list_clinics(actor)
    return {clinic.id: Thing(Entity.CLINIC, clinic.id, clinic.id) for clinic in found if clinic.id in wanted}


def _clients(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Thing]:
    return {asked: Thing(Entity.CLIENT, row.id) for asked, row in client_queries.find_clients(actor, ids).items()}


def _appointments(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, Thing]:
    rows = appointment_queries.find_appointments(actor, ids)
    return {row.id: Thing(Entity.APPOINTMENT, row.id, row.clinic_id) for row in rows}


_FINDERS: Mapping[Entity, Callable[[Actor, Sequence[UUID]], dict[UUID, Thing]]] = {
    Entity.SERVICE: _services,
    Entity.THERAPIST: _therapists,
    Entity.CLINIC: _clinics,
    Entity.CLIENT: _clients,
    Entity.APPOINTMENT: _appointments,
}
