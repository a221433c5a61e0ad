"""Reads of the clients feature: contact data chain-wide, clinical data by clinic and audited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scope
from polyclinic.audit import trail
from polyclinic.clients import rules, statements
from polyclinic.clients.commands import CreateClient
from polyclinic.clients.folding import fold_email, fold_name, phone_key, search_patterns
from polyclinic.clients.rows import (
    AnswerRow,
    ClientHealth,
    ClientIdentity,
    ClientListRow,
    ClientRow,
    DuplicateRow,
    FlagRow,
    display_name,
)
from polyclinic.clients.vocabulary import DUPLICATE_LIMIT, Answer
from polyclinic.kit.archiving import Archived
from polyclinic.kit.db import session
from polyclinic.kit.errors import Malformed, NotAllowed, NotFound
from polyclinic.kit.pagination import Page, PageRequest, page_of
from polyclinic.plugins.contract import SafetySeverity

HEALTH = "health_history"


def get_client(actor: Actor, client_id: UUID) -> ClientRow:
    """Return a client, for a merged one the client it was merged into, for an erased one a row without a name.

    Raises `NotFound` outside the organisation.
    """
    parameters = scope(actor, "clients:read")
    wanted: UUID | None = client_id
    for _ in range(statements.MAX_MERGES):
        row = session().execute(statements.ONE_CLIENT, parameters | {"client_id": wanted}).one_or_none()
        if row is None:
            break
        if row.merged_into_id is None:
            return ClientRow(*row)
        wanted = row.merged_into_id
    raise NotFound("client")


def find_clients(actor: Actor, client_ids: Sequence[UUID]) -> dict[UUID, ClientRow]:
    """Return clients by the id asked for, for a merged one whom it was merged into; one statement."""
    parameters = scope(actor, "clients:read") | {"client_ids": list(client_ids)}
    return {row[0]: ClientRow(*row[1:]) for row in session().execute(statements.SURVIVORS, parameters)}


def list_clients(
    actor: Actor, page: PageRequest, *, clinic_id: UUID | None = None, archived: Archived = Archived.NO
) -> Page[ClientListRow]:
    """Return clients of the whole organisation by name, or those known at one of the actor's clinics."""
    parameters = _list_scope(actor, page, clinic_id, archived)
    rows = [ClientListRow(*row) for row in session().execute(statements.CLIENT_LIST, parameters)]
    return page_of(rows, page, key=lambda row: (row.id,))


def search_clients(
    actor: Actor,
    text: str,
    clinic_id: UUID | None = None,
    page: PageRequest | None = None,
    *,
    archived: Archived = Archived.NO,
) -> Page[ClientListRow]:
    """Return clients whose names, mail address or phone number hold every word of `text`, accents and case aside.

    An empty text lists all; a text without a letter or digit finds nobody.
    """
    request = page or PageRequest()
    if not text.strip():
        return list_clients(actor, request, clinic_id=clinic_id, archived=archived)
    parameters = _list_scope(actor, request, clinic_id, archived)
    patterns = search_patterns(text)
    if not patterns:
        return Page([])
    found = session().execute(statements.CLIENT_SEARCH, parameters | {"patterns": patterns, "archived": archived.value})
    return page_of([ClientListRow(*row) for row in found], request, key=lambda row: (row.id,))


def find_duplicates(
    actor: Actor, command: CreateClient | ClientIdentity, *, without: Collection[UUID] = ()
) -> Sequence[DuplicateRow]:
    """Return the clients who may already be this person: same mail or phone, or a similar name."""
    require(actor, "clients:read")
    wanted = ClientIdentity(command.given_name, command.family_name, command.email, command.phone, command.birth_on)
    name = fold_name(f"{wanted.given_name} {wanted.family_name}")
    parameters = {
        "organisation_id": actor.organisation_id,
        "similar": name if len(name) > 2 else None,
        "email_folded": fold_email(wanted.email),
        "phone_key": phone_key(wanted.phone),
    }
    found = []
    for client_id, given, family, preferred, email, phone, birth_on, is_similar in session().execute(
        statements.DUPLICATES, parameters
    ):
        known = ClientIdentity(given, family, email, phone, birth_on)
        reasons = rules.duplicate_reasons(wanted, known, is_similar_name=bool(is_similar))
        if reasons and client_id not in without:
            shown = display_name(given, family, preferred)
            found.append(DuplicateRow(client_id, shown, birth_on, email, phone, reasons))
    return sorted(found, key=lambda row: -len(row.reasons))[:DUPLICATE_LIMIT]


def require_clinical(actor: Actor, permission: str, client_id: UUID) -> None:
    """Return when the actor holds `permission` at a clinic where the client is known.

    Raises `NotFound` for a client outside the organisation, `NotAllowed` for one who is not known at such a clinic.
    """
    row = (
        session().execute(statements.KNOWN_AT_CLINIC, scope(actor, permission) | {"client_id": client_id}).one_or_none()
    )
    if row is None:
        raise NotFound("client")
    if not row[1]:
        raise NotAllowed(
            "This client is not known at a clinic where you may see or change health data. "
            "Book the client there, or ask a colleague of the client's clinic.",
            permission=permission,
        )


def known_within_reach(actor: Actor, permission: str, client_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of the clients who are known at a clinic where the actor holds `permission`."""
    parameters = scope(actor, permission) | {"client_ids": list(client_ids)}
    return frozenset(session().execute(statements.KNOWN_OF, parameters).scalars())


def may_see_health(actor: Actor, client_id: UUID, permission: str = "health-history:read") -> bool:
    """Tell whether the actor holds `permission` at a clinic where the client is known."""
    if not actor.can(permission):
        return False
    row = (
        session().execute(statements.KNOWN_AT_CLINIC, scope(actor, permission) | {"client_id": client_id}).one_or_none()
    )
    return bool(row and row[1])


def active_flags(actor: Actor, client_ids: Sequence[UUID], on: date) -> dict[UUID, list[FlagRow]]:
    """Return the flags that count on a day, strongest first, for each client of `client_ids` known at a clinic
    where the actor holds `health-history:read`; other clients are not in the answer. The look is audited.
    """
    parameters = scope(actor, "health-history:read") | {"client_ids": list(client_ids)}
    flags: dict[UUID, list[FlagRow]] = {
        client_id: [] for client_id in session().execute(statements.KNOWN_CLIENTS, parameters).scalars()
    }
    for row in session().execute(statements.FLAGS_OF_CLIENTS, parameters):
        flag = _flag(row)
        if rules.is_active(flag, on):
            flags[row.asked_id].append(flag)
    trail.write_read(actor, HEALTH, list(flags))
    return {client_id: rules.by_severity(found) for client_id, found in flags.items()}


def list_flags(actor: Actor, client_id: UUID) -> Sequence[FlagRow]:
    """Return all flags of a client, ended ones too; raises as `require_clinical`. The look is audited."""
    require_clinical(actor, "health-history:read", client_id)
    parameters = scope(actor, "health-history:read") | {"client_ids": [client_id]}
    trail.write_read(actor, HEALTH, [client_id])
    return rules.by_severity(map(_flag, session().execute(statements.FLAGS_OF_CLIENTS, parameters)))


def get_flag(actor: Actor, flag_id: UUID) -> FlagRow:
    """Return one flag; raises `NotFound` outside the actor's scope. The look is audited."""
    row = (
        session().execute(statements.ONE_FLAG, scope(actor, "health-history:read") | {"flag_id": flag_id}).one_or_none()
    )
    if row is None:
        raise NotFound("flag")
    trail.write_read(actor, HEALTH, [row.client_id])
    return _flag(row)


def list_health_history(actor: Actor, client_id: UUID, page: PageRequest) -> Page[AnswerRow]:
    """Return all answers of a client, newest first; raises as `require_clinical`. The look is audited."""
    require_clinical(actor, "health-history:read", client_id)
    parameters = scope(actor, "health-history:read") | {
        "client_id": client_id,
        "after_id": after_id(page),
        "limit": page.limit + 1,
    }
    trail.write_read(actor, HEALTH, [client_id])
    rows = [_answer(row) for row in session().execute(statements.ANSWER_PAGE, parameters)]
    return page_of(rows, page, key=lambda row: (row.id,))


def list_current_answers(actor: Actor, client_id: UUID) -> Sequence[AnswerRow]:
    """Return a client's newest answer to each question; raises as `require_clinical`. The look is audited."""
    require_clinical(actor, "health-history:read", client_id)
    parameters = scope(actor, "health-history:read") | {"client_id": client_id}
    trail.write_read(actor, HEALTH, [client_id])
    return [_answer(row) for row in session().execute(statements.CURRENT_ANSWERS, parameters)]


def find_health(actor: Actor, client_id: UUID) -> ClientHealth | None:
    """Return a client's flags and current answers, None for an actor who may not see them. The look is audited once."""
    if not may_see_health(actor, client_id):
        return None
    parameters = scope(actor, "health-history:read") | {"client_id": client_id, "client_ids": [client_id]}
    trail.write_read(actor, HEALTH, [client_id])
    flags = rules.by_severity(map(_flag, session().execute(statements.FLAGS_OF_CLIENTS, parameters)))
    answers = [_answer(row) for row in session().execute(statements.CURRENT_ANSWERS, parameters)]
    return ClientHealth(flags, answers)


def after_id(page: PageRequest) -> UUID | None:
    """Return the id that a cursor of this feature holds; raises `Malformed` for another list's cursor."""
    if page.after is None:
        return None
    if len(page.after) != 1 or not isinstance(page.after[0], UUID):
        raise Malformed("This cursor belongs to another list. Start again without it.")
    return page.after[0]


def _list_scope(actor: Actor, page: PageRequest, clinic_id: UUID | None, archived: Archived) -> dict[str, Any]:
    if clinic_id is not None:
        require(actor, "clients:read", clinic_id)
    return scope(actor, "clients:read") | {
        "clinic_id": clinic_id,
        "any_archived": archived is Archived.ANY,
        "only_archived": archived is Archived.ONLY,
        "after_id": after_id(page),
        "limit": page.limit + 1,
    }


def _flag(row: Any) -> FlagRow:
    values = {name: getattr(row, name) for name in FlagRow.__dataclass_fields__}
    return FlagRow(**(values | {"severity": SafetySeverity(row.severity)}))


def _answer(row: Any) -> AnswerRow:
    values = row._asdict()
    return AnswerRow(**(values | {"answer": Answer(values["answer"])}))
