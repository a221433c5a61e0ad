"""`Idempotency-Key`: the key row is written in the effect's own transaction, so a repeat waits and then replays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Response, g, request
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.kit.db import session
from polyclinic.kit.errors import FieldError, Invalid, Malformed

MAX_KEY_LENGTH = 200
_REPLAYED_HEADERS = ("Location", "ETag")

_CLAIM = text(
    "INSERT INTO idempotency_key (organisation_id, principal, key, method, path, request_sha256) "
    "VALUES (:organisation_id, :principal, :key, :method, :path, :digest) ON CONFLICT DO NOTHING"
)
_READ = text(
    "SELECT method, path, request_sha256, status, headers, body FROM idempotency_key "
    "WHERE organisation_id = :organisation_id AND principal = :principal AND key = :key"
)
_STORE = text(
    "UPDATE idempotency_key SET status = :status, headers = CAST(:headers AS jsonb), body = :body "
    "WHERE organisation_id = :organisation_id AND principal = :principal AND key = :key"
)
_FORGET = text("DELETE FROM idempotency_key WHERE organisation_id = :organisation_id AND created_at < :before")


def forget_keys(organisation_id: UUID, before: datetime) -> int:
    """Remove the keys made before the instant and return how many; a repeat after that acts anew."""
    values = {"organisation_id": organisation_id, "before": before}
    return session().execute(_FORGET, values).rowcount  # type: ignore[attr-defined, no-any-return]


def once(actor: Actor, effect: Callable[[], Response], *, required: bool) -> Response:
    """Run `effect` once per key; a repeat gets the stored answer byte for byte, another body is refused with 422."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        if required:
            raise Malformed("Send an Idempotency-Key header (any unique text), so that a repeat cannot act twice.")
        return effect()
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise Malformed(f"Idempotency-Key must be printable and at most {MAX_KEY_LENGTH} characters.")
    identity = {"organisation_id": actor.organisation_id, "principal": actor.principal, "key": key}
    digest = hashlib.sha256(_body_bytes()).hexdigest()
    claim = identity | {"method": request.method, "path": request.path, "digest": digest}
    if session().execute(_CLAIM, claim).rowcount == 0:  # type: ignore[attr-defined]
        return _replay(identity, digest)
    response = effect()
    headers = {name: response.headers[name] for name in _REPLAYED_HEADERS if name in response.headers}
    stored = {"status": response.status_code, "headers": orjson.dumps(headers).decode(), "body": response.get_data()}
    session().execute(_STORE, identity | stored)
    return response


def _body_bytes() -> bytes:
    return g.get("raw_body", b"") or b""


def _replay(identity: dict[str, Any], digest: str) -> Response:
    row = session().execute(_READ, identity).one()
    if (row.method, row.path, row.request_sha256) != (request.method, request.path, digest):
        error = FieldError(
            "/", "This Idempotency-Key was used for another request. Use a new key.", "idempotency_key_reused"
        )
        raise Invalid([error], "This Idempotency-Key was used for another request. Use a new key.")
    response = Response(bytes(row.body), status=row.status, content_type="application/json")
    response.headers.update(row.headers)
    response.headers["Idempotent-Replay"] = "true"
    return response
