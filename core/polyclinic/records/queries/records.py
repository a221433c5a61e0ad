"""One record: its envelope with the open draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scoped_everywhere
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotAllowed, NotFound
from polyclinic.kit.zones import to_local
from polyclinic.records.models import TreatmentRecord, TreatmentRecordDraft, TreatmentRecordVersion
from polyclinic.records.queries.visibility import READ, is_visible, member_scope, read_scope, see_grants
from polyclinic.records.rules import state_of
from polyclinic.records.vocabulary import Privacy, RecordState
from polyclinic.therapists.models import Therapist


@dataclass(frozen=True)
class DraftRow:
    """The open draft of a record."""

    sections: dict[str, dict[str, Any]]
    based_on_version: int | None
    carried_from_record_id: UUID | None
    updated_at: datetime


@dataclass(frozen=True)
class RecordRow:
    """A record's envelope; `row_version` is the draft's while one is open, so one counter guards every change."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    therapist_id: UUID
    therapist_name: str
    therapist_modalities: list[str]
    therapist_member_id: UUID | None
    author_member_id: UUID | None
    appointment_id: UUID
    service_name: str
    modality: str | None
    privacy: Privacy
    service_at: datetime
    service_ends_at: datetime
    time_zone: str
    row_version: int
    latest_version: int | None
    draft: DraftRow | None

    @property
    def state(self) -> RecordState:
        """Return draft, signed or amended."""
        return state_of(self.latest_version)

    @property
    def service_on(self) -> date:
        """Return the day of the visit where the clinic is."""
        return to_local(self.service_at, self.time_zone).date()


_R, _D, _V = TreatmentRecord, TreatmentRecordDraft, TreatmentRecordVersion
_LATEST = (
    select(func.max(_V.version))
    .where(_V.organisation_id == _R.organisation_id, _V.record_id == _R.id)
    .scalar_subquery()
)
_COLUMNS = (
    _R.id,
    _R.clinic_id,
    _R.client_id,
    _R.therapist_id,
    Therapist.display_name.label("therapist_name"),
    Therapist.modalities.label("therapist_modalities"),
    Therapist.member_id.label("therapist_member_id"),
    _R.author_member_id,
    _R.appointment_id,
    _R.service_name,
    _R.modality,
    _R.privacy,
    _R.service_at,
    _R.service_ends_at,
    _R.time_zone,
    func.coalesce(_D.row_version, _R.row_version).label("row_version"),
    _LATEST.label("latest_version"),
    _D.sections,
    _D.based_on_version,
    _D.carried_from_record_id,
    _D.updated_at,
)
_RECORDS = (
    scoped_everywhere(_R, *_COLUMNS)
    .join(Therapist, and_(Therapist.organisation_id == _R.organisation_id, Therapist.id == _R.therapist_id))
    .outerjoin(_D, and_(_D.organisation_id == _R.organisation_id, _D.record_id == _R.id))
    .where(is_visible())
)
_RECORD = _RECORDS.where(_R.id == bindparam("record_id", type_=Uuid()))
_OF_APPOINTMENTS = (
    scoped_everywhere(_R, _R.appointment_id, _R.id, _LATEST)
    .where(is_visible())
    .where(_R.appointment_id == any_(bindparam("appointment_ids", type_=ARRAY(Uuid()))))
)


@dataclass(frozen=True)
class AppointmentRecord:
    """Which record belongs to an appointment, and how far it is."""

    record_id: UUID
    state: RecordState


def get_record_row(actor: Actor, record_id: UUID, permission: str = READ) -> RecordRow:
    """Return a record's envelope and draft; raises `NotFound`, or `NotAllowed` when it may only be read.

    The caller writes the audit event: this is a part of reads and writes alike.
    """
    parameters = member_scope(actor, permission) | {"record_id": record_id}
    row = session().execute(_RECORD, parameters).one_or_none()
    if row is None:
        # A record of another clinic that was granted to this member: row security has to know who asks.
        see_grants(actor)
        row = session().execute(_RECORD, parameters).one_or_none()
    if row is None:
        raise NotFound("treatment record")
    record = _record(row)
    if permission != READ and not actor.can(permission, record.clinic_id):
        raise NotAllowed(f"Your role lacks the permission {permission} at this clinic.", permission=permission)
    return record


def find_records_of_appointments(actor: Actor, appointment_ids: Sequence[UUID]) -> Mapping[UUID, AppointmentRecord]:
    """Return the visible record of each appointment that has one; one statement for any number."""
    if not appointment_ids:
        return {}
    rows = session().execute(_OF_APPOINTMENTS, read_scope(actor) | {"appointment_ids": list(appointment_ids)})
    return {row[0]: AppointmentRecord(row[1], state_of(row[2])) for row in rows}


def find_record_of_appointment(actor: Actor, appointment_id: UUID) -> AppointmentRecord | None:
    """Return the visible record of one appointment, or None."""
    return find_records_of_appointments(actor, [appointment_id]).get(appointment_id)


def _record(row: Any) -> RecordRow:
    values = row._asdict()
    sections = values.pop("sections")
    rest = (values.pop("based_on_version"), values.pop("carried_from_record_id"), values.pop("updated_at"))
    draft = None if sections is None else DraftRow(sections, *rest)
    return RecordRow(**{**values, "privacy": Privacy(values["privacy"]), "draft": draft})
