"""Writes of the services on offer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, Stale
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.scheduling import catalogue
from polyclinic.scheduling.catalogue import ServiceRow
from polyclinic.scheduling.commands import ArchiveService, CreateService, UpdateService
from polyclinic.scheduling.models import Service
from polyclinic.scheduling.rules.search import search_text

WRITE = "services:write"


def create_service(actor: Actor, command: CreateService) -> ServiceRow:
    """Offer a service at every clinic; raises `Conflict` when the name is taken."""
    require(actor, WRITE)
    service_id = command.id or new_id()
    values = {
        "organisation_id": actor.organisation_id,
        "id": service_id,
        "name": command.name,
        "synonyms": list(command.synonyms),
        "search_text": search_text(command.name, command.synonyms),
        "modality": command.modality,
        "duration_minutes": command.duration_minutes,
        "buffer_before_minutes": command.buffer_before_minutes,
        "buffer_after_minutes": command.buffer_after_minutes,
        "needs_room": command.needs_room,
    }
    _run(insert(Service).values(values).returning(Service.row_version))
    subject = trail.Subject("service", service_id)
    trail.write(actor, "service.created", subject)
    announce(actor, "service.created", subject)
    return catalogue.get_service(actor, service_id, permission=WRITE)


def update_service(actor: Actor, command: UpdateService) -> ServiceRow:
    """Change a service; raises `Stale` when it changed since it was read, `Conflict` when the name is taken."""
    require(actor, WRITE)
    current = catalogue.get_service(actor, command.service_id, permission=WRITE)
    changes = dict(command.changes)
    if "name" in changes or "synonyms" in changes:
        changes["search_text"] = search_text(
            changes.get("name", current.name), changes.get("synonyms", current.synonyms)
        )
    _change(actor, current, command.row_version, changes)
    subject = trail.Subject("service", current.id)
    fields = {"fields": sorted(command.changes)}
    trail.write(actor, "service.updated", subject, detail=fields)
    announce(actor, "service.updated", subject, payload=fields)
    return catalogue.get_service(actor, current.id, permission=WRITE)


def archive_service(actor: Actor, command: ArchiveService) -> ServiceRow:
    """Take a service off the list or put it back; appointments already booked keep it."""
    require(actor, WRITE)
    current = catalogue.get_service(actor, command.service_id, permission=WRITE)
    _change(actor, current, command.row_version, {"archived_at": clock.now() if command.is_archived else None})
    action = "service.archived" if command.is_archived else "service.restored"
    subject = trail.Subject("service", current.id)
    trail.write(actor, action, subject)
    announce(actor, action, subject)
    return catalogue.get_service(actor, current.id, permission=WRITE)


def _change(actor: Actor, current: ServiceRow, row_version: int, changes: dict[str, Any]) -> None:
    statement = (
        update(Service)
        .where(
            Service.organisation_id == actor.organisation_id,
            Service.id == current.id,
            Service.row_version == row_version,
        )
        .values(**changes, row_version=Service.row_version + 1, updated_at=clock.now())
        .returning(Service.row_version)
    )
    if _run(statement) is None:
        raise Stale(
            "Somebody changed this service in the meantime. Reload, look at the new values and repeat your change.",
            row_version=current.row_version,
        )


def _run(statement: Any) -> int | None:
    try:
        with session().begin_nested():
            return session().execute(statement).scalar_one_or_none()
    except IntegrityError as error:
        raise Conflict("There is a service with this name already. Choose another name.", code="name_taken") from error
