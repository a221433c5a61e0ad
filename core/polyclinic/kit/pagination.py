"""Keyset paging: a cursor is the sort key of the last row shown, opaque to callers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from polyclinic.kit.errors import Invalid

MAX_LIMIT = 200
DEFAULT_LIMIT = 50


@dataclass(frozen=True)
class PageRequest:
    """How many rows (1-200) and after which key."""

    limit: int = DEFAULT_LIMIT
    after: tuple[Any, ...] | None = None


Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page and the cursor of the next, None at the end."""

    rows: Sequence[Row]
    next_cursor: str | None = None


def encode_cursor(key: Sequence[Any]) -> str:
    """Return the opaque form of a sort key of str, int, datetime, date and UUID values."""
    return base64.urlsafe_b64encode(orjson.dumps([_pack(value) for value in key])).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> tuple[Any, ...]:
    """Return the sort key; raises `Invalid` for anything this function did not make."""
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(_UNPACK[kind](value) for kind, value in packed)
    except (ValueError, TypeError, KeyError) as error:
        raise Invalid({"cursor": "This cursor is not valid. Start again without it."}) from error


def page_of(rows: Sequence[Row], request: PageRequest, key: Any) -> Page[Row]:
    """Return a page from `limit + 1` fetched rows; `key(row)` gives the sort key of a row."""
    if len(rows) <= request.limit:
        return Page(rows)
    shown = rows[: request.limit]
    return Page(shown, encode_cursor(key(shown[-1])))


def _pack(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime | date):
        return "t" if isinstance(value, datetime) else "d", value.isoformat()
    if isinstance(value, UUID):
        return "u", str(value)
    if isinstance(value, int | str):
        return "i" if isinstance(value, int) else "s", value
    raise TypeError(f"a cursor cannot hold {type(value).__name__}")


_UNPACK: dict[str, Any] = {"t": datetime.fromisoformat, "d": date.fromisoformat, "u": UUID, "i": int, "s": str}
