"""The life of an appointment: which state may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from polyclinic.scheduling.vocabulary import RELEASING, AppointmentStatus

_S = AppointmentStatus

# Backward steps undo a wrong tap; they are written to the audit trail like every other step.
STEPS: Mapping[AppointmentStatus, frozenset[AppointmentStatus]] = MappingProxyType(
    {
        _S.BOOKED: frozenset({_S.CONFIRMED, _S.ARRIVED, _S.STARTED, _S.CANCELLED, _S.NO_SHOW}),
        _S.CONFIRMED: frozenset({_S.BOOKED, _S.ARRIVED, _S.STARTED, _S.CANCELLED, _S.NO_SHOW}),
        _S.ARRIVED: frozenset({_S.BOOKED, _S.CONFIRMED, _S.STARTED, _S.CANCELLED}),
        _S.STARTED: frozenset({_S.BOOKED, _S.CONFIRMED, _S.ARRIVED, _S.COMPLETED}),
        _S.COMPLETED: frozenset({_S.STARTED}),
        _S.CANCELLED: frozenset({_S.BOOKED, _S.CONFIRMED, _S.ARRIVED}),
        _S.NO_SHOW: frozenset({_S.BOOKED, _S.CONFIRMED}),
    }
)
MOVABLE = frozenset({_S.BOOKED, _S.CONFIRMED, _S.ARRIVED})

_NEXT: Mapping[AppointmentStatus, AppointmentStatus] = MappingProxyType(
    {_S.BOOKED: _S.ARRIVED, _S.CONFIRMED: _S.ARRIVED, _S.ARRIVED: _S.STARTED, _S.STARTED: _S.COMPLETED}
)


class StepRefusal(StrEnum):
    """Why a step is not possible."""

    NOT_A_STEP = "not_a_step"
    TOO_EARLY = "too_early"


@dataclass(frozen=True)
class Step:
    """A permitted step; `releases` gives the time back, `reserves` needs it again."""

    releases: bool
    reserves: bool


def may_step(
    status: AppointmentStatus, to: AppointmentStatus, *, starts_at: datetime, now: datetime
) -> Step | StepRefusal:
    """Return what the step from `status` to `to` means for the reserved time, or why it is refused."""
    if to not in STEPS[status]:
        return StepRefusal.NOT_A_STEP
    if to is AppointmentStatus.NO_SHOW and now < starts_at:
        return StepRefusal.TOO_EARLY
    return Step(releases=to in RELEASING, reserves=status in RELEASING)


def next_status(status: AppointmentStatus) -> AppointmentStatus | None:
    """Return the state that one tap leads to: arrived, in room, done; None at the end."""
    return _NEXT.get(status)


def possible_steps(status: AppointmentStatus, *, starts_at: datetime, now: datetime) -> frozenset[AppointmentStatus]:
    """Return every state that may follow now."""
    return frozenset(to for to in STEPS[status] if isinstance(may_step(status, to, starts_at=starts_at, now=now), Step))
