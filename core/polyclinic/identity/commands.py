"""Frozen inputs of the identity feature's writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class SignInWithPassword:
    """Sign in; `organisation_id` chooses when the person works in more than one."""

    email: str
    password: str
    organisation_id: UUID | None = None


@dataclass(frozen=True)
class RoleAt:
    """One role at one clinic, or (clinic_id None) at all."""

    role: str
    clinic_id: UUID | None = None


@dataclass(frozen=True)
class CreateMember:
    """Let a person work here; an existing account keeps its password."""

    email: str
    display_name: str
    password: str
    roles: tuple[RoleAt, ...]
    id: UUID | None = None


@dataclass(frozen=True)
class AssignRole:
    """Give a member a role."""

    member_id: UUID
    role: RoleAt


@dataclass(frozen=True)
class CreateApiKey:
    """Create a key for oneself: scopes are permissions, `clinic_ids` None = all clinics of the member."""

    name: str
    scopes: tuple[str, ...]
    clinic_ids: tuple[UUID, ...] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class ChangePassword:
    """Change one's own password; ends all sessions of the user."""

    current: str
    new: str
