"""What merges add to a client's timeline, for those who may undo them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.client_file.queries import MergeRow, list_merges
from polyclinic.client_file.vocabulary import MERGE
from polyclinic.clients.timeline import TimelineEntry


def list_timeline_entries(actor: Actor, client_id: UUID, limit: int) -> Sequence[TimelineEntry]:
    """Return the merges of a client, newest first; none without the permission."""
    return [_entry(merge) for merge in list_merges(actor, client_id)[:limit]] if actor.can(MERGE) else []


def _entry(merge: MergeRow) -> TimelineEntry:
    state = "undone" if merge.undone_at else "can be undone" if merge.is_open else ""
    return TimelineEntry(
        at=merge.merged_at,
        kind="merge",
        title="Merged with another client",
        summary=" · ".join(part for part in (merge.reason, state) if part),
        url=f"/clients/merges/{merge.id}",
    )
