"""Password hashing with argon2id (RFC 9106, the library's default parameters)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from polyclinic.identity.rules import normalise_password

DEMO_PASSWORD = "quiet harbour lanterns"  # noqa: S105 -- exists in demo data only and is refused everywhere else
_demo: ContextVar[bool] = ContextVar("demo_passwords_allowed", default=False)


@contextmanager
def demo_passwords_allowed() -> Iterator[None]:
    """Let demo data be made within this block."""
    token = _demo.set(True)
    try:
        yield
    finally:
        _demo.reset(token)


def is_refused(password: str) -> bool:
    """Tell whether this is the published demo password, outside of the making of demo data."""
    return normalise_password(password) == DEMO_PASSWORD and not _demo.get()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    return _hasher().hash("no account has this password")


@cache
def _demo_hash() -> str:
    """Everybody knows this password: a salt for each account would hide nothing, and a hash costs 0.2 s."""
    return _hasher().hash(DEMO_PASSWORD)


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password; the accounts of a demo share one."""
    if normalise_password(password) == DEMO_PASSWORD:
        return _demo_hash()
    return _hasher().hash(normalise_password(password))


def is_password(stored: str | None, password: str) -> bool:
    """Tell whether `password` matches; an unknown account (None) costs the same time as a known one."""
    try:
        _hasher().verify(stored or _decoy(), normalise_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
