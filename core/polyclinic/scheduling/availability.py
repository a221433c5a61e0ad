"""Times that can be offered, with the reasons against the others when asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.kit import clock, zones
from polyclinic.kit.errors import Invalid
from polyclinic.scheduling import reservations
from polyclinic.scheduling.booking_context import Parties, load_context
from polyclinic.scheduling.rules.conflicts import Busy
from polyclinic.scheduling.rules.free_times import Candidate, candidates
from polyclinic.scheduling.rules.times import Interval, days_between

READ = "appointments:read"
MAX_DAYS = 31


@dataclass(frozen=True)
class TimesWanted:
    """Free time of a therapist for a service at a clinic, on local days from `first` to `end` (not included)."""

    clinic_id: UUID
    service_id: UUID
    therapist_id: UUID
    first: date
    end: date
    client_id: UUID | None = None
    room_id: UUID | None = None
    is_explained: bool = False


@dataclass(frozen=True, slots=True)
class AvailableTime:
    """One time on the grid; `reasons` is empty when it can be booked. `local_start` is the clinic's wall time."""

    therapist_id: UUID
    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str
    is_available: bool
    reasons: list[str]
    room_id: UUID | None
    """The room that would be taken."""


def list_available_times(actor: Actor, wanted: TimesWanted) -> Sequence[AvailableTime]:
    """Return the times that can be booked, in order; with `is_explained` the others too, each with all its reasons.

    Raises `Invalid` for more than 31 days, `NotFound` for anything outside the actor's organisation or clinics.
    """
    require(actor, READ, wanted.clinic_id)
    _check_days(wanted)
    parties = Parties(wanted.clinic_id, wanted.service_id, wanted.therapist_id, wanted.client_id, wanted.room_id)
    context = load_context(actor, parties)
    now = clock.now()
    wish = context.wish(now)
    span = Interval(
        zones.start_of_day(wanted.first, context.zone) - timedelta(days=1),
        zones.start_of_day(wanted.end, context.zone) + timedelta(days=1),
    )
    people = [wanted.therapist_id] + ([wanted.client_id] if wanted.client_id else [])
    busy = reservations.list_busy(actor, [*people, *context.room_ids], span)
    found = candidates(
        wish,
        days_between(wanted.first, wanted.end),
        lambda day: context.situation(day, _near(busy, day, context.zone), not_before=now),
        context.zone,
    )
    return [
        _time(candidate, wanted.therapist_id, context.zone)
        for candidate in found
        if wanted.is_explained or not candidate.clashes
    ]


def _near(busy: Sequence[Busy], day: date, zone: str) -> Sequence[Busy]:
    starts_at, ends_at = zones.day_bounds(day, zone)
    near = Interval(starts_at - timedelta(days=1), ends_at + timedelta(days=1))
    return [each for each in busy if near.overlaps(each.starts_at, each.ends_at)]


def _time(candidate: Candidate, therapist_id: UUID, zone: str) -> AvailableTime:
    return AvailableTime(
        therapist_id=therapist_id,
        starts_at=candidate.starts_at.astimezone(UTC),
        ends_at=candidate.ends_at.astimezone(UTC),
        local_start=zones.to_local(candidate.starts_at, zone).replace(tzinfo=None).isoformat(),
        time_zone=zone,
        is_available=not candidate.clashes,
        reasons=list(dict.fromkeys(clash.reason.value for clash in candidate.clashes)),
        room_id=candidate.room_id,
    )


def _check_days(wanted: TimesWanted) -> None:
    if wanted.end <= wanted.first:
        raise Invalid({"to": "The last day must be after the first; it is not included itself."})
    if (wanted.end - wanted.first).days > MAX_DAYS:
        raise Invalid({"to": f"Ask for at most {MAX_DAYS} days at a time."})
