"""Clients themselves: register, change, archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import literal, update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.clients import queries, rules
from polyclinic.clients.commands import CreateClient, UpdateClient
from polyclinic.clients.folding import fold_email, fold_name, phone_key, search_text
from polyclinic.clients.models import Client
from polyclinic.clients.rows import ClientRow
from polyclinic.clients.services.clinic_links import link_client_to_clinic
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Invalid, Stale
from polyclinic.kit.ids import new_id
from polyclinic.kit.zones import is_zone
from polyclinic.plugins.announcing import announce

FIELDS = (
    "given_name",
    "family_name",
    "preferred_name",
    "pronouns",
    "gender_identity",
    "birth_on",
    "email",
    "phone",
    "street",
    "postal_code",
    "city",
    "country",
    "language",
    "time_zone",
    "reminder_channel",
    "aftercare_channel",
    "marketing_channel",
)


def create_client(actor: Actor, command: CreateClient) -> ClientRow:
    """Register a client at a clinic; raises `Conflict` for a likely duplicate when the command asks for that."""
    require(actor, "clients:write", command.clinic_id)
    values = checked_contact({name: getattr(command, name) for name in FIELDS})
    if command.refuse_duplicates:
        _refuse_duplicates(actor, command)
    client = Client(
        organisation_id=actor.organisation_id, id=command.id or new_id(), **values, **_search_columns(values)
    )
    try:
        with session().begin_nested():
            session().add(client)
    except IntegrityError as error:
        raise Conflict("There is already a client with this id.", code="id_taken") from error
    subject = trail.Subject("client", client.id, command.clinic_id)
    trail.write(actor, "client.created", subject)
    announce(actor, "client.created", subject)
    link_client_to_clinic(actor, client.id, command.clinic_id)
    return queries.get_client(actor, client.id)


def update_client(actor: Actor, command: UpdateClient) -> ClientRow:
    """Change contact data; raises `Stale` with the stored row when the client changed since it was read."""
    require(actor, "clients:write")
    client = queries.get_client(actor, command.client_id)
    rules.refuse_erased(client)
    values = checked_contact({name: getattr(client, name) for name in FIELDS} | _known(command.changes))
    write_contact(actor, client, values, row_version=command.row_version)
    detail = {"fields": sorted(command.changes)}
    trail.write(actor, "client.updated", trail.Subject("client", client.id), detail=detail)
    announce(actor, "client.updated", trail.Subject("client", client.id), payload=detail)
    return queries.get_client(actor, client.id)


def write_contact(actor: Actor, client: ClientRow, values: Mapping[str, Any], *, row_version: int) -> None:
    """Store a client's whole contact data for a caller that checked what the actor may do; raises `Stale`."""
    search = _search_columns(values)
    text = literal(search.pop("search_text")) + Client.also_known_as
    _change(actor, client, row_version, {**values, **search, "search_text": text})


def checked_contact(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return contact data without blanks around them; raises `Invalid` for what cannot be stored."""
    kept: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    problems = {}
    if not fold_name(kept["given_name"] + kept["family_name"]):
        problems["given_name"] = "Give a name of letters or digits."
    birth_problem = rules.birth_problem(kept["birth_on"], clock.now().date())
    if birth_problem:
        problems["birth_on"] = birth_problem
    if kept["time_zone"] and not is_zone(kept["time_zone"]):
        problems["time_zone"] = "This is not an IANA time zone. Use a name such as Europe/London."
    if problems:
        raise Invalid(problems)
    return kept


def archive_client(actor: Actor, client_id: UUID, row_version: int) -> ClientRow:
    """Take a client off the lists; records and appointments stay."""
    return _set_archived(actor, client_id, row_version, clock.now())


def restore_client(actor: Actor, client_id: UUID, row_version: int) -> ClientRow:
    """Put an archived client back on the lists."""
    return _set_archived(actor, client_id, row_version, None)


def _set_archived(actor: Actor, client_id: UUID, row_version: int, at: datetime | None) -> ClientRow:
    require(actor, "clients:write")
    client = queries.get_client(actor, client_id)
    rules.refuse_erased(client)
    _change(actor, client, row_version, {"archived_at": at})
    action, subject = "client.archived" if at else "client.restored", trail.Subject("client", client.id)
    trail.write(actor, action, subject)
    announce(actor, action, subject)
    return queries.get_client(actor, client.id)


def _change(actor: Actor, client: ClientRow, row_version: int, values: Mapping[str, Any]) -> None:
    statement = (
        update(Client)
        .where(
            Client.organisation_id == actor.organisation_id,
            Client.id == client.id,
            Client.row_version == row_version,
        )
        .values(**values, row_version=Client.row_version + 1, updated_at=clock.now())
        .returning(Client.row_version)
        .execution_options(synchronize_session=False)
    )
    if session().execute(statement).scalar_one_or_none() is None:
        raise Stale(
            "Somebody changed this client in the meantime. Look at the stored values and repeat your change.",
            row_version=client.row_version,
            current=client,
        )


def _known(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with null as "remove": an empty text, or no birth date."""
    return {name: "" if value is None and name != "birth_on" else value for name, value in changes.items()}


def _search_columns(values: Mapping[str, Any]) -> dict[str, str]:
    given, family, preferred = values["given_name"], values["family_name"], values["preferred_name"]
    return {
        "sort_name": fold_name(f"{family} {given}"),
        "name_folded": fold_name(f"{given} {family}"),
        "email_folded": fold_email(values["email"]),
        "phone_digits": phone_key(values["phone"]),
        "search_text": search_text([given, preferred, family], values["email"], values["phone"]),
    }


def _refuse_duplicates(actor: Actor, command: CreateClient) -> None:
    found = queries.find_duplicates(actor, command)
    if found:
        names = ", ".join(sorted({row.display_name for row in found}))
        raise Conflict(
            f"This may be a client who is already here: {names}. Open that client, or create a new one anyway.",
            code="possible_duplicate",
        )
