"""API keys: shown once, stored as a hash, never more powerful than their member."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.identity import rules
from polyclinic.identity.commands import CreateApiKey
from polyclinic.identity.models import ApiKey
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Invalid, NotFound
from polyclinic.kit.ids import new_id


@dataclass(frozen=True)
class NewApiKey:
    """A key just made: `token` is shown this once."""

    key: ApiKey
    token: str


def create_api_key(actor: Actor, command: CreateApiKey) -> NewApiKey:
    """Create a key for the acting member; raises `Invalid` for scopes or clinics that the member does not have."""
    require(actor, "api-keys:write")
    missing = sorted(scope for scope in command.scopes if not actor.can(scope))
    if missing or not command.scopes:
        raise Invalid({"scopes": f"You do not hold {', '.join(missing)}." if missing else "Choose at least one scope."})
    if command.clinic_ids is not None and not set(command.clinic_ids) <= set(actor.clinic_ids):
        raise NotFound("clinic")
    if actor.member_id is None:
        raise Invalid({"member": "A key belongs to a member. Sign in as one."})
    return mint_api_key(actor, actor.member_id, command)


def mint_api_key(actor: Actor, member_id: UUID, command: CreateApiKey) -> NewApiKey:
    """Create a key for a member without asking for permission; for `create_api_key` and the command line."""
    secret = secrets.token_urlsafe(32)
    key = ApiKey(
        organisation_id=actor.organisation_id,
        id=new_id(),
        member_id=member_id,
        name=command.name,
        secret_hash=rules.secret_hash(secret),
        scopes=list(command.scopes),
        clinic_ids=list(command.clinic_ids) if command.clinic_ids is not None else None,
        created_at=clock.now(),
        expires_at=command.expires_at,
    )
    session().add(key)
    session().flush()
    trail.write(actor, "api_key.created", trail.Subject("api_key", key.id), detail={"scopes": list(command.scopes)})
    return NewApiKey(key, f"pc_{actor.organisation_id.hex}_{key.id.hex}_{secret}")


def revoke_api_key(actor: Actor, key_id: UUID) -> ApiKey:
    """End a key at once; raises `NotFound` for another organisation's."""
    require(actor, "api-keys:write")
    statement = select(ApiKey).where(ApiKey.organisation_id == actor.organisation_id, ApiKey.id == key_id)
    key = session().execute(statement).scalar_one_or_none()
    if key is None:
        raise NotFound("API key")
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        trail.write(actor, "api_key.revoked", trail.Subject("api_key", key.id))
    return key
