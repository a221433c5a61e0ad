"""What records add to lower features' pages: the client's timeline, the cards of the day, an action per visit.

The composition root registers these; the lower features know nothing of records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.timeline import TimelineEntry
from polyclinic.kit.pagination import PageRequest
from polyclinic.kit.zones import to_local
from polyclinic.records.queries.lists import RecordListRow, UnsignedRow, list_client_timeline, list_unsigned
from polyclinic.records.queries.records import find_records_of_appointments
from polyclinic.records.vocabulary import RecordState, VisitOutcome
from polyclinic.scheduling.today import TodayCard, TodayItem, VisitAction

READ, WRITE = "treatment-records:read", "treatment-records:write"
HOME = "/treatment-records"
SUMMARY_LENGTH = 220
"""Characters of a record that the timeline shows; the record itself is one tap away."""
_TONES = {RecordState.DRAFT.value: "warn", RecordState.SIGNED.value: "good", RecordState.AMENDED.value: "accent"}


def list_timeline_entries(actor: Actor, client_id: UUID, limit: int) -> Sequence[TimelineEntry]:
    """Return a client's treatment records, newest visit first; none without the permission."""
    if not actor.can(READ):
        return []
    return [_entry(row) for row in list_client_timeline(actor, client_id, PageRequest(limit)).rows]


def list_unsigned_cards(actor: Actor, _clinic_ids: Sequence[UUID]) -> Sequence[TodayCard]:
    """Return the card of the actor's unsigned drafts, oldest first; none for those who sign nothing."""
    if not actor.can(WRITE):
        return []
    items = [_item(row) for row in list_unsigned(actor)]
    return [TodayCard("Records to sign", items, "Every record is signed.")]


def list_visit_actions(actor: Actor, appointment_ids: Sequence[UUID]) -> Mapping[UUID, VisitAction]:
    """Return the link from each visit to its record, or to starting it for those who may."""
    if not actor.can(READ):
        return {}
    found = find_records_of_appointments(actor, appointment_ids)
    actions = {
        appointment_id: VisitAction(
            "Record", f"{HOME}/{record.record_id}", record.state.value, _TONES[record.state.value]
        )
        for appointment_id, record in found.items()
    }
    if actor.can(WRITE):
        for appointment_id in appointment_ids:
            start = VisitAction("Record", f"{HOME}/new?appointment={appointment_id}")
            actions.setdefault(appointment_id, start)
    return actions


def _entry(row: RecordListRow) -> TimelineEntry:
    stopped = row.outcome == VisitOutcome.STOPPED_REFERRED
    return TimelineEntry(
        at=row.service_at,
        kind="record",
        title="Treatment record",
        summary=shorten(row.summary, SUMMARY_LENGTH, placeholder=" …") if row.summary else "Not signed yet.",
        url=f"{HOME}/{row.id}",
        tone="bad" if stopped else _TONES[row.state],
    )


def _item(row: UnsignedRow) -> TodayItem:
    at = to_local(row.service_at, row.time_zone)
    return TodayItem(row.client_name, f"{HOME}/{row.id}", f"{at:%a} {at.day} {at:%b}", "warn")
