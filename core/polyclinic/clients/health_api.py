"""JSON REST of flags and health history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients import catalogue, health_schemas, queries
from polyclinic.clients.commands import RaiseFlag, RecordAnswers, UpdateFlag
from polyclinic.clients.rows import AnswerRow, FlagKind, FlagRow, HealthQuestion
from polyclinic.clients.services import flags, health_history
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.web.api_blueprint import ApiBlueprint

flag_routes = ApiBlueprint("client_flags_api", "/api/v1/client-flags", tag="Clients")
flag_kind_routes = ApiBlueprint("flag_kinds_api", "/api/v1/flag-kinds", tag="Clients")
question_routes = ApiBlueprint("health_questions_api", "/api/v1/health-questions", tag="Clients")
history_routes = ApiBlueprint("health_history_api", "/api/v1/clients", tag="Clients")


@flag_routes.get(
    "",
    permission="health-history:read",
    query=health_schemas.FlagQuerySchema,
    response=health_schemas.FlagSchema,
)
def list_flags(actor: Actor, query: dict[str, Any]) -> Sequence[FlagRow]:
    """List all flags of a client, ended ones too."""
    return queries.list_flags(actor, query["client_id"])


@flag_routes.post(
    "",
    permission="health-history:write",
    body=health_schemas.RaiseFlagSchema,
    response=health_schemas.FlagSchema,
    status=201,
    location=lambda flag: f"/api/v1/client-flags/{flag.id}",
)
def raise_flag(actor: Actor, body: RaiseFlag) -> FlagRow:
    """Flag a client."""
    return flags.raise_flag(actor, body)


@flag_routes.get("/<uuid:flag_id>", permission="health-history:read", response=health_schemas.FlagSchema)
def show_flag(actor: Actor, flag_id: UUID) -> FlagRow:
    """Show one flag."""
    return queries.get_flag(actor, flag_id)


@flag_routes.patch(
    "/<uuid:flag_id>",
    permission="health-history:write",
    body=health_schemas.FlagChangesSchema,
    response=health_schemas.FlagSchema,
)
def update_flag(actor: Actor, flag_id: UUID, body: dict[str, Any], row_version: int) -> FlagRow:
    """Change a flag; `until_on` ends it."""
    return flags.update_flag(actor, UpdateFlag(flag_id, row_version, body))


@flag_kind_routes.get("", permission="health-history:read", response=health_schemas.FlagKindSchema)
def list_flag_kinds(actor: Actor) -> Sequence[FlagKind]:
    """List the flags that safety rules know, strongest first."""
    return list(catalogue.flag_kinds(actor.organisation_id).values())


@question_routes.get("", permission="health-history:read", response=health_schemas.QuestionSchema)
def list_questions(actor: Actor) -> Sequence[HealthQuestion]:
    """List the questions of the health history."""
    return list(catalogue.health_questions(actor.organisation_id))


@history_routes.get(
    "/<uuid:client_id>/health-history",
    permission="health-history:read",
    response=health_schemas.AnswerSchema,
    paged=True,
)
def list_health_history(actor: Actor, client_id: UUID, page: PageRequest) -> Page[AnswerRow]:
    """List all answers of a client, newest first; the newest of each question counts."""
    return queries.list_health_history(actor, queries.get_client(actor, client_id).id, page)


@history_routes.post(
    "/<uuid:client_id>/health-history",
    permission="health-history:write",
    body=health_schemas.RecordAnswersSchema,
    response=health_schemas.AnswerSchema,
)
def record_answers(actor: Actor, client_id: UUID, body: dict[str, Any]) -> Sequence[AnswerRow]:
    """Add answers; the answer is the newest of each question. A "yes" raises the flag of its question."""
    return health_history.record_answers(actor, RecordAnswers(client_id, tuple(body["answers"])))
