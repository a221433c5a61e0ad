"""One appointment as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.queries import active_flags
from polyclinic.kit import clock, zones
from polyclinic.kit.errors import NotFound
from polyclinic.organisation.queries import list_rooms
from polyclinic.scheduling import calendar, history, queries, today
from polyclinic.scheduling.availability import TimesWanted, list_available_times
from polyclinic.scheduling.calendar import Badge, NextStep
from polyclinic.scheduling.queries import AppointmentDetail
from polyclinic.scheduling.rules.status import MOVABLE, next_status, possible_steps
from polyclinic.scheduling.rules.wording import day_and_time, short_day_and_time
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus
from polyclinic.therapists.queries import list_therapists

_S = AppointmentStatus
SUGGESTED = 6
SEARCH_DAYS = 7
# The next step has its own button, and these have forms of their own.
_APART = frozenset({_S.CANCELLED, _S.NO_SHOW})
_BACKWARD_TITLES = {_S.BOOKED: "Back to booked", _S.CONFIRMED: "Back to confirmed", _S.ARRIVED: "Back to arrived"}


@dataclass(frozen=True)
class AppointmentView:
    """Everything on the page; lists of choices are `(value, label)`."""

    row: AppointmentDetail
    chip: str
    when: str
    badges: Sequence[Badge]
    next_step: NextStep | None
    other_steps: Sequence[NextStep]
    can_cancel: bool
    can_miss: bool
    can_move: bool
    can_overbook: bool
    actions: Sequence[today.VisitAction]
    history: Sequence[tuple[str, str]]
    times: Sequence[tuple[str, str]]
    therapists: Sequence[tuple[str, str]]
    rooms: Sequence[tuple[str, str]]


def build_view(actor: Actor, appointment_id: UUID) -> AppointmentView:
    """Return the page of one appointment; raises `NotFound` outside the actor's clinics."""
    row = queries.show_appointment(actor, appointment_id)
    status, now = AppointmentStatus(row.status), clock.now()
    may_write = actor.can("appointments:write", row.clinic_id)
    steps = possible_steps(status, starts_at=row.starts_at, now=now) if may_write else frozenset()
    can_move = may_write and status in MOVABLE
    to = next_status(status) if may_write else None
    day = zones.to_local(now, row.time_zone).date()
    flags = active_flags(actor, [row.client_id], day) if actor.can("health-history:read") else {}
    return AppointmentView(
        row=row,
        chip=calendar.chip_of(status),
        when=f"{day_and_time(row.starts_at, row.time_zone)} to {zones.to_local(row.ends_at, row.time_zone):%H:%M}",
        badges=calendar.badges_of(row, flags.get(row.client_id, [])),
        next_step=NextStep(to.value, STATUS_TITLES[to]) if to else None,
        other_steps=_other_steps(status, steps, to),
        can_cancel=_S.CANCELLED in steps,
        can_miss=_S.NO_SHOW in steps,
        can_move=can_move,
        can_overbook=can_move and actor.can("appointments:overbook", row.clinic_id),
        actions=today.visit_actions(actor, [row.id]).get(row.id, []),
        history=[(step.title, short_time(step.at, row.time_zone)) for step in history.list_steps(actor, row.id)],
        times=_free_times(actor, row, now) if can_move else [],
        therapists=_therapists(actor, row) if can_move else [],
        rooms=_rooms(actor, row) if can_move else [],
    )


def short_time(at: datetime, zone: str) -> str:
    """Return day, month and wall time."""
    local = zones.to_local(at, zone)
    return f"{local.day} {local:%b %H:%M}"


def _other_steps(
    status: AppointmentStatus, steps: frozenset[AppointmentStatus], to: AppointmentStatus | None
) -> list[NextStep]:
    if status in {_S.CANCELLED, _S.NO_SHOW}:
        return [NextStep(_S.BOOKED.value, "Book again")] if _S.BOOKED in steps else []
    rest = [each for each in AppointmentStatus if each in steps - _APART and each is not to]
    is_open = status in {_S.BOOKED, _S.CONFIRMED}
    return [
        NextStep(each.value, STATUS_TITLES[each] if is_open else _BACKWARD_TITLES.get(each, STATUS_TITLES[each]))
        for each in rest
    ]


def _free_times(actor: Actor, row: AppointmentDetail, now: datetime) -> list[tuple[str, str]]:
    first = max(zones.to_local(now, row.time_zone).date(), row.local_start.date())
    wanted = TimesWanted(row.clinic_id, row.service_id, row.therapist_id, first, first + timedelta(days=SEARCH_DAYS))
    try:
        found = list_available_times(actor, wanted)[:SUGGESTED]
    except NotFound:
        return []
    return [(time.starts_at.isoformat(), short_day_and_time(time.starts_at, row.time_zone)) for time in found]


def _therapists(actor: Actor, row: AppointmentDetail) -> list[tuple[str, str]]:
    if not actor.can("therapists:read", row.clinic_id):
        return [(str(row.therapist_id), row.therapist_name)]
    return [(str(each.id), each.display_name) for each in list_therapists(actor, row.clinic_id)]


def _rooms(actor: Actor, row: AppointmentDetail) -> list[tuple[str, str]]:
    if not actor.can("clinics:read", row.clinic_id):
        return []
    return [(str(room.id), room.name) for room in list_rooms(actor, row.clinic_id) if room.archived_at is None]
