"""Prove a credential: one prebuilt look-up under row security, then the actor with its explicit clinics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import text

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.identity import rules
from polyclinic.kit import clock
from polyclinic.kit.db import session, set_clinics
from polyclinic.kit.errors import NotAllowed, NotFound, NotSignedIn

TOUCH_AFTER = timedelta(minutes=1)
"""`last_seen_at` and `last_used_at` are written at most this often: a hot row would serialise its requests."""

_ROLES_AND_CLINICS = """
    (SELECT coalesce(array_agg(c.id ORDER BY c.name, c.id), '{}') FROM clinic c
      WHERE c.organisation_id = :organisation_id) AS all_clinics,
    (SELECT coalesce(json_agg(json_build_array(ra.role, ra.clinic_id)), '[]') FROM role_assignment ra
      WHERE ra.organisation_id = :organisation_id AND ra.member_id = m.id) AS roles
"""
_BY_COOKIE = text(
    f"""
    SELECT s.id, s.member_id, s.user_id, s.theme, s.clinic_id, s.last_seen_at AS seen_at, m.display_name, m.email,
           {_ROLES_AND_CLINICS}
    FROM sign_in_session s JOIN member m ON m.organisation_id = s.organisation_id AND m.id = s.member_id
    WHERE s.organisation_id = :organisation_id AND s.secret_hash = :secret_hash AND s.revoked_at IS NULL
      AND s.expires_at > :now AND s.last_seen_at > :idle_since AND m.disabled_at IS NULL
    """  # noqa: S608 -- built from constants
)
_BY_KEY = text(
    f"""
    SELECT k.id, k.member_id, m.user_id, k.scopes, k.clinic_ids, k.last_used_at AS seen_at, m.display_name, m.email,
           {_ROLES_AND_CLINICS}
    FROM api_key k JOIN member m ON m.organisation_id = k.organisation_id AND m.id = k.member_id
    WHERE k.organisation_id = :organisation_id AND k.id = :key_id AND k.secret_hash = :secret_hash
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now) AND m.disabled_at IS NULL
    """  # noqa: S608 -- built from constants
)
_BY_MEMBER = text(
    f"""
    SELECT m.id AS member_id, m.user_id, m.display_name, m.disabled_at, {_ROLES_AND_CLINICS}
    FROM member m WHERE m.organisation_id = :organisation_id AND m.id = :member_id
    """  # noqa: S608 -- built from constants
)
# Once a minute many requests of one key find it due at once: the first writes, the others need not wait for its end.
_TOUCH = """
    UPDATE {table} SET {column} = :now WHERE organisation_id = :organisation_id AND id = (
        SELECT id FROM {table} WHERE organisation_id = :organisation_id AND id = :id FOR NO KEY UPDATE SKIP LOCKED)
"""
_TOUCH_SESSION = text(_TOUCH.format(table="sign_in_session", column="last_seen_at"))
_TOUCH_KEY = text(_TOUCH.format(table="api_key", column="last_used_at"))

ExtraPermissions: TypeAlias = Callable[[UUID], Mapping[str, frozenset[str]]]
"""Role -> permissions that plugins add, for one organisation."""
Origin: TypeAlias = tuple[str | None, str | None]
"""Network address and request id, for audit rows."""


def no_extra(_organisation_id: UUID) -> Mapping[str, frozenset[str]]:
    """Return no further permissions."""
    return {}


@dataclass(frozen=True)
class ProvenSession:
    """What a valid session cookie proves."""

    actor: Actor
    session_id: UUID
    theme: str
    clinic_id: UUID | None
    email: str


def load_by_cookie(
    organisation_id: UUID,
    secret: str,
    *,
    idle_minutes: int,
    extra: ExtraPermissions = no_extra,
    origin: Origin = (None, None),
) -> ProvenSession:
    """Return the session behind a cookie; raises `NotSignedIn` when unknown, revoked, idle or expired."""
    now = clock.now()
    parameters = {
        "organisation_id": organisation_id,
        "secret_hash": rules.secret_hash(secret),
        "now": now,
        "idle_since": now - timedelta(minutes=idle_minutes),
    }
    row = session().execute(_BY_COOKIE, parameters).one_or_none()
    if row is None:
        raise NotSignedIn("You were signed out. Sign in again; drafts are kept.")
    _touch(_TOUCH_SESSION, organisation_id, row)
    grants = rules.grants_of(_assignments(row.roles), row.all_clinics, extra(organisation_id))
    actor = _actor(organisation_id, row, grants, kind=ActorKind.MEMBER, origin=origin)
    return ProvenSession(
        actor, row.id, row.theme, row.clinic_id if row.clinic_id in actor.clinic_ids else None, row.email
    )


def load_by_key(
    organisation_id: UUID,
    key_id: UUID,
    secret: str,
    *,
    extra: ExtraPermissions = no_extra,
    origin: Origin = (None, None),
) -> Actor:
    """Return the actor of an API key; raises `NotSignedIn` when unknown, revoked or expired."""
    parameters = {
        "organisation_id": organisation_id,
        "key_id": key_id,
        "secret_hash": rules.secret_hash(secret),
        "now": clock.now(),
    }
    row = session().execute(_BY_KEY, parameters).one_or_none()
    if row is None:
        raise NotSignedIn("This API key is unknown, revoked or expired.")
    _touch(_TOUCH_KEY, organisation_id, row)
    member_grants = rules.grants_of(_assignments(row.roles), row.all_clinics, extra(organisation_id))
    grants = rules.limit_grants(member_grants, row.scopes, row.clinic_ids)
    return _actor(organisation_id, row, grants, kind=ActorKind.API_KEY, origin=origin)


def load_member(organisation_id: UUID, member_id: UUID, *, extra: ExtraPermissions = no_extra) -> Actor:
    """Return the actor of a member who is not here, for work on their behalf.

    Raises `NotFound` for nobody's id, `NotAllowed` for a member who was disabled or has no role.
    """
    parameters = {"organisation_id": organisation_id, "member_id": member_id}
    row = session().execute(_BY_MEMBER, parameters).one_or_none()
    if row is None:
        raise NotFound("member")
    grants = rules.grants_of(_assignments(row.roles), row.all_clinics, extra(organisation_id))
    if row.disabled_at is not None or not grants:
        raise NotAllowed("This member may no longer do anything here. Give the work to somebody else.")
    return _actor(organisation_id, row, grants, kind=ActorKind.MEMBER, origin=(None, None))


def _actor(
    organisation_id: UUID,
    row: Any,
    grants: Mapping[str, frozenset[UUID]],
    *,
    kind: ActorKind,
    origin: Origin,
) -> Actor:
    clinics = rules.visible_clinics(grants, row.all_clinics)
    set_clinics(clinics)
    return Actor(
        kind=kind,
        organisation_id=organisation_id,
        clinic_ids=clinics,
        grants=grants,
        user_id=row.user_id,
        member_id=row.member_id,
        key_id=row.id if kind is ActorKind.API_KEY else None,
        name=row.display_name,
        ip=origin[0],
        request_id=origin[1],
    )


def _assignments(roles: Sequence[Sequence[str | None]]) -> list[tuple[str, UUID | None]]:
    return [(str(role), UUID(clinic) if clinic else None) for role, clinic in roles]


def _touch(statement: Any, organisation_id: UUID, row: Any) -> None:
    now = clock.now()
    if row.seen_at is None or now - row.seen_at > TOUCH_AFTER:
        session().execute(statement, {"organisation_id": organisation_id, "id": row.id, "now": now})
