"""What happens to a client as a whole: merged into another, parted again, erased, exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class ClientMerge:
    """Two files of one person become one: what refers to `from_client_id` is to refer to `into_client_id`."""

    merge_id: UUID
    from_client_id: UUID
    into_client_id: UUID


@dataclass(frozen=True)
class ClientErasure:
    """A client's wish, or the law, to be forgotten; `reason` is an administrator's text without health data."""

    erasure_id: UUID
    client_id: UUID
    reason: str


@dataclass(frozen=True)
class Receipt:
    """What a plugin did about a merge or an erasure: lines for the administrator, and what undoing needs.

    `kept` counts the rows that stay in spite of an erasure, `legal_basis` says why. `undo` is JSON that comes back in
    `client_unmerging`.
    """

    lines: Sequence[str] = ()
    changed: int = 0
    kept: int = 0
    legal_basis: str = ""
    undo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportPiece:
    """A part of what is known of a client, for the client: a name for the part and JSON-ready rows."""

    name: str
    rows: Sequence[Mapping[str, Any]]
