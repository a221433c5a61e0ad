"""Find a place for a wish: lock, look, decide, and say everything that is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.access.scope import require
from polyclinic.kit import clock, zones
from polyclinic.kit.errors import BookingConflict, Conflict
from polyclinic.scheduling import reservations
from polyclinic.scheduling.booking_context import BookingContext
from polyclinic.scheduling.reservations import Claim
from polyclinic.scheduling.rules.conflicts import Clash, Situation, Wish, choose_room, find_clashes
from polyclinic.scheduling.rules.free_times import next_free
from polyclinic.scheduling.rules.times import Interval, days_between
from polyclinic.scheduling.rules.wording import Names, day_and_time, describe
from polyclinic.scheduling.vocabulary import ConflictKind, ConflictReason, ResourceKind

OVERBOOK = "appointments:overbook"
SEARCH_DAYS = 14
"""How far ahead the nearest free time is looked for."""

_HOPELESS = frozenset({ConflictReason.ARCHIVED, ConflictReason.NOT_AT_THIS_CLINIC})


@dataclass(frozen=True)
class Placement:
    """A place that was found and locked; `overbook_reason` is set only when it covers something."""

    room_id: UUID | None
    claims: tuple[Claim, ...]
    is_overbooked: bool
    is_outside_hours: bool
    overbook_reason: str | None


@dataclass(frozen=True)
class Leave:
    """Why a wish may be placed in spite of conflicts, and whose own reservations do not count."""

    overbook_reason: str | None = None
    appointment_id: UUID | None = None
    resource_ids: tuple[UUID, ...] = ()


def place(actor: Actor, context: BookingContext, wish: Wish, leave: Leave) -> Placement:
    """Return where the wish goes, holding the locks of all its resources until the transaction ends.

    Raises `Conflict` with every reason and the next free time, `NotAllowed` for overbooking without the permission.
    """
    if leave.overbook_reason:
        require(actor, OVERBOOK, context.parties.clinic_id)
    resources = resources_of(context, wish)
    reservations.lock(actor, [*resources, *leave.resource_ids])
    busy = reservations.list_busy(actor, resources, wish.reserved, without=leave.appointment_id)
    day = zones.to_local(wish.starts_at, context.zone).date()
    situation = context.situation(day, busy, not_before=context.start_of_today())
    clashes = find_clashes(wish, situation)
    if clashes and not (leave.overbook_reason and all(clash.is_overbookable for clash in clashes)):
        raise _refusal(actor, context, wish, situation, clashes)
    return placement_of(wish, choose_room(wish, situation), clashes, leave.overbook_reason)


def placement_of(wish: Wish, room_id: UUID | None, clashes: Sequence[Clash], reason: str | None) -> Placement:
    """Return the place of a wish that may be booked, in the room that was chosen for it."""
    busy_kinds = {clash.kind for clash in clashes if clash.reason is not ConflictReason.OUTSIDE_HOURS}
    wanted: list[tuple[ResourceKind, UUID | None, Interval]] = [
        (ResourceKind.THERAPIST, wish.therapist_id, wish.reserved),
        (ResourceKind.ROOM, room_id, wish.reserved),
        (ResourceKind.CLIENT, wish.client_id, Interval(wish.starts_at, wish.ends_at)),
    ]
    return Placement(
        room_id=room_id,
        claims=tuple(
            Claim(kind, resource_id, span, is_overbooked=ConflictKind(kind.value) in busy_kinds)
            for kind, resource_id, span in wanted
            if resource_id is not None
        ),
        is_overbooked=bool(busy_kinds),
        is_outside_hours=any(clash.reason is ConflictReason.OUTSIDE_HOURS for clash in clashes),
        overbook_reason=reason if clashes else None,
    )


def resources_of(context: BookingContext, wish: Wish) -> list[UUID]:
    """Return whose time counts for a wish: the therapist, the client, and the rooms that may be chosen."""
    people = [wish.therapist_id] + ([wish.client_id] if wish.client_id else [])
    rooms = context.room_ids if wish.needs_room or wish.room_id else []
    return [*people, *rooms]


def _refusal(
    actor: Actor, context: BookingContext, wish: Wish, situation: Situation, clashes: Sequence[Clash]
) -> Conflict:
    names = Names(context.therapist_name, context.clinic_name, context.service.modality or "", context.zone)
    visible = frozenset(actor.clinics_with("appointments:read"))
    conflicts = [_told(clash, describe(clash, names, situation.open_intervals), visible) for clash in clashes]
    reasons = " ".join(dict.fromkeys(conflict.detail for conflict in conflicts))
    hint = nearest_fix(actor, context, wish, clashes)
    return Conflict(f"This time cannot be booked. {reasons} {hint}".strip(), conflicts=conflicts)


def _told(clash: Clash, detail: str, visible: frozenset[UUID]) -> BookingConflict:
    ref = str(clash.appointment_id) if clash.appointment_id and clash.clinic_id in visible else None
    return BookingConflict(clash.reason.value, clash.kind.value, clash.starts_at, clash.ends_at, detail, ref)


def nearest_fix(actor: Actor, context: BookingContext, wish: Wish, clashes: Iterable[Clash]) -> str:
    """Return the next free time in words, or what else helps."""
    if any(clash.reason in _HOPELESS for clash in clashes):
        return ""
    starts_at = next_free_start(actor, context, wish)
    if starts_at is None:
        return f"There is no free time in the {SEARCH_DAYS} days after it. Choose another therapist or a later date."
    return f"The next free time is {day_and_time(starts_at, context.zone)}."


def next_free_start(actor: Actor, context: BookingContext, wish: Wish) -> datetime | None:
    """Return the first free start after the wish within `SEARCH_DAYS`, None when there is none; one statement."""
    now = clock.now()
    first = zones.to_local(max(wish.starts_at, now), context.zone).date()
    days = days_between(first, first + timedelta(days=SEARCH_DAYS))
    span = Interval(
        zones.start_of_day(first, context.zone) - timedelta(days=1),
        zones.start_of_day(first + timedelta(days=SEARCH_DAYS + 1), context.zone),
    )
    busy = reservations.list_busy(actor, resources_of(context, wish), span)
    found = next_free(wish, days, lambda day: context.situation(day, busy, not_before=now), context.zone)
    return found.starts_at if found else None
