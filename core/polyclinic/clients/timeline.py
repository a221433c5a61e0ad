"""What happened with a client, from the features above: they register sources, the client page reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from polyclinic.access.actor import Actor

SHOWN = 50


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a client's timeline; `kind` names its icon, `tone` is one of the page macros' tones."""

    at: datetime
    kind: str
    title: str
    summary: str = ""
    url: str | None = None
    tone: str = "neutral"


TimelineSource: TypeAlias = Callable[[Actor, UUID, int], Sequence[TimelineEntry]]
"""Returns at most so many entries, newest first, and none for an actor who may not see them."""

_sources: dict[str, TimelineSource] = {}


def register(source: TimelineSource) -> None:
    """Let the client page show the entries of `source`; called by the composition root, twice without effect."""
    _sources[f"{source.__module__}.{source.__qualname__}"] = source


def list_timeline(actor: Actor, client_id: UUID, limit: int = SHOWN) -> Sequence[TimelineEntry]:
    """Return the newest entries of all sources."""
    found = [entry for source in _sources.values() for entry in source(actor, client_id, limit)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]
