"""A client is forgotten, but for what the law makes the clinic keep; a row without a name stays behind the visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, func, insert, select, update

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.client_file import joining, queries
from polyclinic.client_file.commands import EraseClient
from polyclinic.client_file.models import ClientErasure as ErasureModel
from polyclinic.client_file.queries import ErasureRow, FileFacts, read_facts
from polyclinic.client_file.retention import Retention, retention_of
from polyclinic.client_file.vocabulary import ERASE, MIN_ERASE_REASON
from polyclinic.clients import queries as client_queries
from polyclinic.clients.models import Client
from polyclinic.clients.rows import ClientRow
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid
from polyclinic.kit.ids import new_id
from polyclinic.plugins.client_changes import ClientErasure
from polyclinic.scheduling import reservations

_LOCK = scoped_everywhere(Client, Client.id).where(Client.id == bindparam("client_id", type_=Uuid())).with_for_update()
_JOURNAL = insert(ErasureModel.__table__)  # type: ignore[arg-type]
_ERASE = select(
    func.erase_client_rows(bindparam("erasure_id", type_=Uuid()), bindparam("now", type_=DateTime(timezone=True)))
)
_RECEIPTS = (
    update(ErasureModel)
    .where(
        ErasureModel.organisation_id == bindparam("b_organisation_id", type_=Uuid()),
        ErasureModel.id == bindparam("b_id", type_=Uuid()),
    )
    .values(receipts=bindparam("b_receipts", type_=ErasureModel.receipts.type))
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True)
class ErasurePlan:
    """What an erasure would remove and what it would keep, counted by kind, and what stands in its way."""

    client: ClientRow
    facts: FileFacts
    keeps_records: bool
    keep_until: date | None
    rules: tuple[str, ...]
    refusal: Conflict | None

    @property
    def erased(self) -> Mapping[str, int]:
        """Return what goes: kind -> how many."""
        facts = self.facts
        always = {"contact_data": 1 + facts.merged_files, "appointment_notes": facts.appointments}
        records = {"treatment_records": facts.signed_records, "flags": facts.flags, "answers": facts.answers}
        return always if self.keeps_records else always | records

    @property
    def kept(self) -> Mapping[str, int]:
        """Return what stays: kind -> how many; visits stay without texts, so that sums and days remain right."""
        facts = self.facts
        records = {"treatment_records": facts.signed_records, "flags": facts.flags, "answers": facts.answers}
        return {"appointments": facts.appointments} | (records if self.keeps_records else {})

    @property
    def client_id(self) -> UUID:
        """Return the client."""
        return self.client.id

    @property
    def refusal_text(self) -> str | None:
        """Return what stands in the way, in words."""
        return self.refusal.detail if self.refusal else None

    @property
    def can_be_erased(self) -> bool:
        """Tell whether nothing stands in the way."""
        return self.refusal is None


def plan_erasure(actor: Actor, client_id: UUID) -> ErasurePlan:
    """Return what an erasure would do, without doing it; raises `NotFound`. The look is audited."""
    require(actor, ERASE)
    plan = _plan(actor, client_queries.get_client(actor, client_id))
    trail.write(actor, "client.erasure_planned", trail.Subject("client", plan.client.id))
    return plan


def erase_client(actor: Actor, command: EraseClient) -> ErasureRow:
    """Erase what need not be kept and return the journal's entry with the plugins' receipts.

    Raises `Invalid` for a reason that is too short or a name that is not the client's, `Conflict` while visits lie
    ahead or a record is not signed, and for a client of whom nothing more may be erased.
    """
    require(actor, ERASE)
    client = client_queries.get_client(actor, command.client_id)
    reservations.lock(actor, (client.id,))
    session().execute(_LOCK, {"organisation_id": actor.organisation_id, "client_id": client.id})
    client = client_queries.get_client(actor, client.id)
    _check(command, client)
    plan = _plan(actor, client)
    if plan.refusal is not None:
        raise plan.refusal
    now = clock.now()
    erasure_id = _write_journal(actor, command, plan, now)
    change = ClientErasure(erasure_id, client.id, command.reason.strip())
    receipts = joining.let_plugins_erase(actor, change)
    session().execute(_ERASE, {"erasure_id": erasure_id, "now": now})
    _finish(actor, change, receipts)
    return next(row for row in queries.list_erasures(actor, client.id) if row.id == erasure_id)


def _check(command: EraseClient, client: ClientRow) -> None:
    problems = {}
    if len(command.reason.strip()) < MIN_ERASE_REASON:
        problems["reason"] = f"Give a reason of at least {MIN_ERASE_REASON} characters."
    if command.confirm.strip() != client.display_name:
        problems["confirm"] = "Type the client's name exactly as it is shown, to confirm."
    if problems:
        raise Invalid(problems)


def _plan(actor: Actor, client: ClientRow) -> ErasurePlan:
    facts = read_facts(client.id)
    retention = _retention(actor, client, facts)
    today = clock.now().date()
    keeps = retention is not None and facts.signed_records > 0 and retention.keep_until >= today
    return ErasurePlan(
        client=client,
        facts=facts,
        keeps_records=keeps,
        keep_until=retention.keep_until if retention and keeps else None,
        rules=retention.rules if retention and keeps else (),
        refusal=_refusal(client, facts, retention if keeps else None),
    )


def _retention(actor: Actor, client: ClientRow, facts: FileFacts) -> Retention | None:
    """An erased client has no birth date any more: what was found out the first time still holds."""
    if client.erased_at is not None:
        first = next((row for row in queries.list_erasures(actor, client.id) if row.keep_until), None)
        return Retention(first.keep_until, tuple(first.rules)) if first and first.keep_until else None
    if facts.last_service_at is None:
        return None
    return retention_of(facts.countries, client.birth_on, facts.last_service_at.date())


def _refusal(client: ClientRow, facts: FileFacts, keeping: Retention | None) -> Conflict | None:
    if client.erased_at is not None and (keeping is not None or not facts.signed_records):
        until = f" Its treatment records are kept until {_day(keeping.keep_until)}." if keeping else ""
        return Conflict(f"This client was erased already.{until}", code="already_erased")
    if facts.future_appointments:
        return Conflict(
            "This client has appointments ahead. Cancel them first, then erase.", code="has_future_appointments"
        )
    if facts.open_drafts:
        return Conflict(
            "A treatment record of this client is not signed yet. Sign it first, then erase.", code="has_open_drafts"
        )
    return None


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _write_journal(actor: Actor, command: EraseClient, plan: ErasurePlan, now: datetime) -> UUID:
    erasure_id = new_id()
    values = {
        "organisation_id": actor.organisation_id,
        "id": erasure_id,
        "client_id": plan.client.id,
        "reason": command.reason.strip(),
        "keeps_records": plan.keeps_records,
        "keep_until": plan.keep_until,
        "rules": list(plan.rules),
        "erased": dict(plan.erased),
        "kept": dict(plan.kept),
        "erased_at": now,
        "erased_by": actor.member_id,
        "erased_by_name": actor.name,
    }
    session().execute(_JOURNAL, values)
    return erasure_id


def _finish(actor: Actor, change: ClientErasure, receipts: list[dict[str, Any]]) -> None:
    if receipts:
        own = {"b_organisation_id": actor.organisation_id, "b_id": change.erasure_id}
        session().execute(_RECEIPTS, own | {"b_receipts": receipts})
    detail = {"erasure_id": str(change.erasure_id)}
    trail.write(actor, "client.erased", trail.Subject("client", change.client_id), detail=detail)
    joining.announce_client(actor, "client.erased", change.client_id)
