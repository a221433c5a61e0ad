"""Reads of the identity feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, scoped_everywhere
from polyclinic.identity.models import ApiKey, Member, RoleAssignment
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound

_MEMBERS = scoped_everywhere(Member).order_by(Member.display_name, Member.id)
_MEMBER = scoped_everywhere(Member).where(Member.id == bindparam("member_id", type_=Uuid()))
_ROLES = scoped_everywhere(RoleAssignment).order_by(RoleAssignment.role, RoleAssignment.id)
_KEYS = scoped_everywhere(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id)


@dataclass(frozen=True)
class RoleRow:
    """One role of a member."""

    role: str
    clinic_id: UUID | None


@dataclass(frozen=True)
class MemberRow:
    """A member with their roles."""

    id: UUID
    display_name: str
    email: str
    is_disabled: bool
    roles: Sequence[RoleRow]
    row_version: int


def list_members(actor: Actor) -> Sequence[MemberRow]:
    """Return everybody who works in the organisation, with roles; two statements for any number of members."""
    parameters = organisation_scope(actor, "members:read")
    roles: dict[UUID, list[RoleRow]] = {}
    for assignment in session().execute(_ROLES, parameters).scalars():
        roles.setdefault(assignment.member_id, []).append(RoleRow(assignment.role, assignment.clinic_id))
    return [_row(member, roles.get(member.id, [])) for member in session().execute(_MEMBERS, parameters).scalars()]


def get_member(actor: Actor, member_id: UUID) -> MemberRow:
    """Return one member; raises `NotFound` outside the organisation."""
    parameters = organisation_scope(actor, "members:read")
    member = session().execute(_MEMBER, parameters | {"member_id": member_id}).scalar_one_or_none()
    if member is None:
        raise NotFound("member")
    roles = [
        RoleRow(assignment.role, assignment.clinic_id)
        for assignment in session().execute(_ROLES, parameters).scalars()
        if assignment.member_id == member_id
    ]
    return _row(member, roles)


def list_api_keys(actor: Actor) -> Sequence[ApiKey]:
    """Return the organisation's keys, newest first, without secrets."""
    return session().execute(_KEYS, organisation_scope(actor, "api-keys:read")).scalars().all()


def _row(member: Member, roles: Sequence[RoleRow]) -> MemberRow:
    is_disabled = member.disabled_at is not None
    return MemberRow(member.id, member.display_name, member.email, is_disabled, roles, member.row_version)


@dataclass(frozen=True)
class ActorDescription:
    """What an actor may know about itself."""

    kind: str
    organisation_id: UUID
    member_id: UUID | None
    name: str
    clinic_ids: Sequence[UUID]
    permissions: dict[str, list[str]]


def describe_actor(actor: Actor) -> ActorDescription:
    """Return the actor's clinics and, per permission, the clinics where it holds."""
    permissions = {name: [str(clinic) for clinic in actor.clinics_with(name)] for name in sorted(actor.grants)}
    return ActorDescription(
        actor.kind.value, actor.organisation_id, actor.member_id, actor.name, actor.clinic_ids, permissions
    )
