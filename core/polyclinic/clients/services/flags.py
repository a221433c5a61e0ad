"""Flags: what to heed when treating a client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.clients import queries, rules
from polyclinic.clients.catalogue import flag_kinds
from polyclinic.clients.commands import RaiseFlag, UpdateFlag
from polyclinic.clients.models import ClientFlag
from polyclinic.clients.regions import check_regions
from polyclinic.clients.rows import FlagKind, FlagRow
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.contract import SafetySeverity

_WRITE = "health-history:write"


def raise_flag(actor: Actor, command: RaiseFlag) -> FlagRow:
    """Flag a client; a code that safety rules know keeps at least their severity and needs no label."""
    require(actor, _WRITE)
    client = queries.get_client(actor, command.client_id)
    rules.refuse_erased(client)
    client_id = client.id
    queries.require_clinical(actor, _WRITE, client_id)
    flag = add_flag(actor, client_id, command, flag_kinds(actor.organisation_id))
    return queries.get_flag(actor, flag.id)


def update_flag(actor: Actor, command: UpdateFlag) -> FlagRow:
    """Change a flag; raises `Stale` when it changed since it was read."""
    require(actor, _WRITE)
    flag = queries.get_flag(actor, command.flag_id)
    queries.require_clinical(actor, _WRITE, flag.client_id)
    changes = dict(command.changes)
    if "severity" in changes:
        known = flag_kinds(actor.organisation_id).get(flag.code)
        changes["severity"] = _severity(changes["severity"], known).value
    _check_days(changes.get("since_on", flag.since_on), changes.get("until_on", flag.until_on))
    check_regions(changes.get("region_ids", ()))
    _change(actor, flag, command.row_version, changes)
    subject = trail.Subject("client_flag", flag.id)
    detail = {"client_id": str(flag.client_id), "fields": sorted(changes)}
    trail.write(actor, "client_flag.updated", subject, detail=detail)
    return queries.get_flag(actor, flag.id)


def end_flag(actor: Actor, flag_id: UUID, row_version: int) -> FlagRow:
    """Let a flag count no longer, from today on; it stays in the history."""
    require(actor, _WRITE)
    today = clock.now().date()
    since_on = queries.get_flag(actor, flag_id).since_on
    changes = {"until_on": max(today, since_on) if since_on else today}
    return update_flag(actor, UpdateFlag(flag_id, row_version, changes))


def add_flag(actor: Actor, client_id: UUID, command: RaiseFlag, kinds: Mapping[str, FlagKind]) -> ClientFlag:
    """Add a flag for a caller that has checked what the actor may do; raises `Invalid`."""
    known = kinds.get(command.code)
    label = command.label.strip() or (known.title if known else "")
    if not label:
        raise Invalid({"label": "Say in a few words what to heed."})
    _check_days(command.since_on, command.until_on)
    check_regions(command.region_ids)
    flag = ClientFlag(
        organisation_id=actor.organisation_id,
        id=command.id or new_id(),
        client_id=client_id,
        code=command.code,
        label=label,
        note=command.note.strip(),
        severity=_severity(command.severity, known).value,
        region_ids=list(dict.fromkeys(command.region_ids)),
        since_on=command.since_on,
        until_on=command.until_on,
    )
    _insert(flag)
    detail = {"client_id": str(client_id), "code": flag.code}
    trail.write(actor, "client_flag.raised", trail.Subject("client_flag", flag.id), detail=detail)
    return flag


def _severity(chosen: SafetySeverity | None, known: FlagKind | None) -> SafetySeverity:
    strictest = rules.strictest(chosen, known.severity if known else None)
    if strictest is None:
        raise Invalid({"severity": "Say how strict this flag is."})
    return strictest


def _check_days(since_on: date | None, until_on: date | None) -> None:
    if since_on is not None and until_on is not None and until_on < since_on:
        raise Invalid({"until_on": "The end must not lie before the start."})


def _insert(flag: ClientFlag) -> None:
    try:
        with session().begin_nested():
            session().add(flag)
    except IntegrityError as error:
        raise Conflict("There is already a flag with this id.", code="id_taken") from error


def _change(actor: Actor, flag: FlagRow, row_version: int, changes: Mapping[str, Any]) -> None:
    statement = (
        update(ClientFlag)
        .where(
            ClientFlag.organisation_id == actor.organisation_id,
            ClientFlag.id == flag.id,
            ClientFlag.row_version == row_version,
        )
        .values(**changes, row_version=ClientFlag.row_version + 1, updated_at=clock.now())
        .returning(ClientFlag.row_version)
        .execution_options(synchronize_session=False)
    )
    if session().execute(statement).scalar_one_or_none() is None:
        raise Stale(
            "Somebody changed this flag in the meantime. Reload and repeat your change.",
            row_version=flag.row_version,
            current=flag,
        )
