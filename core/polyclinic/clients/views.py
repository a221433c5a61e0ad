"""What the pages of clients show, ready for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients import catalogue, queries, rules
from polyclinic.clients.header import SEVERITY_TONES, ClientHeader, header_of
from polyclinic.clients.regions import region_names
from polyclinic.clients.rows import AnswerRow, ClientListRow, ClientRow, FlagRow
from polyclinic.clients.timeline import TimelineEntry, list_timeline
from polyclinic.clients.vocabulary import Answer
from polyclinic.kit import clock, zones
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.organisation import queries as organisation_queries
from polyclinic.plugins.contract import SafetySeverity

SUGGESTIONS = 8
OTHER_FLAG = "other"
_CONSIDERED = 50
_ICONS = MappingProxyType(
    {"appointment": "calendar", "treatment_record": "note", "payment": "cash", "file": "paperclip"}
)


@dataclass(frozen=True)
class ClinicOption:
    """A clinic as the pages need it."""

    id: UUID
    name: str
    time_zone: str


@dataclass(frozen=True)
class ClientLine:
    """One line of the list."""

    client: ClientListRow
    age: int | None
    clinics: str


@dataclass(frozen=True)
class Suggestion:
    """One entry of the list box under a search."""

    value: str
    label: str
    meta: str
    url: str | None


@dataclass(frozen=True)
class FlagLine:
    """A flag in the rail."""

    flag: FlagRow
    tone: str
    regions: str


@dataclass(frozen=True)
class TimelineLine:
    """An entry of the timeline in wall time."""

    entry: TimelineEntry
    local: datetime
    icon: str


@dataclass(frozen=True)
class ClientView:
    """One client's page."""

    client: ClientRow
    header: ClientHeader
    clinics: Sequence[str]
    sees_health: bool
    can_write: bool
    can_write_health: bool
    can_book: bool
    can_merge: bool
    can_erase: bool
    can_export: bool
    flags: Sequence[FlagLine]
    ended_flags: Sequence[FlagLine]
    answers: Sequence[AnswerRow]
    timeline: Sequence[TimelineLine]
    flag_options: Sequence[tuple[str, str | Sequence[tuple[str, str]]]]


def clinic_options(actor: Actor) -> Sequence[ClinicOption]:
    """Return the actor's clinics, archived ones included."""
    return [ClinicOption(row.id, row.name, row.time_zone) for row in organisation_queries.list_clinics(actor)]


def today_at(clinics: Sequence[ClinicOption], clinic_id: UUID | None) -> date:
    """Return the date at a clinic, at the first one when none is chosen."""
    return zones.to_local(clock.now(), zone_of(clinics, clinic_id)).date()


def zone_of(clinics: Sequence[ClinicOption], clinic_id: UUID | None) -> str:
    """Return the time zone of a clinic, of the first one when none is chosen."""
    chosen = [clinic for clinic in clinics if clinic.id == clinic_id] or list(clinics)
    return chosen[0].time_zone if chosen else str(UTC)


def client_lines(page: Page[ClientListRow], clinics: Sequence[ClinicOption], today: date) -> Sequence[ClientLine]:
    """Return the lines of a list."""
    names = {clinic.id: clinic.name for clinic in clinics}
    return [
        ClientLine(
            row,
            rules.age_on(row.birth_on, today),
            ", ".join(sorted(names[clinic] for clinic in row.clinic_ids if clinic in names)),
        )
        for row in page.rows
    ]


def suggestions(actor: Actor, text: str, *, with_urls: bool) -> Sequence[Suggestion]:
    """Return the likeliest clients for a typed text, those first whose name begins with it; none for an empty text."""
    if not text.strip():
        return []
    found = queries.search_clients(actor, text, page=PageRequest(limit=_CONSIDERED)).rows
    start = text.strip().casefold()
    ranked = sorted(found, key=lambda row: not row.display_name.casefold().startswith(start))
    return [_suggestion(row, with_urls=with_urls) for row in ranked[:SUGGESTIONS]]


def client_view(actor: Actor, client: ClientRow, clinics: Sequence[ClinicOption], clinic_id: UUID | None) -> ClientView:
    """Return a client's page; the look at flags and answers is audited."""
    today, zone = today_at(clinics, clinic_id), zone_of(clinics, clinic_id)
    health = queries.find_health(actor, client.id)
    flags = health.flags if health else []
    is_here = client.erased_at is None
    return ClientView(
        client=client,
        header=header_of(client, health.flags if health else None, today),
        clinics=[clinic.name for clinic in clinics if clinic.id in client.clinic_ids],
        sees_health=health is not None,
        can_write=is_here and actor.can("clients:write"),
        can_write_health=is_here and queries.may_see_health(actor, client.id, "health-history:write"),
        can_book=actor.can("appointments:write") and client.archived_at is None,
        can_merge=is_here and actor.can("clients:merge"),
        can_erase=actor.can("clients:erase"),
        can_export=is_here and actor.can("treatment-records:read"),
        flags=[_line(flag) for flag in flags if not _is_over(flag, today)],
        ended_flags=[_line(flag) for flag in flags if _is_over(flag, today)],
        answers=[row for row in (health.answers if health else []) if row.answer is not Answer.NO or row.note],
        timeline=[_timeline_line(entry, zone) for entry in list_timeline(actor, client.id)],
        flag_options=flag_options(actor) if health else [],
    )


def flag_options(actor: Actor) -> Sequence[tuple[str, str | Sequence[tuple[str, str]]]]:
    """Return the flags that safety rules know, grouped by severity, then "something else"."""
    groups: dict[SafetySeverity, list[tuple[str, str]]] = {}
    for kind in catalogue.flag_kinds(actor.organisation_id).values():
        groups.setdefault(kind.severity, []).append((kind.code, kind.title))
    grouped = [(severity.value.capitalize(), options) for severity, options in groups.items()]
    return [*grouped, (OTHER_FLAG, "Something else")]


def answers_by_code(answers: Sequence[AnswerRow]) -> Mapping[str, AnswerRow]:
    """Return answers by the code of their question."""
    return {answer.question_code: answer for answer in answers}


def _suggestion(row: ClientListRow, *, with_urls: bool) -> Suggestion:
    legal = f"{row.given_name} {row.family_name}".strip()
    known = [legal if legal != row.display_name else "", row.birth_on.isoformat() if row.birth_on else "", row.phone]
    url = f"/clients/{row.id}" if with_urls else None
    return Suggestion(str(row.id), row.display_name, " · ".join(part for part in known if part), url)


def _is_over(flag: FlagRow, today: date) -> bool:
    return flag.until_on is not None and flag.until_on <= today


def _line(flag: FlagRow) -> FlagLine:
    names = region_names()
    regions = ", ".join(names.get(region, region.replace("_", " ")) for region in flag.region_ids)
    return FlagLine(flag, SEVERITY_TONES[flag.severity], regions)


def _timeline_line(entry: TimelineEntry, zone: str) -> TimelineLine:
    return TimelineLine(entry, zones.to_local(entry.at, zone), _ICONS.get(entry.kind, "circle-dot"))
