"""The same authentication look-up, permission check, audit row and idempotency key as the product's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from benchmarks.ceiling.database import Transaction
from polyclinic.identity.vocabulary import ROLE_PERMISSIONS
from polyclinic.kit.ids import new_id

TOUCH_AFTER = timedelta(minutes=1)

_BY_KEY = """
    SELECT k.id, k.member_id, m.user_id, k.scopes, k.clinic_ids, k.last_used_at AS seen_at, m.display_name, m.email,
    (SELECT coalesce(array_agg(c.id ORDER BY c.name, c.id), '{}') FROM clinic c
      WHERE c.organisation_id = %(organisation_id)s::uuid) AS all_clinics,
    (SELECT coalesce(json_agg(json_build_array(ra.role, ra.clinic_id)), '[]') FROM role_assignment ra
      WHERE ra.organisation_id = %(organisation_id)s::uuid AND ra.member_id = m.id) AS roles
    FROM api_key k JOIN member m ON m.organisation_id = k.organisation_id AND m.id = k.member_id
    WHERE k.organisation_id = %(organisation_id)s::uuid AND k.id = %(key_id)s::uuid AND k.secret_hash = %(hash)s
      AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(now)s) AND m.disabled_at IS NULL
"""
_TOUCH = (
    "UPDATE api_key SET last_used_at = %(now)s WHERE organisation_id = %(organisation_id)s::uuid AND id = %(id)s::uuid"
)
_AUDIT = """
    INSERT INTO audit_event (organisation_id, id, at, actor_kind, actor_id, on_behalf_of, action, object_type,
                             object_id, clinic_id, ip, request_id, outcome, detail)
    VALUES (%(organisation_id)s::uuid, %(id)s::uuid, %(at)s, 'api_key', %(key_id)s::uuid, %(member_id)s::uuid,
            %(action)s, %(object_type)s, %(object_id)s::uuid, %(clinic_id)s::uuid, %(ip)s, %(request_id)s, 'done',
            %(detail)s::jsonb)
"""
_CLAIM = """
    INSERT INTO idempotency_key (organisation_id, principal, key, method, path, request_sha256)
    VALUES (%(organisation_id)s::uuid, %(principal)s, %(key)s, %(method)s, %(path)s, %(digest)s) ON CONFLICT DO NOTHING
"""
_STORE = """
    UPDATE idempotency_key SET status = %(status)s, headers = CAST(%(headers)s AS jsonb), body = %(body)s
    WHERE organisation_id = %(organisation_id)s::uuid AND principal = %(principal)s AND key = %(key)s
"""


class Refused(Exception):
    """The request is refused with this status."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Token:
    """The parts of an API key."""

    organisation_id: str
    key_id: str
    secret: str


@dataclass(frozen=True)
class Caller:
    """Who asks, in which transaction, with the clinics of every permission they hold."""

    transaction: Transaction
    key_id: str
    member_id: str
    clinics: Mapping[str, list[str]]
    request_id: str
    ip: str

    def clinics_with(self, permission: str) -> list[str]:
        """Return the clinics where the caller holds a permission; raises `Refused` without any."""
        held = self.clinics.get(permission)
        if not held:
            raise Refused("403 Forbidden")
        return held

    @property
    def organisation_id(self) -> str:
        """Return the caller's organisation."""
        return self.transaction.organisation_id

    def audit(self, action: str, subject: tuple[str, str | None, str | None], detail: Mapping[str, Any]) -> None:
        """Write an audit row about (object type, object id, clinic id)."""
        object_type, object_id, clinic_id = subject
        values = {
            "organisation_id": self.organisation_id,
            "id": str(new_id()),
            "at": datetime.now(UTC),
            "key_id": self.key_id,
            "member_id": self.member_id,
            "action": action,
            "object_type": object_type,
            "object_id": object_id,
            "clinic_id": clinic_id,
            "ip": self.ip,
            "request_id": self.request_id,
            "detail": orjson.dumps(detail).decode(),
        }
        self.transaction.run(_AUDIT, values)

    def claim(self, key: str, request: tuple[str, str, bytes]) -> None:
        """Claim an idempotency key for (method, path, body); a repeat is not replayed here, it is refused."""
        method, path, body = request
        digest = hashlib.sha256(body).hexdigest()
        values = self._key(key) | {"method": method, "path": path, "digest": digest}
        if self.transaction.run(_CLAIM, values) == 0:
            raise Refused("422 Unprocessable Entity")

    def store(self, key: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer under its idempotency key."""
        stored = {"status": status, "headers": orjson.dumps(headers).decode(), "body": body}
        self.transaction.run(_STORE, self._key(key) | stored)

    def _key(self, key: str) -> dict[str, Any]:
        return {"organisation_id": self.organisation_id, "principal": f"api_key:{self.key_id}", "key": key}


def read_token(header: str) -> Token:
    """Return the parts of an Authorization header; raises `Refused`."""
    parts = header.removeprefix("Bearer ").split("_", 3)
    if len(parts) != 4 or parts[0] != "pc":
        raise Refused("401 Unauthorized")
    return Token(parts[1], parts[2], parts[3])


def authenticate(transaction: Transaction, token: Token, request_id: str, ip: str) -> Caller:
    """Return the caller and let row security see their clinics; raises `Refused`."""
    now = datetime.now(UTC)
    values = {
        "organisation_id": transaction.organisation_id,
        "key_id": token.key_id,
        "hash": hashlib.sha256(token.secret.encode()).hexdigest(),
        "now": now,
    }
    row = transaction.row(_BY_KEY, values)
    if row is None:
        raise Refused("401 Unauthorized")
    key_id, member_id, _, scopes, allowed, seen_at, _, _, all_clinics, roles = row
    if seen_at is None or now - seen_at > TOUCH_AFTER:
        transaction.run(_TOUCH, {"organisation_id": transaction.organisation_id, "id": key_id, "now": now})
    clinics = _clinics(roles, set(scopes), [c for c in all_clinics if allowed is None or c in allowed])
    visible = {clinic for held in clinics.values() for clinic in held}
    transaction.see_clinics([clinic for clinic in all_clinics if clinic in visible])
    return Caller(transaction, key_id, member_id, clinics, request_id, ip)


def _clinics(roles: list[tuple[str, str | None]], scopes: set[str], all_clinics: list[str]) -> dict[str, list[str]]:
    held: dict[str, list[str]] = {}
    for role, clinic_id in roles:
        clinics = all_clinics if clinic_id is None else [clinic_id]
        for permission in ROLE_PERMISSIONS[role] & scopes:
            held[permission] = held.get(permission, []) + clinics if permission in held else clinics
    return held
