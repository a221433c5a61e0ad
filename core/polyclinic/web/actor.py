"""From a credential to an actor: the loader itself is handed in by `app.py`, so that web knows no feature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, cast
from uuid import UUID

from flask import current_app, g, request

from polyclinic.access.actor import Actor
from polyclinic.kit.errors import NotSignedIn
from polyclinic.kit.ids import parse_id

KEY_PREFIX = "pc_"


class CredentialKind(StrEnum):
    """How the request identifies itself."""

    COOKIE = "cookie"
    KEY = "key"


@dataclass(frozen=True)
class Credential:
    """The claim of a request: the organisation stands in it openly, so the tenant is known before authentication."""

    kind: CredentialKind
    organisation_id: UUID
    secret: str
    key_id: UUID | None = None


@dataclass(frozen=True)
class SignIn:
    """A proven credential: the actor and what the session remembers."""

    actor: Actor
    csrf_token: str = ""
    theme: str = "auto"
    clinic_id: UUID | None = None
    """The clinic chosen in the switcher; None = all clinics of the actor."""
    email: str = ""


ActorLoader: TypeAlias = Callable[[Credential], SignIn]


def cookie_name() -> str:
    """Return the cookie's name: the `__Host-` prefix needs https, so plain http (demo, tests) has a plain name."""
    return "__Host-polyclinic" if current_app.config["POLYCLINIC"].secure_cookies else "polyclinic"


def cookie_credential() -> Credential:
    """Return the claim of the session cookie; raises `NotSignedIn` when there is none."""
    value = request.cookies.get(cookie_name(), "")
    organisation, _, secret = value.partition(".")
    organisation_id = parse_id(organisation)
    if organisation_id is None or not 20 <= len(secret) <= 100:
        raise NotSignedIn("Sign in to continue.")
    return Credential(CredentialKind.COOKIE, organisation_id, secret)


def key_credential() -> Credential:
    """Return the claim of the API key; raises `NotSignedIn` when the header is missing or not of the form."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    parts = token.strip().split("_", 3)
    if scheme.lower() != "bearer" or len(parts) != 4 or parts[0] != "pc":
        raise NotSignedIn("Send the header `Authorization: Bearer pc_...` with an API key.")
    organisation_id, key_id = parse_id(parts[1]), parse_id(parts[2])
    if organisation_id is None or key_id is None or len(parts[3]) > 100:
        raise NotSignedIn("This API key is not of the form pc_<organisation>_<key id>_<secret>.")
    return Credential(CredentialKind.KEY, organisation_id, parts[3], key_id)


def current_sign_in() -> SignIn | None:
    """Return the proven credential of this request, None on public routes."""
    return cast("SignIn | None", g.get("sign_in"))


def load_actor(credential: Credential) -> SignIn:
    """Prove the credential inside the running transaction; raises `NotSignedIn`."""
    loader: ActorLoader = current_app.extensions["polyclinic_actor_loader"]
    sign_in = loader(credential)
    g.sign_in = sign_in
    return sign_in
