"""Pure decisions of the identity feature."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from polyclinic.identity.vocabulary import ROLE_PERMISSIONS

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 256


def grants_of(
    assignments: Iterable[tuple[str, UUID | None]],
    all_clinics: Sequence[UUID],
    extra: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, frozenset[UUID]]:
    """Return permission -> clinics for role assignments; clinic None means every clinic of the list.

    `extra` adds permissions to roles (plugins' permissions that the organisation granted).
    """
    grants: dict[str, set[UUID]] = {}
    for role, clinic_id in assignments:
        clinics = set(all_clinics) if clinic_id is None else {clinic_id} & set(all_clinics)
        for permission in ROLE_PERMISSIONS.get(role, frozenset()) | (extra or {}).get(role, frozenset()):
            grants.setdefault(permission, set()).update(clinics)
    return {permission: frozenset(clinics) for permission, clinics in grants.items() if clinics}


def limit_grants(
    grants: Mapping[str, frozenset[UUID]], scopes: Iterable[str], clinic_ids: Iterable[UUID] | None
) -> dict[str, frozenset[UUID]]:
    """Return what is left of a member's grants within a key's scopes and clinics (None = no restriction)."""
    allowed = None if clinic_ids is None else frozenset(clinic_ids)
    kept = {p: (c if allowed is None else c & allowed) for p, c in grants.items() if p in set(scopes)}
    return {permission: clinics for permission, clinics in kept.items() if clinics}


def visible_clinics(grants: Mapping[str, frozenset[UUID]], all_clinics: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return the clinics where at least one permission holds, in the order of `all_clinics`."""
    held = frozenset().union(*grants.values()) if grants else frozenset()
    return tuple(clinic for clinic in all_clinics if clinic in held)


def fold_email(email: str) -> str:
    """Return the form under which an e-mail address is compared."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def normalise_password(password: str) -> str:
    """Return the NFKD form, so that the same keys give the same password on every device."""
    return unicodedata.normalize("NFKD", password)


def secret_hash(secret: str) -> str:
    """Return the stored form of a 256-bit random secret (SHA-256; such secrets need no slow hash)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(secret: str) -> str:
    """Return the form token that belongs to a session's secret."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()
