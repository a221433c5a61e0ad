"""The booking form as its page shows it: what can be chosen given what was chosen before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.queries import get_client, search_clients
from polyclinic.kit import clock, zones
from polyclinic.kit.errors import NotFound
from polyclinic.kit.ids import parse_id
from polyclinic.kit.pagination import PageRequest
from polyclinic.organisation.queries import list_clinics, list_rooms
from polyclinic.scheduling.availability import TimesWanted, list_available_times
from polyclinic.scheduling.catalogue import list_bookable_services
from polyclinic.scheduling.rules.wording import clock_time, short_day_and_time
from polyclinic.therapists.queries import list_therapists

SEARCH_DAYS = 14
LATER_SUGGESTED = 3
MATCHES_SHOWN = 10

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Chosen:
    """What was chosen so far."""

    clinic_id: UUID | None
    service_id: UUID | None
    therapist_id: UUID | None
    day: date
    zone: str


@dataclass(frozen=True)
class BookingView:
    """The choices of the form; `(value, label)` each. `later` tells that the times lie on later days."""

    chosen: Chosen
    clinics: Choices
    services: Choices
    therapists: Choices
    rooms: Choices
    times: Choices
    later: bool
    can_overbook: bool
    client_text: str = ""
    client_matches: Choices = field(default_factory=tuple)


def build_booking_view(actor: Actor, values: Mapping[str, str], clinic_id: UUID | None) -> BookingView:
    """Return the form's choices for the values typed so far; `clinic_id` is the clinic unless another was chosen."""
    clinics = [each for each in list_clinics(actor) if each.archived_at is None and _may_book(actor, each.id)]
    wanted = parse_id(values.get("clinic_id", "")) or clinic_id
    clinic = next((each for each in clinics if each.id == wanted), clinics[0] if clinics else None)
    zone = clinic.time_zone if clinic else "UTC"
    chosen = Chosen(
        clinic.id if clinic else None,
        parse_id(values.get("service_id", "")),
        parse_id(values.get("therapist_id", "")),
        _day(values.get("date", ""), zone),
        zone,
    )
    therapists = list_therapists(actor, clinic.id) if clinic else []
    rooms = list_rooms(actor, clinic.id) if clinic else []
    times, later = _times(actor, chosen)
    return BookingView(
        chosen=chosen,
        clinics=[(str(each.id), each.name) for each in clinics],
        services=[
            (str(each.id), f"{each.name} ({each.duration_minutes} min)") for each in list_bookable_services(actor)
        ],
        therapists=[(str(each.id), each.display_name) for each in therapists],
        rooms=[(str(each.id), each.name) for each in rooms if each.archived_at is None],
        times=times,
        later=later,
        can_overbook=clinic is not None and actor.can("appointments:overbook", clinic.id),
        client_text=_client_text(actor, values),
        client_matches=_client_matches(actor, values),
    )


def find_clients(actor: Actor, text: str) -> Choices:
    """Return clients that match a typed name; none for an empty text."""
    if not text.strip() or not actor.can("clients:read"):
        return []
    found = search_clients(actor, text, page=PageRequest(limit=MATCHES_SHOWN))
    return [(str(row.id), row.display_name) for row in found.rows]


def _may_book(actor: Actor, clinic_id: UUID) -> bool:
    return actor.can("appointments:write", clinic_id) and actor.can("appointments:read", clinic_id)


def _day(text: str, zone: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return zones.to_local(clock.now(), zone).date()


def _times(actor: Actor, chosen: Chosen) -> tuple[Choices, bool]:
    """Return the free times of the day, else the first few of the days after it."""
    if chosen.clinic_id is None or chosen.service_id is None or chosen.therapist_id is None:
        return [], False
    parties = (chosen.clinic_id, chosen.service_id, chosen.therapist_id)
    after = chosen.day + timedelta(days=1)
    try:
        on_day = list_available_times(actor, TimesWanted(*parties, chosen.day, after))
        if on_day:
            return [(time.starts_at.isoformat(), clock_time(time.starts_at, chosen.zone)) for time in on_day], False
        wanted = TimesWanted(*parties, after, after + timedelta(days=SEARCH_DAYS))
        found = list_available_times(actor, wanted)[:LATER_SUGGESTED]
    except NotFound:
        return [], False
    return [(time.starts_at.isoformat(), short_day_and_time(time.starts_at, chosen.zone)) for time in found], True


def _client_text(actor: Actor, values: Mapping[str, str]) -> str:
    client_id = parse_id(values.get("client_id", ""))
    if client_id is None or not actor.can("clients:read"):
        return values.get("client_id_text", "")
    try:
        return get_client(actor, client_id).display_name
    except NotFound:
        return values.get("client_id_text", "")


def _client_matches(actor: Actor, values: Mapping[str, str]) -> Choices:
    if values.get("client_id"):
        return []
    return find_clients(actor, values.get("client_id_text", ""))
