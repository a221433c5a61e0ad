"""Everything that speaks against a time, found at once; the same verdict books, refuses and explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from polyclinic.scheduling.rules.times import Interval
from polyclinic.scheduling.vocabulary import (
    BUSY_REASON,
    OVERBOOKABLE,
    ConflictKind,
    ConflictReason,
    ResourceKind,
)


@dataclass(frozen=True)
class Wish:
    """A time asked for: buffers lie on therapist and room, never on the client. `room_id` None = any or none needed."""

    starts_at: datetime
    ends_at: datetime
    buffer_before: timedelta
    buffer_after: timedelta
    therapist_id: UUID
    client_id: UUID | None
    room_id: UUID | None
    needs_room: bool

    @property
    def reserved(self) -> Interval:
        """Return the span that therapist and room are kept for."""
        return Interval(self.starts_at - self.buffer_before, self.ends_at + self.buffer_after)


@dataclass(frozen=True)
class Busy:
    """One reservation that stands: whose, when, and for which appointment at which clinic."""

    kind: ResourceKind
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    clinic_id: UUID
    appointment_id: UUID | None

    def is_in_the_way(self, kind: ResourceKind, resource_id: UUID, span: Interval) -> bool:
        """Tell whether this reservation takes time of the resource within the span."""
        return self.kind is kind and self.resource_id == resource_id and span.overlaps(self.starts_at, self.ends_at)


@dataclass(frozen=True)
class RegistrationSpan:
    """One registration for the service's modality; `expires_on` is its last day, None = without end."""

    valid_from: date
    expires_on: date | None


class Registered(StrEnum):
    """Whether the therapist may practise the modality on a day."""

    VALID = "valid"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True)
class Situation:
    """What stands around a wish on its day: `registrations` None = none is asked for, `rooms` may be chosen from."""

    not_before: datetime
    local_day: date
    open_intervals: Sequence[Interval]
    is_at_clinic: bool
    archived: frozenset[ConflictKind]
    registrations: Sequence[RegistrationSpan] | None
    rooms: Sequence[UUID]
    busy: Sequence[Busy]


@dataclass(frozen=True)
class Clash:
    """One reason against a wish; the busy reservation's clinic and appointment where there is one."""

    reason: ConflictReason
    kind: ConflictKind
    starts_at: datetime
    ends_at: datetime
    clinic_id: UUID | None = None
    appointment_id: UUID | None = None

    @property
    def is_overbookable(self) -> bool:
        """Tell whether a permitted person may book in spite of it."""
        return self.reason in OVERBOOKABLE


def find_clashes(wish: Wish, situation: Situation) -> list[Clash]:
    """Return every reason against the wish, an empty list when it can be booked."""
    standing = [_clash(wish, reason, kind) for reason, kind in _standing_reasons(wish, situation)]
    return standing + _busy_clashes(wish, situation)


def choose_room(wish: Wish, situation: Situation) -> UUID | None:
    """Return the wished room, else the first free one, else the first; None when none is needed or known."""
    if wish.room_id is not None or not wish.needs_room:
        return wish.room_id
    free = (room for room in situation.rooms if not _in_the_way(ResourceKind.ROOM, room, wish.reserved, situation.busy))
    return next(free, situation.rooms[0] if situation.rooms else None)


def registered_on(day: date, registrations: Sequence[RegistrationSpan]) -> Registered:
    """Return whether one of the registrations holds on `day`; expired means that one held before."""
    if any(span.valid_from <= day and (span.expires_on is None or day <= span.expires_on) for span in registrations):
        return Registered.VALID
    if any(span.expires_on is not None and span.expires_on < day for span in registrations):
        return Registered.EXPIRED
    return Registered.MISSING


def _standing_reasons(wish: Wish, situation: Situation) -> Iterable[tuple[ConflictReason, ConflictKind]]:
    if wish.starts_at < situation.not_before:
        yield ConflictReason.IN_THE_PAST, ConflictKind.CLINIC
    for kind in sorted(situation.archived):
        yield ConflictReason.ARCHIVED, kind
    if not situation.is_at_clinic:
        yield ConflictReason.NOT_AT_THIS_CLINIC, ConflictKind.THERAPIST
    if situation.registrations is not None:
        held = registered_on(situation.local_day, situation.registrations)
        if held is Registered.MISSING:
            yield ConflictReason.REGISTRATION_MISSING, ConflictKind.THERAPIST
        elif held is Registered.EXPIRED:
            yield ConflictReason.REGISTRATION_EXPIRED, ConflictKind.THERAPIST
    if situation.is_at_clinic and not any(
        span.holds(wish.starts_at, wish.ends_at) for span in situation.open_intervals
    ):
        yield ConflictReason.OUTSIDE_HOURS, ConflictKind.THERAPIST


def _busy_clashes(wish: Wish, situation: Situation) -> list[Clash]:
    found = _clashes_of(ResourceKind.THERAPIST, wish.therapist_id, wish.reserved, situation.busy)
    if wish.client_id is not None:
        span = Interval(wish.starts_at, wish.ends_at)
        found += _clashes_of(ResourceKind.CLIENT, wish.client_id, span, situation.busy)
    return found + _room_clashes(wish, situation)


def _room_clashes(wish: Wish, situation: Situation) -> list[Clash]:
    if wish.room_id is None and not wish.needs_room:
        return []
    room_id = choose_room(wish, situation)
    if room_id is None:
        return [_clash(wish, ConflictReason.ROOM_BUSY, ConflictKind.ROOM)]
    return _clashes_of(ResourceKind.ROOM, room_id, wish.reserved, situation.busy)


def _clashes_of(kind: ResourceKind, resource_id: UUID, span: Interval, busy: Iterable[Busy]) -> list[Clash]:
    return [
        Clash(
            BUSY_REASON[kind],
            ConflictKind(kind.value),
            each.starts_at,
            each.ends_at,
            each.clinic_id,
            each.appointment_id,
        )
        for each in _in_the_way(kind, resource_id, span, busy)
    ]


def _in_the_way(kind: ResourceKind, resource_id: UUID, span: Interval, busy: Iterable[Busy]) -> list[Busy]:
    return [each for each in busy if each.is_in_the_way(kind, resource_id, span)]


def _clash(wish: Wish, reason: ConflictReason, kind: ConflictKind) -> Clash:
    return Clash(reason, kind, wish.starts_at, wish.ends_at)
