"""JSON REST of clients' contact data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients import queries, schemas
from polyclinic.clients.commands import CreateClient, UpdateClient
from polyclinic.clients.rows import ClientIdentity, ClientListRow, ClientRow, DuplicateRow
from polyclinic.clients.services import clients, clinic_links
from polyclinic.kit.archiving import Archived
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.plugins.entity_fields import Entity
from polyclinic.plugins.extension_queries import Thing
from polyclinic.web.api_blueprint import ApiBlueprint
from polyclinic.web.extended import Extended, extended

client_routes = ApiBlueprint("clients_api", "/api/v1/clients", tag="Clients")
duplicate_routes = ApiBlueprint("client_duplicates_api", "/api/v1/client-duplicates", tag="Clients")


@client_routes.get(
    "",
    permission="clients:read",
    query=schemas.ClientQuerySchema,
    response=schemas.ClientSummarySchema,
    paged=True,
)
def list_clients(actor: Actor, query: dict[str, Any], page: PageRequest) -> Page[ClientListRow]:
    """List clients by name, or search them by part of a name, mail address or phone number."""
    archived = query.get("archived", Archived.NO)
    return queries.search_clients(actor, query.get("q", ""), query.get("clinic_id"), page, archived=archived)


@client_routes.post(
    "",
    permission="clients:write",
    body=schemas.CreateClientSchema,
    response=schemas.ClientSchema,
    status=201,
    location=lambda client: f"/api/v1/clients/{client.id}",
)
def create_client(actor: Actor, body: CreateClient) -> ClientRow:
    """Register a client at a clinic."""
    return clients.create_client(actor, body)


@client_routes.get("/<uuid:client_id>", permission="clients:read", response=schemas.ClientDetailSchema)
def show_client(actor: Actor, client_id: UUID) -> Extended:
    """Show one client with the fields that plugins add; a merged one's id shows whom it was merged into."""
    client = queries.get_client(actor, client_id)
    return extended(actor, client, Thing(Entity.CLIENT, client.id))


@client_routes.patch(
    "/<uuid:client_id>",
    permission="clients:write",
    body=schemas.ClientChangesSchema,
    response=schemas.ClientSchema,
)
def update_client(actor: Actor, client_id: UUID, body: dict[str, Any], row_version: int) -> ClientRow:
    """Change contact data."""
    return clients.update_client(actor, UpdateClient(client_id, row_version, body))


@client_routes.post(
    "/<uuid:client_id>/archive", permission="clients:write", if_match=True, response=schemas.ClientSchema
)
def archive_client(actor: Actor, client_id: UUID, row_version: int) -> ClientRow:
    """Take a client off the lists."""
    return clients.archive_client(actor, client_id, row_version)


@client_routes.post(
    "/<uuid:client_id>/restore", permission="clients:write", if_match=True, response=schemas.ClientSchema
)
def restore_client(actor: Actor, client_id: UUID, row_version: int) -> ClientRow:
    """Put an archived client back on the lists."""
    return clients.restore_client(actor, client_id, row_version)


@client_routes.post(
    "/<uuid:client_id>/clinics",
    permission="clients:write",
    body=schemas.ClientClinicSchema,
    response=schemas.ClientSchema,
)
def link_clinic(actor: Actor, client_id: UUID, body: dict[str, Any]) -> ClientRow:
    """Make a client known at one more clinic; doing it twice changes nothing."""
    client = queries.get_client(actor, client_id)
    clinic_links.link_client_to_clinic(actor, client.id, body["clinic_id"])
    return queries.get_client(actor, client.id)


@duplicate_routes.post(
    "", permission="clients:read", body=schemas.DuplicateQuerySchema, response=schemas.DuplicateSchema
)
def find_duplicates(actor: Actor, body: ClientIdentity) -> Sequence[DuplicateRow]:
    """Find the clients who may already be this person."""
    return queries.find_duplicates(actor, body)
