"""Copy the structure of the client's last signed record into a draft."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, exists

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require, scoped_everywhere
from polyclinic.audit import trail
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.records.commands import CarryForward
from polyclinic.records.merging import fill_blanks
from polyclinic.records.models import TreatmentRecord, TreatmentRecordVersion
from polyclinic.records.queries.records import RecordRow, get_record_row
from polyclinic.records.queries.versions import read_newest
from polyclinic.records.queries.visibility import is_visible, read_scope
from polyclinic.records.section_work import section_work
from polyclinic.records.services.drafts import WRITE, Changes, DraftSaved, edit_draft, warnings_of, write_changes

_R, _V = TreatmentRecord, TreatmentRecordVersion
_PREVIOUS = (
    scoped_everywhere(_R, _R.id)
    .where(is_visible(), _R.client_id == bindparam("client_id", type_=Uuid()))
    .where(_R.service_at <= bindparam("before", type_=DateTime(timezone=True)), _R.id != bindparam("record_id"))
    .where(exists().where(_V.organisation_id == _R.organisation_id, _V.record_id == _R.id))
    .order_by(_R.service_at.desc(), _R.id.desc())
    .limit(1)
)


def carry_forward(actor: Actor, command: CarryForward) -> DraftSaved:
    """Take over structure, plan and aftercare of the last signed record; never scores, findings or typed-over text.

    Raises `NotFound` when the client has no earlier signed record that the actor may read, and `Stale` like saving.
    """
    require(actor, WRITE)
    record, draft = edit_draft(actor, command.record_id, command.row_version)
    source = get_record_row(actor, _previous(actor, record))
    newest = read_newest(actor.organisation_id, source)
    trail.write_read(actor, "treatment_record", [source.id], clinic_id=source.clinic_id)
    work = section_work()
    stored = {section.section_key: section for section in newest.signed.sections} if newest else {}
    changed = {}
    for described in work.offered(actor.organisation_id, record.clinic_id, record.modality):
        key = described.section_type.key
        if key not in stored:
            continue
        before = draft.sections.get(key, {})
        offered = work.carry(stored[key], described, source.service_on.isoformat())
        kept, _ = work.load_draft(described, fill_blanks(before, offered))
        if kept != before:
            changed[key] = kept
    changes = Changes(changed, carried_from=source.id if changed else None)
    after = write_changes(actor, record, changes, action="treatment_record.carried_forward")
    return DraftSaved(after, warnings_of(work, changed))


def _previous(actor: Actor, record: RecordRow) -> UUID:
    parameters = read_scope(actor) | {
        "client_id": record.client_id,
        "before": record.service_at,
        "record_id": record.id,
    }
    found: UUID | None = session().execute(_PREVIOUS, parameters).scalar_one_or_none()
    if found is None:
        raise NotFound("earlier signed record of this client")
    return found
