"""JSON REST of a client's whole file: merge, undo, tell apart, export, erase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.client_file import queries, schemas
from polyclinic.client_file.commands import EraseClient, MarkDifferent, MergeClients
from polyclinic.client_file.queries import DifferenceRow, ErasureRow, MergeRow
from polyclinic.client_file.services import differing, erasing, exporting, merging, parting
from polyclinic.client_file.services.erasing import ErasurePlan
from polyclinic.client_file.services.exporting import READ_RECORDS, ClientExport
from polyclinic.client_file.vocabulary import ERASE, MERGE
from polyclinic.clients.rows import DuplicateRow
from polyclinic.clients.schemas import DuplicateSchema
from polyclinic.web.api_blueprint import ApiBlueprint

client_routes = ApiBlueprint("client_file_api", "/api/v1/clients", tag="Clients")
merge_routes = ApiBlueprint("client_merges_api", "/api/v1/client-merges", tag="Clients")
difference_routes = ApiBlueprint("client_differences_api", "/api/v1/client-differences", tag="Clients")


@client_routes.post(
    "/<uuid:client_id>/merge",
    permission=MERGE,
    body=schemas.MergeSchema,
    response=schemas.ClientMergeSchema,
    status=201,
    location=lambda merge: f"/api/v1/client-merges/{merge.id}",
)
def merge_client(actor: Actor, client_id: UUID, body: dict[str, Any]) -> MergeRow:
    """Merge a client into another, who survives with both files; can be undone for 30 days.

    Without `take` the survivor's contact data stay and what it lacks is filled. 409 names the times at which both
    clients have an appointment.
    """
    take = frozenset(body["take"]) if "take" in body else None
    return merging.merge_clients(actor, MergeClients(client_id, body["into_client_id"], body["reason"], take))


@client_routes.get("/<uuid:client_id>/merges", permission=MERGE, response=schemas.ClientMergeSchema)
def list_merges(actor: Actor, client_id: UUID) -> Sequence[MergeRow]:
    """List the merges in which a client took part, newest first, undone ones too."""
    return queries.list_merges(actor, client_id)


@client_routes.get("/<uuid:client_id>/likely-duplicates", permission="clients:read", response=DuplicateSchema)
def list_likely_duplicates(actor: Actor, client_id: UUID) -> Sequence[DuplicateRow]:
    """List other clients who may be this person, without those marked as somebody else."""
    return queries.list_likely_duplicates(actor, client_id)


@client_routes.get("/<uuid:client_id>/export", permission=READ_RECORDS, response=schemas.ClientExportSchema)
def export_client(actor: Actor, client_id: UUID) -> ClientExport:
    """Export everything that is known of a client at your clinics, and who looked at it; the export is audited."""
    return exporting.export_client(actor, client_id)


@client_routes.get("/<uuid:client_id>/erasure-plan", permission=ERASE, response=schemas.ErasurePlanSchema)
def plan_erasure(actor: Actor, client_id: UUID) -> ErasurePlan:
    """Show what an erasure would remove and what must be kept, by which rule and until when."""
    return erasing.plan_erasure(actor, client_id)


@client_routes.post(
    "/<uuid:client_id>/erase", permission=ERASE, body=schemas.EraseSchema, response=schemas.ErasureSchema
)
def erase_client(actor: Actor, client_id: UUID, body: dict[str, Any]) -> ErasureRow:
    """Erase a client for good; `confirm` is the displayed name. Records within their retention are kept."""
    return erasing.erase_client(actor, EraseClient(client_id, body["reason"], body["confirm"]))


@client_routes.get("/<uuid:client_id>/erasures", permission=ERASE, response=schemas.ErasureSchema)
def list_erasures(actor: Actor, client_id: UUID) -> Sequence[ErasureRow]:
    """List a client's erasures, newest first."""
    return queries.list_erasures(actor, client_id)


@merge_routes.get("/<uuid:merge_id>", permission=MERGE, response=schemas.ClientMergeSchema)
def show_merge(actor: Actor, merge_id: UUID) -> MergeRow:
    """Show one merge: who, when, what moved, which values changed."""
    return queries.get_merge(actor, merge_id)


@merge_routes.post("/<uuid:merge_id>/undo", permission=MERGE, response=schemas.ClientMergeSchema)
def undo_merge(actor: Actor, merge_id: UUID) -> MergeRow:
    """Part two clients again: what was moved returns, what was made since stays with the survivor.

    A contact field that changed since keeps its value and stands in `kept_fields`.
    """
    return parting.undo_merge(actor, merge_id)


@difference_routes.post(
    "",
    permission=MERGE,
    body=schemas.MarkDifferentSchema,
    response=schemas.DifferenceSchema,
    status=201,
    location=lambda pair: f"/api/v1/client-differences/{pair.id}",
)
def mark_different(actor: Actor, body: MarkDifferent) -> DifferenceRow:
    """Remember that two clients are two people, so that they are not suggested as one again."""
    return differing.mark_different(actor, body)


@difference_routes.get("/<uuid:difference_id>", permission=MERGE, response=schemas.DifferenceSchema)
def show_difference(actor: Actor, difference_id: UUID) -> DifferenceRow:
    """Show one pair of clients who are two people."""
    return queries.get_difference(actor, difference_id)


@difference_routes.delete("/<uuid:difference_id>", permission=MERGE)
def forget_difference(actor: Actor, difference_id: UUID) -> None:
    """Let two clients be suggested as one again."""
    differing.forget_difference(actor, difference_id)
