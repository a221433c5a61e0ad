"""JSON REST of the identity feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.permissions import SIGNED_IN
from polyclinic.identity import queries, schemas
from polyclinic.identity.commands import AssignRole, CreateApiKey, CreateMember, RoleAt
from polyclinic.identity.services import api_keys, members
from polyclinic.web.api_blueprint import ApiBlueprint

if TYPE_CHECKING:
    from polyclinic.identity.models import ApiKey

me = ApiBlueprint("me_api", "/api/v1/me", tag="Identity")
member_routes = ApiBlueprint("members_api", "/api/v1/members", tag="Identity")
api_key_routes = ApiBlueprint("api_keys_api", "/api/v1/api-keys", tag="Identity")


@me.get("", permission=SIGNED_IN, response=schemas.MeSchema)
def show_me(actor: Actor) -> queries.ActorDescription:
    """Show who this key acts for, its clinics and its permissions by clinic."""
    return queries.describe_actor(actor)


@member_routes.get("", permission="members:read", response=schemas.MemberSchema)
def list_members(actor: Actor) -> Sequence[queries.MemberRow]:
    """List the members with their roles."""
    return queries.list_members(actor)


@member_routes.get("/<uuid:member_id>", permission="members:read", response=schemas.MemberSchema)
def show_member(actor: Actor, member_id: UUID) -> queries.MemberRow:
    """Show one member."""
    return queries.get_member(actor, member_id)


@member_routes.post(
    "",
    permission="members:write",
    body=schemas.CreateMemberSchema,
    response=schemas.MemberSchema,
    status=201,
    location=lambda member: f"/api/v1/members/{member.id}",
)
def create_member(actor: Actor, body: CreateMember) -> queries.MemberRow:
    """Let a person work here."""
    return queries.get_member(actor, members.create_member(actor, body).id)


@member_routes.post(
    "/<uuid:member_id>/roles", permission="members:write", body=schemas.RoleAtSchema, response=schemas.MemberSchema
)
def assign_role(actor: Actor, member_id: UUID, body: RoleAt) -> queries.MemberRow:
    """Give a member a role."""
    members.assign_role(actor, AssignRole(member_id, body))
    return queries.get_member(actor, member_id)


@member_routes.post(
    "/<uuid:member_id>/roles/withdraw",
    permission="members:write",
    body=schemas.RoleAtSchema,
    response=schemas.MemberSchema,
)
def withdraw_role(actor: Actor, member_id: UUID, body: RoleAt) -> queries.MemberRow:
    """Take a role from a member."""
    members.withdraw_role(actor, AssignRole(member_id, body))
    return queries.get_member(actor, member_id)


@member_routes.post("/<uuid:member_id>/disable", permission="members:write", response=schemas.MemberSchema)
def disable_member(actor: Actor, member_id: UUID) -> queries.MemberRow:
    """End a member's access at once."""
    members.disable_member(actor, member_id)
    return queries.get_member(actor, member_id)


@api_key_routes.get("", permission="api-keys:read", response=schemas.ApiKeySchema)
def list_api_keys(actor: Actor) -> Sequence[ApiKey]:
    """List the organisation's keys."""
    return queries.list_api_keys(actor)


@api_key_routes.post(
    "", permission="api-keys:write", body=schemas.CreateApiKeySchema, response=schemas.NewApiKeySchema, status=201
)
def create_api_key(actor: Actor, body: CreateApiKey) -> api_keys.NewApiKey:
    """Create a key for the member behind this key; the token is shown this once."""
    return api_keys.create_api_key(actor, body)


@api_key_routes.post("/<uuid:key_id>/revoke", permission="api-keys:write", response=schemas.ApiKeySchema)
def revoke_api_key(actor: Actor, key_id: UUID) -> ApiKey:
    """End a key at once."""
    return api_keys.revoke_api_key(actor, key_id)
