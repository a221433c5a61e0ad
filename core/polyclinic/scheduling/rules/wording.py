"""What a conflict is called, in words that name the remedy and no other client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from polyclinic.kit import zones
from polyclinic.scheduling.rules.conflicts import Clash
from polyclinic.scheduling.rules.times import Interval
from polyclinic.scheduling.vocabulary import ConflictKind, ConflictReason


@dataclass(frozen=True)
class Names:
    """The names that a refusal may use; `zone` is the clinic's."""

    therapist: str
    clinic: str
    modality: str
    zone: str


def describe(clash: Clash, names: Names, open_intervals: Sequence[Interval]) -> str:
    """Return one sentence or two for a conflict: what is in the way and what helps."""
    span = f"from {clock_time(clash.starts_at, names.zone)} to {clock_time(clash.ends_at, names.zone)}"
    match clash.reason:
        case ConflictReason.IN_THE_PAST:
            return "This day has passed. Choose today or later."
        case ConflictReason.ARCHIVED:
            return _archived(clash.kind)
        case ConflictReason.NOT_AT_THIS_CLINIC:
            return f"{names.therapist} does not work at {names.clinic}. Choose another therapist."
        case ConflictReason.REGISTRATION_MISSING | ConflictReason.REGISTRATION_EXPIRED:
            return _registration(clash, names)
        case ConflictReason.OUTSIDE_HOURS:
            return f"{names.therapist} does not work then. {_hours(open_intervals, names.zone)}"
        case ConflictReason.THERAPIST_BUSY:
            return f"{names.therapist} is busy {span}."
        case ConflictReason.ROOM_BUSY:
            return (
                f"No room is free: the room is taken {span}."
                if clash.clinic_id
                else "This clinic has no room. Add one."
            )
        case ConflictReason.CLIENT_BUSY:
            return f"The client has another appointment {span}."


def clock_time(instant: datetime, zone: str) -> str:
    """Return the wall time as hours and minutes."""
    return f"{zones.to_local(instant, zone):%H:%M}"


def day_and_time(instant: datetime, zone: str) -> str:
    """Return weekday, date and wall time."""
    local = zones.to_local(instant, zone)
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}"


def short_day_and_time(instant: datetime, zone: str) -> str:
    """Return weekday, day, month and wall time in short, for choices side by side."""
    local = zones.to_local(instant, zone)
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def _archived(kind: ConflictKind) -> str:
    if kind is ConflictKind.CLIENT:
        return "This client's file is archived or was merged into another. Choose the current file."
    return f"This {kind.value} is archived. Choose another one."


def _registration(clash: Clash, names: Names) -> str:
    state = "has no" if clash.reason is ConflictReason.REGISTRATION_MISSING else "has an expired"
    day = f"{zones.to_local(clash.starts_at, names.zone):%d %B %Y}"
    return (
        f"{names.therapist} {state} registration for {names.modality} on {day}. "
        "Choose another therapist, or enter the current registration."
    )


def _hours(open_intervals: Sequence[Interval], zone: str) -> str:
    if not open_intervals:
        return "There are no working hours on this day."
    spans = (f"{clock_time(span.starts_at, zone)} to {clock_time(span.ends_at, zone)}" for span in open_intervals)
    return f"Working hours on this day: {', '.join(spans)}."
