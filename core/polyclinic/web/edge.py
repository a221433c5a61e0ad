"""The one transaction scope of a request: prove the credential, run the view, commit, retry what may be retried."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeAlias

from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from polyclinic.access.actor import Actor
from polyclinic.access.permissions import SIGNED_IN
from polyclinic.audit import trail
from polyclinic.kit.db import ConnectionLost, transaction
from polyclinic.kit.errors import Conflict, NotAllowed, Unavailable
from polyclinic.web.actor import Credential, SignIn, load_actor

ATTEMPTS = 3
RETRYABLE_STATES = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})
LOCK_TIMEOUT_STATE = "55P03"
OVERLOAD_STATES = frozenset({"57014", "53300", "53200", "53100", "25006"})
MAYBE_SAVED = "The connection to the database broke while this was saved. Look if it is there before you repeat it."

View: TypeAlias = Callable[[SignIn], ResponseReturnValue]
Gate: TypeAlias = Callable[[SignIn], None]
"""Raises `NotFound` where a route is absent for whoever is signed in; asked before the permission."""


def run(
    view: View, *, permission: str, credential: Callable[[], Credential], gate: Gate | None = None
) -> ResponseReturnValue:
    """Answer one request in one transaction; a serialisation failure or a lost connection is tried again as a whole."""
    claim = credential()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _once(view, permission, claim, gate)
        except NotAllowed as refusal:
            _write_refusal(claim, refusal)
            raise
        except (ConnectionLost, DBAPIError, PoolTimeout) as error:
            if attempt == ATTEMPTS or not _may_retry(error):
                raise answer_for(error) from error
            _forget_dead_connections(error)
            time.sleep(random.uniform(0.01, 0.1) * attempt)  # noqa: S311 -- jitter, not a secret
    raise AssertionError("unreachable")


def public(view: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Answer a request that has no tenant: every tenant table shows 0 rows in this transaction."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction(current_app.extensions["polyclinic_session"]):
                return view()
        except (ConnectionLost, DBAPIError, PoolTimeout) as error:
            if attempt == ATTEMPTS or not _may_retry(error):
                raise answer_for(error) from error
            _forget_dead_connections(error)
    raise AssertionError("unreachable")


def answer_for(error: Exception) -> Exception:
    """Return the error that callers are told for one of the database's."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state == LOCK_TIMEOUT_STATE:
        return Conflict("Somebody else is changing the same thing right now. Try again in a moment.", code="locked")
    if isinstance(error, DBAPIError) and error.connection_invalidated and state is None and _is_change():
        return Unavailable(MAYBE_SAVED)
    if (
        isinstance(error, PoolTimeout | ConnectionLost | OperationalError)
        or state in OVERLOAD_STATES | RETRYABLE_STATES
    ):
        return Unavailable()
    return error


def _once(view: View, permission: str, claim: Credential, gate: Gate | None) -> ResponseReturnValue:
    with transaction(current_app.extensions["polyclinic_session"], organisation_id=claim.organisation_id):
        sign_in = load_actor(claim)
        if gate is not None:
            gate(sign_in)
        _require_declared(sign_in.actor, permission)
        return view(sign_in)


def _require_declared(actor: Actor, permission: str) -> None:
    if permission != SIGNED_IN and not actor.can(permission):
        raise NotAllowed(
            f"Your role lacks the permission {permission}. Ask a chain administrator to grant it.",
            permission=permission,
        )


def _may_retry(error: Exception) -> bool:
    if isinstance(error, ConnectionLost):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in RETRYABLE_STATES:
        return True
    # A connection lost while COMMIT was under way may have committed: only a repeatable request may run again.
    is_lost = error.connection_invalidated or state.startswith("08")
    return is_lost and (request.method in {"GET", "HEAD"} or "Idempotency-Key" in request.headers)


def _is_change() -> bool:
    return request.method not in {"GET", "HEAD", "OPTIONS"}


def _forget_dead_connections(error: Exception) -> None:
    if isinstance(error, ConnectionLost) or getattr(error, "connection_invalidated", False):
        current_app.extensions["polyclinic_engine"].dispose()


def _write_refusal(claim: Credential, refusal: NotAllowed) -> None:
    """Write the refusal in a transaction of its own: the rollback of the refused one would erase it."""
    sign_in: SignIn | None = g.get("sign_in")
    if sign_in is None:
        return
    with transaction(current_app.extensions["polyclinic_session"], organisation_id=claim.organisation_id):
        subject = trail.Subject("route")
        detail = {
            "permission": refusal.permission,
            "endpoint": request.endpoint,
            "arguments": _plain(request.view_args),
        }
        trail.write(sign_in.actor, "access.refused", subject, detail=detail, outcome=trail.Outcome.REFUSED)


def _plain(arguments: dict[str, object] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (arguments or {}).items()}
