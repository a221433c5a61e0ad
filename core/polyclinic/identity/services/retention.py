"""Remove credentials that can no longer prove anything; run by the worker alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.identity.models import SignInSession
from polyclinic.kit.db import session


def remove_ended_sessions(actor: Actor, before: datetime) -> int:
    """Remove the sessions that expired or were revoked before the instant and return how many."""
    require(actor, "members:write")
    statement = delete(SignInSession).where(
        SignInSession.organisation_id == actor.organisation_id,
        or_(SignInSession.expires_at < before, SignInSession.revoked_at < before),
    )
    return session().execute(statement).rowcount  # type: ignore[attr-defined, no-any-return]
