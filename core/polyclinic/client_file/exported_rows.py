"""What an export reads of a client: contact data of merged files, visits with their notes, signed records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scope, scoped, scoped_everywhere
from polyclinic.client_file.vocabulary import CONTACT_FIELDS
from polyclinic.clients.models import Client
from polyclinic.kit.db import session
from polyclinic.kit.pagination import MAX_LIMIT, PageRequest
from polyclinic.organisation.models import Clinic
from polyclinic.plugins.sections import CORE
from polyclinic.records.content import SignedSection
from polyclinic.records.queries.lists import RecordListRow, list_treatment_records
from polyclinic.records.queries.versions import StoredVersion, list_versions
from polyclinic.scheduling.models import Appointment, Service
from polyclinic.therapists.models import Therapist

_CLIENT = bindparam("client_id", type_=Uuid())
_MERGED = (
    scoped_everywhere(Client, Client.id, *(getattr(Client, name) for name in CONTACT_FIELDS))
    .where(Client.merged_into_id == _CLIENT)
    .order_by(Client.id)
)
_VISIT_COLUMNS = {
    "id": Appointment.id,
    "clinic": Clinic.name,
    "therapist": Therapist.display_name,
    "service": Service.name,
    "starts_at": Appointment.starts_at,
    "ends_at": Appointment.ends_at,
    "time_zone": Appointment.time_zone,
    "status": Appointment.status,
    "note": Appointment.note,
    "cancel_reason": Appointment.cancel_reason,
    "booked_at": Appointment.created_at,
}


def _joined(model: Any, column: Any) -> Any:
    return (model.organisation_id == Appointment.organisation_id) & (model.id == column)


_VISITS = (
    scoped(Appointment, *(column.label(name) for name, column in _VISIT_COLUMNS.items()))
    .select_from(Appointment)
    .join(Clinic, _joined(Clinic, Appointment.clinic_id))
    .join(Therapist, _joined(Therapist, Appointment.therapist_id))
    .join(Service, _joined(Service, Appointment.service_id))
    .where(Appointment.client_id == _CLIENT)
    .order_by(Appointment.starts_at, Appointment.id)
)


def merged_contacts(actor: Actor, client_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Return the contact data of the files that were merged into a client."""
    parameters = {"organisation_id": actor.organisation_id, "client_id": client_id}
    return [dict(row._mapping) for row in session().execute(_MERGED, parameters)]  # noqa: SLF001 -- SQLAlchemy's name


def visits(actor: Actor, client_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Return a client's visits at the actor's clinics, oldest first, with what was written about them."""
    if not actor.can("appointments:read"):
        return []
    parameters = scope(actor, "appointments:read") | {"client_id": client_id}
    return [dict(row._mapping) for row in session().execute(_VISITS, parameters)]  # noqa: SLF001 -- SQLAlchemy's name


def records(actor: Actor, client_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Return the records that the actor may read, newest visit first, each with the print view of every version."""
    return [_record(row, list_versions(actor, row.id) if row.version else ()) for row in _pages(actor, client_id)]


def _pages(actor: Actor, client_id: UUID) -> Iterator[RecordListRow]:
    page = PageRequest(limit=MAX_LIMIT)
    while True:
        found = list_treatment_records(actor, page, client_id=client_id)
        yield from found.rows
        if found.next_cursor is None:
            return
        last = found.rows[-1]
        page = PageRequest(limit=MAX_LIMIT, after=(last.service_at, last.id))


def _record(row: RecordListRow, versions: Sequence[StoredVersion]) -> Mapping[str, Any]:
    return {
        "id": row.id,
        "appointment_id": row.appointment_id,
        "service": row.service_name,
        "service_at": row.service_at,
        "time_zone": row.time_zone,
        "state": row.state,
        "versions": [_version(version) for version in versions],
    }


def _version(stored: StoredVersion) -> Mapping[str, Any]:
    signed = stored.signed
    return {
        "version": signed.version,
        "kind": signed.kind,
        "reason": signed.reason,
        "outcome": signed.outcome,
        "signed_by": signed.author_name,
        "registration": signed.author_registration,
        "recorded_at": signed.recorded_at,
        "late_reason": signed.late_reason,
        "content_sha256": stored.content_sha256,
        "sections": [_section(section) for section in signed.sections],
    }


def _section(section: SignedSection) -> Mapping[str, Any]:
    summary = section.summary if section.plugin_id != CORE else ""
    return {"title": section.title, "summary": summary, "rows": section.print_view}
