"""Frozen inputs of the writes about a client's whole file."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class MergeClients:
    """Let `into_client_id` survive with everything of `from_client_id`.

    `take` names the contact fields whose value comes from the client that goes; None fills what the survivor lacks.
    Versions say which state of the two files the choice was made on; None asks for no check.
    """

    from_client_id: UUID
    into_client_id: UUID
    reason: str
    take: frozenset[str] | None = None
    from_version: int | None = None
    into_version: int | None = None


@dataclass(frozen=True)
class MarkDifferent:
    """Remember that two clients are two people."""

    client_id: UUID
    other_client_id: UUID


@dataclass(frozen=True)
class EraseClient:
    """Erase what need not be kept; `confirm` is the client's displayed name, typed."""

    client_id: UUID
    reason: str
    confirm: str
