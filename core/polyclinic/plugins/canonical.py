"""Canonical JSON (RFC 8785 without floats) and content hashes: equal content gives equal bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import rfc8785

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


class NotCanonicalError(ValueError):
    """The value cannot be written without loss; the text says where and what."""


def canonical_json(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes of `value`: sorted keys, no blanks.

    Raises `NotCanonicalError` for floats (write decimals as text), integers beyond 2^53, keys that are not text and
    any type that JSON does not have.
    """
    has_plain_keys = _refuse_lossy(value, "")
    try:
        # The two sort alike except keys beyond U+FFFF, and orjson takes a twentieth of the time.
        return orjson.dumps(value, option=_SORTED) if has_plain_keys else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, orjson.JSONEncodeError, UnicodeEncodeError) as error:
        raise NotCanonicalError(f"the value cannot be written as canonical JSON: {error}") from error


def content_hash(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _refuse_lossy(value: Any, path: str) -> bool:
    """Raise for what would be lost; tell whether every key is ASCII."""
    has_plain_keys = True
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonicalError(f"{path or '/'} has a key that is no text: {key!r}")
            has_plain_keys = has_plain_keys and key.isascii()
            if type(item) not in _LEAVES:
                has_plain_keys = _refuse_lossy(item, f"{path}/{key}") and has_plain_keys
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if type(item) not in _LEAVES:
                has_plain_keys = _refuse_lossy(item, f"{path}/{index}") and has_plain_keys
    elif not (value is None or isinstance(value, bool | int | str)):
        raise NotCanonicalError(
            f"{path or '/'} holds a {type(value).__name__}; use text, whole numbers, lists and objects"
        )
    return has_plain_keys


_LEAVES = frozenset({str, int, bool, type(None)})
