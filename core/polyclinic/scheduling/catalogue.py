"""Reads of the services on offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, any_, bindparam, func, or_, tuple_

from polyclinic.access.actor import Actor
from polyclinic.access.scope import organisation_scope, scoped_everywhere
from polyclinic.kit.archiving import Archived
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.kit.pagination import Page, PageRequest, page_of
from polyclinic.scheduling.models import Service
from polyclinic.scheduling.paging import after_key
from polyclinic.scheduling.rules.search import fold

READ = "services:read"
MAX_SHOWN = 500


@dataclass(frozen=True)
class ServiceRow:
    """A service as lists and forms show it."""

    id: UUID
    name: str
    synonyms: list[str]
    modality: str | None
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    needs_room: bool
    archived_at: datetime | None
    row_version: int


_COLUMNS = (
    Service.id,
    Service.name,
    Service.synonyms,
    Service.modality,
    Service.duration_minutes,
    Service.buffer_before_minutes,
    Service.buffer_after_minutes,
    Service.needs_room,
    Service.archived_at,
    Service.row_version,
)
_ONE = scoped_everywhere(Service, *_COLUMNS).where(Service.id == bindparam("service_id", type_=Uuid()))
_BY_ID = scoped_everywhere(Service, *_COLUMNS).where(Service.id == any_(bindparam("service_ids", type_=ARRAY(Uuid()))))
# A catalogue has dozens of rows: a scan of the organisation's own is the plan, no text index.
_LIST = (
    scoped_everywhere(Service, *_COLUMNS)
    .where(
        tuple_(Service.name, Service.id)
        > tuple_(bindparam("after_name", type_=Text()), bindparam("after_id", type_=Uuid())),
        func.strpos(Service.search_text, bindparam("text", type_=Text())) > 0,
        or_(
            bindparam("archived", type_=Text()) == Archived.ANY.value,
            Service.archived_at.is_(None) == (bindparam("archived", type_=Text()) == Archived.NO.value),
        ),
    )
    .order_by(Service.name, Service.id)
    .limit(bindparam("limit", type_=Integer()))
)


def get_service(actor: Actor, service_id: UUID, *, permission: str = READ) -> ServiceRow:
    """Return one service; raises `NotFound` outside the organisation."""
    row = session().execute(_ONE, organisation_scope(actor, permission) | {"service_id": service_id}).one_or_none()
    if row is None:
        raise NotFound("service")
    return ServiceRow(*row)


def list_services(
    actor: Actor, page: PageRequest, *, text: str = "", archived: Archived = Archived.NO
) -> Page[ServiceRow]:
    """Return services by name; `text` is looked for in names and synonyms, case and accents ignored."""
    after_name, after_id = after_key(page, str, UUID) or ("", UUID(int=0))
    parameters = organisation_scope(actor, READ) | {
        "after_name": after_name,
        "after_id": after_id,
        "text": fold(text),
        "archived": archived.value,
        "limit": page.limit + 1,
    }
    rows = [ServiceRow(*row) for row in session().execute(_LIST, parameters)]
    return page_of(rows, page, key=lambda row: (row.name, row.id))


def find_services(actor: Actor, service_ids: Sequence[UUID]) -> Sequence[ServiceRow]:
    """Return the services among `service_ids` that there are, archived ones included; one statement."""
    parameters = organisation_scope(actor, READ) | {"service_ids": list(service_ids)}
    return [ServiceRow(*row) for row in session().execute(_BY_ID, parameters)]


def list_bookable_services(actor: Actor) -> Sequence[ServiceRow]:
    """Return the services that can be booked, for a choice in a form."""
    return list_services(actor, PageRequest(limit=MAX_SHOWN)).rows
