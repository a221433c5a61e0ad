"""Clients who were merged, told apart and erased, for the filled organisations of the probes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.client_file.commands import EraseClient, MarkDifferent, MergeClients
from polyclinic.client_file.services.differing import mark_different
from polyclinic.client_file.services.erasing import erase_client
from polyclinic.client_file.services.merging import merge_clients
from polyclinic.clients.commands import CreateClient, RaiseFlag
from polyclinic.clients.services.clients import create_client
from polyclinic.clients.services.flags import raise_flag
from polyclinic.plugins.contract import SafetySeverity


def fill_client_files(
    actors: tuple[Actor, Actor], clinic_id: UUID, client_id: UUID, text: Callable[..., str]
) -> Mapping[str, UUID]:
    """Return the ids by the name that addresses and schemas give them; `actors` are administrator and therapist."""
    admin, therapist = actors

    def add(noun: str) -> UUID:
        return create_client(admin, CreateClient(clinic_id, text(noun))).id

    keeper, twin, forgotten = add("keeper"), add("twin"), add("forgotten")
    label = text("twin-flag", clinical=True)
    raise_flag(therapist, RaiseFlag(twin, "probe_flag", label, SafetySeverity.CAUTION, label))
    merged = merge_clients(admin, MergeClients(twin, keeper, text("merge-reason")))
    pair = mark_different(admin, MarkDifferent(client_id, keeper))
    erase_client(admin, EraseClient(forgotten, text("erase-reason"), text("forgotten")))
    return {"into_client_id": keeper, "other_client_id": keeper, "merge_id": merged.id, "difference_id": pair.id}
