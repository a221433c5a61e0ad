"""What the pages of merging show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from polyclinic.access.actor import Actor
from polyclinic.client_file import queries, rules
from polyclinic.client_file.forms import GOES, STAYS
from polyclinic.client_file.overlaps import Overlap, list_overlaps
from polyclinic.client_file.queries import FileFacts, MergeRow, read_facts
from polyclinic.client_file.services.merging import contact_of, read_two
from polyclinic.client_file.services.parting import Parting
from polyclinic.client_file.vocabulary import CONTACT_FIELDS, MERGE
from polyclinic.clients import queries as client_queries
from polyclinic.clients.rows import ClientRow, DuplicateRow
from polyclinic.clients.views import Suggestion, clinic_options, suggestions, zone_of

CHANNELS = {"email": "E-mail", "sms": "Text message", "phone": "Phone", "post": "Post", "none": "Not at all"}
MOVED = {
    "appointment": "Appointments",
    "treatment_record": "Treatment records",
    "client_flag": "Flags",
    "client_clinic": "Clinics where the client is known",
    "client": "Clients merged before",
    "entity_extension": "Fields of plugins",
}
"""What the journal's tables are called; reservations go with their appointments."""


@dataclass(frozen=True)
class ChoiceView:
    """The page on which the other client is chosen; `within_reach` are those whom the reader may merge."""

    client: ClientRow
    duplicates: Sequence[DuplicateRow]
    within_reach: Collection[UUID]
    matches: Sequence[Suggestion]
    text: str
    merges: Sequence[MergeRow]
    zone: ZoneInfo


@dataclass(frozen=True)
class FieldChoice:
    """One contact field whose value differs; `chosen` is the side whose value survives unless somebody decides."""

    name: str
    label: str
    stays: str
    goes: str
    chosen: str


@dataclass(frozen=True)
class ComparisonView:
    """Two files side by side before they become one."""

    stays: ClientRow
    goes: ClientRow
    stays_facts: FileFacts
    goes_facts: FileFacts
    stays_lines: Sequence[tuple[str, str]]
    goes_lines: Sequence[tuple[str, str]]
    choices: Sequence[FieldChoice]
    overlaps: Sequence[Overlap]
    is_marked_different: bool


@dataclass(frozen=True)
class MergeView:
    """One merge and what undoing it would do."""

    plan: Parting
    moved: Sequence[tuple[str, int]]
    changed: Sequence[tuple[str, str, str]]
    restored: Sequence[tuple[str, str]]
    kept: Sequence[str]
    zone: ZoneInfo

    @property
    def merge(self) -> MergeRow:
        """Return the journal's entry."""
        return self.plan.merge


def choice_view(actor: Actor, client_id: UUID, text: str, clinic_id: UUID | None) -> ChoiceView:
    """Return the page on which the other client is chosen; raises `NotFound`."""
    client = client_queries.get_client(actor, client_id)
    found = [each for each in suggestions(actor, text, with_urls=False) if each.value != str(client.id)]
    duplicates = queries.list_likely_duplicates(actor, client.id)
    reach = client_queries.known_within_reach(actor, MERGE, [row.id for row in duplicates])
    merges = queries.list_merges(actor, client.id)
    return ChoiceView(client, duplicates, reach, found, text, merges, _zone(actor, clinic_id))


def comparison_view(actor: Actor, stays_id: UUID, goes_id: UUID) -> ComparisonView:
    """Return two files side by side; raises as merging them would, but for overlaps, which it shows."""
    stays, goes = read_two(actor, stays_id, goes_id)
    mine, theirs = contact_of(stays), contact_of(goes)
    take = rules.default_take(mine, theirs)
    return ComparisonView(
        stays=stays,
        goes=goes,
        stays_facts=read_facts(stays.id),
        goes_facts=read_facts(goes.id),
        stays_lines=_lines(mine),
        goes_lines=_lines(theirs),
        choices=[
            FieldChoice(
                name, label, shown(name, mine[name]), shown(name, theirs[name]), GOES if name in take else STAYS
            )
            for name, label in CONTACT_FIELDS.items()
            if mine[name] != theirs[name]
        ],
        overlaps=list_overlaps(actor, goes.id, stays.id),
        is_marked_different=queries.find_difference(actor, stays.id, goes.id) is not None,
    )


def merge_view(actor: Actor, plan: Parting, clinic_id: UUID | None) -> MergeView:
    """Return one merge with what undoing it would do."""
    merge = plan.merge
    return MergeView(
        plan=plan,
        moved=[(MOVED[table], rows) for table, rows in merge.moved.items() if table in MOVED],
        changed=[
            (label, stored(name, merge.fields[name][0]), stored(name, merge.fields[name][1]))
            for name, label in CONTACT_FIELDS.items()
            if name in merge.fields
        ],
        restored=[(CONTACT_FIELDS[name], shown(name, value)) for name, value in plan.restoring.values.items()],
        kept=[CONTACT_FIELDS[name] for name in (merge.kept_fields if merge.undone_at else plan.restoring.kept)],
        zone=_zone(actor, clinic_id),
    )


def shown(name: str, value: Any) -> str:
    """Return a contact value as people read it."""
    if isinstance(value, datetime | date):
        return f"{value.day} {value:%B %Y}"
    return CHANNELS.get(value, value) if name.endswith("_channel") else value or ""


def stored(name: str, text: str | None) -> str:
    """Return a value of the journal as people read it."""
    return shown(name, rules.from_text(name, text))


def _lines(contact: rules.Contact) -> list[tuple[str, str]]:
    return [(label, shown(name, contact[name])) for name, label in CONTACT_FIELDS.items()]


def _zone(actor: Actor, clinic_id: UUID | None) -> ZoneInfo:
    return ZoneInfo(zone_of(clinic_options(actor), clinic_id))
