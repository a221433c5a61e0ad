"""Everything that is known of a client in one document, with what is missing named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.client_file import exported_rows
from polyclinic.client_file.looks import Look, list_looks
from polyclinic.client_file.queries import FileFacts, read_facts
from polyclinic.client_file.services.merging import contact_of
from polyclinic.clients import queries as client_queries
from polyclinic.clients.rows import AnswerRow, ClientRow, FlagRow
from polyclinic.kit import clock
from polyclinic.kit.pagination import MAX_LIMIT, PageRequest, decode_cursor
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.dispatch import Answer, Silence
from polyclinic.plugins.runtime import runtime

READ_RECORDS = "treatment-records:read"
_WORDS = {
    Silence.FAILED: "The plugin could not answer.",
    Silence.SWITCHED_OFF: "The plugin is switched off; what it knows is not in here.",
}


@dataclass(frozen=True)
class Missing:
    """A part that the export lacks, and why."""

    part: str
    reason: str


@dataclass(frozen=True)
class ClientExport:
    """One client's export; rows are JSON-ready but for ids, days and instants."""

    made_at: datetime
    made_by: str
    client: Mapping[str, Any]
    merged_clients: Sequence[Mapping[str, Any]]
    appointments: Sequence[Mapping[str, Any]]
    treatment_records: Sequence[Mapping[str, Any]]
    flags: Sequence[FlagRow]
    health_history: Sequence[AnswerRow]
    looks: Sequence[Look]
    plugins: Sequence[Mapping[str, Any]]
    missing: Sequence[Missing]

    @property
    def complete(self) -> bool:
        """Tell whether nothing is missing."""
        return not self.missing


def export_client(actor: Actor, client_id: UUID) -> ClientExport:
    """Return everything known of a client at the actor's clinics; the export is audited.

    Raises `NotFound`, and `NotAllowed` for a client not known at a clinic where the actor may read records.
    """
    require(actor, "clients:read")
    client = client_queries.get_client(actor, client_id)
    client_queries.require_clinical(actor, READ_RECORDS, client.id)
    visits = exported_rows.visits(actor, client.id)
    records = exported_rows.records(actor, client.id)
    sees_health = client_queries.may_see_health(actor, client.id)
    flags = client_queries.list_flags(actor, client.id) if sees_health else ()
    answers = _answers(actor, client.id) if sees_health else ()
    told = runtime().dispatcher.ask_each("client_export", Ctx(actor), client_id=client.id)
    merged = exported_rows.merged_contacts(actor, client.id)
    ids = [client.id, *(row["id"] for row in merged), *(row["id"] for row in (*visits, *records))]
    counts = {"appointments": len(visits), "signed treatment records": sum(bool(row["versions"]) for row in records)}
    trail.write(actor, "client.exported", trail.Subject("client", client.id))
    return ClientExport(
        made_at=clock.now(),
        made_by=actor.name,
        client=_client(client),
        merged_clients=merged,
        appointments=visits,
        treatment_records=records,
        flags=flags,
        health_history=answers,
        looks=list_looks(actor, ids),
        plugins=[_piece(answer.plugin_id, piece) for answer in told for piece in answer.value or ()],
        missing=[
            *_out_of_scope(read_facts(client.id), counts, sees_health=sees_health),
            *(_silent(answer) for answer in told if answer.silence is not None),
        ],
    )


def _client(client: ClientRow) -> Mapping[str, Any]:
    own = {"archived_at": client.archived_at, "erased_at": client.erased_at}
    return {"id": client.id, "display_name": client.display_name, **contact_of(client), **own}


def _answers(actor: Actor, client_id: UUID) -> Sequence[AnswerRow]:
    rows: list[AnswerRow] = []
    page = PageRequest(limit=MAX_LIMIT)
    while True:
        found = client_queries.list_health_history(actor, client_id, page)
        rows += found.rows
        if found.next_cursor is None:
            return rows
        page = PageRequest(limit=MAX_LIMIT, after=decode_cursor(found.next_cursor))


def _piece(plugin_id: str, piece: Any) -> Mapping[str, Any]:
    return {"plugin": plugin_id, "name": piece.name, "rows": [dict(row) for row in piece.rows]}


def _out_of_scope(facts: FileFacts, counts: Mapping[str, int], *, sees_health: bool) -> Sequence[Missing]:
    known = {"appointments": facts.appointments, "signed treatment records": facts.signed_records}
    hidden = {part: known[part] - counts[part] for part in known if known[part] > counts[part]}
    missing = [
        Missing(part, f"{number} at clinics or with privacy that you may not read.") for part, number in hidden.items()
    ]
    if not sees_health and facts.flags + facts.answers:
        missing.append(Missing("health history and flags", "You may not read health data of this client."))
    return missing


def _silent(answer: Answer) -> Missing:
    return Missing(f"plugin {answer.plugin_id}", _WORDS[answer.silence or Silence.FAILED])
