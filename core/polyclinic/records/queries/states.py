"""How far records are, without their content: for lists that say whether a visit is written up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, any_, bindparam, func

from polyclinic.access.actor import Actor
from polyclinic.access.scope import scoped_everywhere
from polyclinic.kit.db import session
from polyclinic.records.models import TreatmentRecord, TreatmentRecordVersion
from polyclinic.records.queries.visibility import is_visible, read_scope
from polyclinic.records.rules import state_of
from polyclinic.records.vocabulary import RecordState


@dataclass(frozen=True)
class RecordStateRow:
    """A record's state; `signed_at` is when its newest version was signed."""

    id: UUID
    appointment_id: UUID
    latest_version: int | None
    signed_at: datetime | None

    @property
    def state(self) -> RecordState:
        """Return draft, signed or amended."""
        return state_of(self.latest_version)


_R, _V = TreatmentRecord, TreatmentRecordVersion
# Versions are numbered as they are signed, so both greatest values belong to the newest.
_STATES = (
    scoped_everywhere(_R, _R.id, _R.appointment_id, func.max(_V.version), func.max(_V.recorded_at))
    .outerjoin(_V, and_(_V.organisation_id == _R.organisation_id, _V.record_id == _R.id))
    .where(is_visible())
    .group_by(_R.organisation_id, _R.id)
)
_OF_APPOINTMENTS = _STATES.where(_R.appointment_id == any_(bindparam("appointment_ids", type_=ARRAY(Uuid()))))
_BY_ID = _STATES.where(_R.id == any_(bindparam("record_ids", type_=ARRAY(Uuid()))))


def find_states_of_appointments(actor: Actor, appointment_ids: Sequence[UUID]) -> Sequence[RecordStateRow]:
    """Return the state of each appointment's record that the actor may read; two statements for any number."""
    rows = session().execute(_OF_APPOINTMENTS, read_scope(actor) | {"appointment_ids": list(appointment_ids)})
    return [RecordStateRow(*row) for row in rows]


def find_states(actor: Actor, record_ids: Sequence[UUID]) -> Sequence[RecordStateRow]:
    """Return the state of each of these records that the actor may read; two statements for any number."""
    rows = session().execute(_BY_ID, read_scope(actor) | {"record_ids": list(record_ids)})
    return [RecordStateRow(*row) for row in rows]
