"""The chain of seals, pure: each seal hashes its events after the digest of the seal before it and is signed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FIRST = "0" * 64
"""The digest before the first seal."""


@dataclass(frozen=True)
class Seal:
    """One seal: all events with `from_xid <= xid < upto_xid` in the order of (xid, id)."""

    organisation_id: UUID
    number: int
    from_xid: int
    upto_xid: int
    events: int
    digest: str
    signature: str


@dataclass(frozen=True)
class Broken:
    """What verification found: the seal's number (None = outside of all seals) and what is wrong."""

    number: int | None
    reason: str


def digest_of(previous: str, events: Iterable[Mapping[str, Any]]) -> str:
    """Return SHA-256 over the digest before and the canonical JSON (RFC 8785) of every event in order."""
    digest = hashlib.sha256(previous.encode())
    for event in events:
        digest.update(hashlib.sha256(rfc8785.dumps(_plain(event))).digest())
    return digest.hexdigest()


def signed_text(seal: Seal) -> bytes:
    """Return the bytes that the signature covers."""
    parts = (seal.organisation_id.hex, seal.number, seal.from_xid, seal.upto_xid, seal.events, seal.digest)
    return ":".join(str(part) for part in parts).encode()


def sign(seal: Seal, key: Ed25519PrivateKey) -> str:
    """Return the Ed25519 signature (RFC 8032) of a seal, base64."""
    return base64.b64encode(key.sign(signed_text(seal))).decode()


def is_signed(seal: Seal, key: Ed25519PublicKey) -> bool:
    """Tell whether the signature is this key's over this seal."""
    try:
        key.verify(base64.b64decode(seal.signature, validate=True), signed_text(seal))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify(seals: Sequence[Seal], events: Sequence[Mapping[str, Any]], key: Ed25519PublicKey) -> list[Broken]:
    """Return everything that is wrong with an organisation's seals (by number) and its sealed events (by xid, id).

    `events` are all events below the last seal's `upto_xid`; an event between or before the seals was put in later.
    """
    broken: list[Broken] = []
    previous, covered_to, position = FIRST, None, 0
    for expected, seal in enumerate(seals, 1):
        if seal.number != expected:
            return [*broken, Broken(expected, "is missing")]
        if not is_signed(seal, key):
            broken.append(Broken(seal.number, "has a wrong signature"))
        if covered_to is not None and seal.from_xid != covered_to:
            broken.append(Broken(seal.number, "does not follow the seal before it"))
        own = []
        while position < len(events) and events[position]["xid"] < seal.upto_xid:
            own.append(events[position])
            position += 1
        if len(own) != seal.events:
            broken.append(Broken(seal.number, f"covers {seal.events} events, found {len(own)}"))
        elif digest_of(previous, own) != seal.digest:
            broken.append(Broken(seal.number, "covers an event that was changed"))
        previous, covered_to = seal.digest, seal.upto_xid
    return broken


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | str) else str(value)
