"""Open the record of a visit: create it with its draft, or find the one that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import text

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Conflict, FieldError, Invalid
from polyclinic.kit.ids import new_id
from polyclinic.plugins.announcing import announce
from polyclinic.records.commands import OpenRecord
from polyclinic.records.queries.records import DraftRow, RecordRow, find_record_of_appointment, get_record_row
from polyclinic.records.section_work import SectionWork, section_work
from polyclinic.records.services.drafts import WRITE, check_count
from polyclinic.records.vocabulary import Privacy
from polyclinic.scheduling import queries as scheduling_queries
from polyclinic.scheduling.queries import AppointmentRow
from polyclinic.scheduling.vocabulary import AppointmentStatus
from polyclinic.therapists import queries as therapist_queries
from polyclinic.therapists.rows import TherapistRow

NOT_HELD = frozenset({AppointmentStatus.CANCELLED.value, AppointmentStatus.NO_SHOW.value})

_OPEN = text(
    """
    WITH opened AS (
        INSERT INTO treatment_record (organisation_id, id, clinic_id, client_id, therapist_id, author_member_id,
               appointment_id, service_name, modality, privacy, service_at, service_ends_at, time_zone,
               created_at, updated_at)
        VALUES (:organisation_id, :id, :clinic_id, :client_id, :therapist_id, :author_member_id, :appointment_id,
               :service_name, :modality, :privacy, :service_at, :service_ends_at, :time_zone, :now, :now)
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    INSERT INTO treatment_record_draft
           (organisation_id, id, record_id, clinic_id, author_member_id, sections, created_at, updated_at)
    SELECT :organisation_id, :draft_id, opened.id, :clinic_id, :author_member_id, CAST(:sections AS jsonb), :now, :now
      FROM opened
    RETURNING record_id
    """
)


def open_treatment_record(actor: Actor, command: OpenRecord) -> RecordRow:
    """Open the record of an appointment and return it with its draft; one that exists is returned as it is.

    Raises `NotFound` for an appointment outside the actor's clinics and `Conflict` for a visit that did not take place.
    """
    require(actor, WRITE)
    appointment = scheduling_queries.get_appointment(actor, command.appointment_id)
    require(actor, WRITE, appointment.clinic_id)
    if appointment.status in NOT_HELD:
        return _existing(actor, appointment, "This visit was cancelled or missed; it has no treatment record.")
    sections = _first_sections(actor, section_work(), appointment, command.sections)
    therapist = therapist_queries.get_therapist(actor, appointment.therapist_id)
    values = _values(actor, command, appointment) | {"author_member_id": therapist.member_id}
    opened = session().execute(_OPEN, values | {"sections": orjson.dumps(sections).decode()})
    if opened.scalar_one_or_none() is None:
        return _existing(actor, appointment, "This visit has a record that you may not read, or the id is taken.")
    subject = trail.Subject("treatment_record", values["id"], appointment.clinic_id)
    trail.write(actor, "treatment_record.opened", subject, detail={"appointment_id": str(appointment.id)})
    announce(actor, "treatment_record.created", subject, payload=_facts(appointment))
    return _opened(values, therapist, sections)


def _values(actor: Actor, command: OpenRecord, appointment: AppointmentRow) -> dict[str, Any]:
    return {
        "organisation_id": actor.organisation_id,
        "id": command.id or new_id(),
        "draft_id": new_id(),
        "clinic_id": appointment.clinic_id,
        "client_id": appointment.client_id,
        "therapist_id": appointment.therapist_id,
        "appointment_id": appointment.id,
        "service_name": appointment.service_name,
        "modality": appointment.service_modality,
        "privacy": (command.privacy or Privacy.CLINIC).value,
        "service_at": appointment.starts_at,
        "service_ends_at": appointment.ends_at,
        "time_zone": appointment.time_zone,
        "now": clock.now(),
    }


def _facts(appointment: AppointmentRow) -> dict[str, Any]:
    return {
        "client_id": appointment.client_id,
        "therapist_id": appointment.therapist_id,
        "appointment_id": appointment.id,
        "on": appointment.local_start.date(),
    }


def _opened(values: Mapping[str, Any], therapist: TherapistRow, sections: dict[str, Any]) -> RecordRow:
    own = {name: values[name] for name in RecordRow.__dataclass_fields__ if name in values}
    return RecordRow(
        **own | {"privacy": Privacy(values["privacy"])},
        therapist_name=therapist.display_name,
        therapist_modalities=therapist.modalities,
        therapist_member_id=therapist.member_id,
        row_version=1,
        latest_version=None,
        draft=DraftRow(sections, None, None, values["now"]),
    )


def _first_sections(
    actor: Actor, work: SectionWork, appointment: AppointmentRow, sections: Mapping[str, Any]
) -> dict[str, Any]:
    if not sections:
        return {}
    check_count(sections)
    offered = work.offered(actor.organisation_id, appointment.clinic_id, appointment.service_modality)
    known = {described.section_type.key: described for described in offered}
    kept = {}
    for key, data in sections.items():
        if key not in known:
            raise Invalid(
                [FieldError(f"/sections/{key[:80]}", "This service's record has no such part.", "unknown_section")]
            )
        if not isinstance(data, Mapping):
            raise Invalid([FieldError(f"/sections/{key}", "A part is a JSON object.", "not_an_object")])
        kept[key] = work.load_draft(known[key], data)[0]
    return kept


def _existing(actor: Actor, appointment: AppointmentRow, refusal: str) -> RecordRow:
    """Return the record that is there; raises `Conflict` when the actor sees none."""
    existing = find_record_of_appointment(actor, appointment.id)
    if existing is None:
        code = "visit_not_held" if appointment.status in NOT_HELD else "record_exists"
        raise Conflict(refusal, code=code)
    return get_record_row(actor, existing.record_id, WRITE)
