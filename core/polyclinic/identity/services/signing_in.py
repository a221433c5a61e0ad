"""Sign-in, sign-out and what a session remembers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text, update

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.audit import trail
from polyclinic.identity import passwords, rules
from polyclinic.identity.commands import SignInWithPassword
from polyclinic.identity.models import SignInSession
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound, NotSignedIn
from polyclinic.kit.ids import new_id

THEMES = frozenset({"auto", "light", "dark"})
_CANDIDATES = text("SELECT * FROM sign_in_candidates(:email)")


@dataclass(frozen=True)
class Membership:
    """One organisation that a person may sign in to."""

    user_id: UUID
    organisation_id: UUID
    organisation_name: str
    member_id: UUID


def find_memberships(command: SignInWithPassword, *, is_demo: bool = False) -> Sequence[Membership]:
    """Return where this e-mail and password may sign in; raises `NotSignedIn` with one text for every reason.

    The published demo password opens nothing but a demo, should demo data ever reach another server.
    """
    rows = session().execute(_CANDIDATES, {"email": rules.fold_email(command.email)}).all()
    stored = rows[0].password_hash if rows else None
    is_right = passwords.is_password(stored, command.password[: rules.MAX_PASSWORD_LENGTH])
    if not is_right or (passwords.is_refused(command.password) and not is_demo):
        raise NotSignedIn("E-mail or password is wrong. Check both and try again.")
    return [Membership(row.user_id, row.organisation_id, row.organisation_name, row.member_id) for row in rows]


def open_session(membership: Membership, *, session_hours: int, ip: str | None = None) -> str:
    """Open a session inside a transaction of the membership's organisation and return the cookie's value."""
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    row = SignInSession(
        organisation_id=membership.organisation_id,
        id=new_id(),
        member_id=membership.member_id,
        user_id=membership.user_id,
        secret_hash=rules.secret_hash(secret),
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=session_hours),
    )
    session().add(row)
    actor = Actor(ActorKind.MEMBER, membership.organisation_id, member_id=membership.member_id, ip=ip)
    trail.write(actor, "member.signed_in", trail.Subject("member", membership.member_id))
    return f"{membership.organisation_id.hex}.{secret}"


def sign_out(actor: Actor, secret: str) -> None:
    """End the session of this secret."""
    statement = (
        update(SignInSession)
        .where(
            SignInSession.organisation_id == actor.organisation_id,
            SignInSession.secret_hash == rules.secret_hash(secret),
        )
        .values(revoked_at=clock.now())
    )
    session().execute(statement)
    trail.write(actor, "member.signed_out", trail.Subject("member", actor.member_id))


def choose_clinic(actor: Actor, secret: str, clinic_id: UUID | None) -> None:
    """Remember the clinic of the switcher; None = all. Raises `NotFound` outside the actor's clinics."""
    if clinic_id is not None and clinic_id not in actor.clinic_ids:
        raise NotFound("clinic")
    _remember(actor, secret, clinic_id=clinic_id)


def choose_theme(actor: Actor, secret: str, theme: str) -> None:
    """Remember light, dark or auto."""
    _remember(actor, secret, theme=theme if theme in THEMES else "auto")


def _remember(actor: Actor, secret: str, **values: object) -> None:
    # A preference of one browser, not data of the organisation: it leaves no audit row.
    statement = (
        update(SignInSession)
        .where(
            SignInSession.organisation_id == actor.organisation_id,
            SignInSession.secret_hash == rules.secret_hash(secret),
        )
        .values(**values)
    )
    session().execute(statement)
