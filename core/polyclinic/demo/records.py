"""Write and sign the records of demo visits, each at the end of its visit, by the therapist who held it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select

from polyclinic.access.actor import Actor
from polyclinic.demo.chain import Chain
from polyclinic.demo.notes import Visit, write_notes
from polyclinic.demo.progress import Progress
from polyclinic.demo.visits import Desk, Held
from polyclinic.identity.vocabulary import Role
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.errors import Invalid
from polyclinic.kit.gathering import savepoint
from polyclinic.plugins.runtime import runtime
from polyclinic.records.commands import OpenRecord, SaveDraft, SignRecord
from polyclinic.records.models import TreatmentRecordSection, TreatmentRecordVersion
from polyclinic.records.services.opening import open_treatment_record
from polyclinic.records.services.saving import save_draft
from polyclinic.records.services.signing import sign_treatment_record
from polyclinic.records.vocabulary import SOAP

UNSIGNED_BY_FIRST_THERAPIST = 2
"""The therapist whom visitors sign in as finds some work left to do."""
ATTEMPTS = 6
"""A plugin's check may refuse what its demo data made up for this client; another draw usually passes."""


@dataclass
class Trajectories:
    """What was signed for each client so far: the number of visits and the newest content of each section."""

    visits: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    newest: dict[UUID, dict[str, Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, chain: Chain, client_ids: Sequence[UUID]) -> Trajectories:
        """Read what earlier starts signed for these clients."""
        known = cls()
        version, section = TreatmentRecordVersion, TreatmentRecordSection
        rows = session().execute(
            select(version.client_id, version.record_id, version.service_at, section.section_key, section.data)
            .join(
                section,
                (section.organisation_id == version.organisation_id)
                & (section.record_id == version.record_id)
                & (section.version == version.version),
            )
            .where(version.organisation_id == chain.id, version.client_id.in_(client_ids))
            .order_by(version.service_at, version.version)
        )
        seen: dict[UUID, set[UUID]] = defaultdict(set)
        for row in rows:
            seen[row.client_id].add(row.record_id)
            dated = {**row.data, "_service_on": row.service_at.date().isoformat()}
            known.newest[row.client_id][row.section_key] = dated
        known.visits.update({client_id: len(records) for client_id, records in seen.items()})
        return known

    def add(self, client_id: UUID, sections: Mapping[str, Mapping[str, Any]], day: str) -> None:
        """Count one more visit."""
        self.visits[client_id] += 1
        self.newest[client_id].update({key: {**data, "_service_on": day} for key, data in sections.items()})


def sign_records(desk: Desk, held: Iterable[Held], known: Trajectories, progress: Progress) -> None:
    """Write and sign the record of every visit that ended, in order of time."""
    for item in held:
        actor = desk.actor(Role.THERAPIST, item.visit.therapist)
        with clock.frozen(min(item.appointment.ends_at + timedelta(minutes=4), desk.now)):
            if _sign(actor, desk.chain, item, known):
                progress.step()


def open_drafts(desk: Desk, held: Iterable[Held], known: Trajectories) -> None:
    """Open the records of visits that nobody has signed yet; core's own part is filled, the rest is left to do."""
    for item in held:
        actor = desk.actor(Role.THERAPIST, item.visit.therapist)
        visit = _facts(item, known)
        sections = write_notes(_rng(desk.chain, item, 0), visit, frozenset())
        with clock.frozen(min(item.appointment.ends_at, desk.now)):
            open_treatment_record(actor, OpenRecord(item.appointment.id, sections={SOAP: sections[SOAP]}))


def leave_unsigned(held: Sequence[Held]) -> tuple[list[Held], list[Held]]:
    """Split visits into those to sign and the newest ones of the first therapist, which stay drafts."""
    own = [item for item in held if item.visit.therapist == 0]
    kept = own[len(own) - UNSIGNED_BY_FIRST_THERAPIST :]
    return [item for item in held if item not in kept], kept


def _sign(actor: Actor, chain: Chain, item: Held, known: Trajectories) -> bool:
    """Sign one record; False when somebody wrote in it meanwhile."""
    offered, visit = _offered(actor, item), _facts(item, known)
    refusals: list[str] = []
    for attempt in range(ATTEMPTS):
        sections = write_notes(_rng(chain, item, attempt), visit, offered)
        try:
            is_signed = _write_and_sign(actor, item, sections)
        except Invalid as refusal:
            refusals.append(refusal.detail)
            continue
        if is_signed:
            known.add(item.appointment.client_id, sections, visit.day.isoformat())
        return is_signed
    raise RuntimeError(f"demo data do not pass their own checks: {refusals[-1]}")


def _write_and_sign(actor: Actor, item: Held, sections: Mapping[str, Mapping[str, Any]]) -> bool:
    with savepoint():
        record = open_treatment_record(actor, OpenRecord(item.appointment.id, sections=sections))
        if record.draft is None or record.row_version > 1:
            return False
        if record.draft.sections.keys() != sections.keys():  # opened while the client was in the room
            record = save_draft(actor, SaveDraft(record.id, 1, sections, is_whole=True)).record
        sign_treatment_record(actor, SignRecord(record.id, record.row_version))
    return True


def _offered(actor: Actor, item: Held) -> frozenset[str]:
    row = item.appointment
    sections = runtime().sections_for(actor.organisation_id, row.clinic_id, row.service_modality)
    return frozenset(section.key for section in sections)


def _facts(item: Held, known: Trajectories) -> Visit:
    row = item.appointment
    return Visit(
        client=str(row.client_id),
        number=known.visits[row.client_id] + 1,
        day=row.local_start.date(),
        modality=row.service_modality,
        previous=known.newest[row.client_id],
    )


def _rng(chain: Chain, item: Held, attempt: int) -> Random:
    return Random(f"{chain.plan.slug}/{item.visit.key}/notes/{attempt}")  # noqa: S311 -- demo data
