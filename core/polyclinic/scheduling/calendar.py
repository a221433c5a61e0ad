"""The calendar as pages show it: one entry per visit with its badges and next step, grouped by therapist or day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.clients.queries import active_flags
from polyclinic.clients.rows import FlagRow
from polyclinic.kit import zones
from polyclinic.scheduling import today
from polyclinic.scheduling.queries import SHOWN_STATUSES, AppointmentFilter, AppointmentRow, list_span
from polyclinic.scheduling.rules.status import next_status
from polyclinic.scheduling.today import VisitAction
from polyclinic.scheduling.vocabulary import STATUS_TITLES, AppointmentStatus

FLAG_TONES = {"emergency": "bad", "absolute": "bad", "local": "caution", "caution": "caution"}
_CHIPS = {AppointmentStatus.STARTED: "in_room", AppointmentStatus.COMPLETED: "done"}
LEGEND = ("booked", "arrived", "in_room", "done", "no_show")


@dataclass(frozen=True)
class Badge:
    """A short mark on a visit."""

    text: str
    tone: str
    icon: str | None = None


@dataclass(frozen=True)
class NextStep:
    """The one tap that takes a visit on."""

    to: str
    label: str


@dataclass(frozen=True)
class CalendarEntry:
    """One visit as the calendar shows it; `status` is the name of its chip."""

    id: UUID
    url: str
    start: str
    title: str
    meta: str
    status: str
    row_version: int
    badges: Sequence[Badge]
    next_step: NextStep | None
    actions: Sequence[VisitAction]


@dataclass(frozen=True)
class CalendarGroup:
    """The visits of one therapist or one day."""

    key: str
    title: str
    meta: str
    entries: Sequence[CalendarEntry]


@dataclass(frozen=True)
class Span:
    """Local days at some clinics, from `first` to `end` (not included); the zones are the clinics'."""

    clinic_id: UUID | None
    zones: Sequence[str]
    first: date
    end: date
    therapist_id: UUID | None = None

    def holds(self, row: AppointmentRow) -> bool:
        """Tell whether a visit starts on one of the days by its own clinic's clock."""
        return self.first <= row.local_start.date() < self.end


def list_visits(actor: Actor, span: Span) -> list[AppointmentRow]:
    """Return the visits of the span, cancelled ones left out; one statement for all clinics and zones."""
    known = span.zones or ["UTC"]
    starts_from = min(zones.start_of_day(span.first, zone) for zone in known)
    starts_before = max(zones.start_of_day(span.end, zone) for zone in known)
    wanted = AppointmentFilter(
        span.clinic_id, span.therapist_id, None, starts_from, starts_before, statuses=SHOWN_STATUSES
    )
    return [row for row in list_span(actor, wanted) if span.holds(row)]


def entries_of(actor: Actor, rows: Sequence[AppointmentRow], *, day: date) -> list[CalendarEntry]:
    """Return the entries of visits with flags and actions; two statements more, whatever the number of visits."""
    flags = _flags(actor, rows, day)
    actions = today.visit_actions(actor, [row.id for row in rows])
    may_write = frozenset(actor.clinics_with("appointments:write"))
    return [
        entry_of(row, flags.get(row.client_id, []), actions.get(row.id, []), may_step=row.clinic_id in may_write)
        for row in rows
    ]


def entry_of(
    row: AppointmentRow, flags: Sequence[FlagRow], actions: Sequence[VisitAction], *, may_step: bool
) -> CalendarEntry:
    """Return one entry."""
    status = AppointmentStatus(row.status)
    to = next_status(status) if may_step else None
    start = f"{row.local_start:%H:%M}"
    end = f"{zones.to_local(row.ends_at, row.time_zone):%H:%M}"
    place = ", ".join(filter(None, (row.therapist_name, row.room_name)))
    return CalendarEntry(
        id=row.id,
        url=f"/appointments/{row.id}",
        start=start,
        title=row.client_name,
        meta=f"{start} to {end} · {row.service_name} · {place}",
        status=chip_of(status),
        row_version=row.row_version,
        badges=badges_of(row, flags),
        next_step=NextStep(to.value, STATUS_TITLES[to]) if to else None,
        actions=actions,
    )


def chip_of(status: AppointmentStatus) -> str:
    """Return the name of the chip that shows a state."""
    return _CHIPS.get(status, status.value)


def badges_of(row: AppointmentRow, flags: Iterable[FlagRow]) -> list[Badge]:
    """Return the marks of a visit: alerts first, then how it was booked."""
    marks = [Badge(flag.label, FLAG_TONES.get(flag.severity, "caution"), "alert-triangle") for flag in flags]
    if row.is_overbooked:
        marks.append(Badge("Overbooked", "bad", "users"))
    if row.is_outside_hours:
        marks.append(Badge("Outside hours", "warn", "clock"))
    return marks


def by_therapist(
    rows: Sequence[AppointmentRow], entries: Sequence[CalendarEntry], therapists: Sequence[tuple[UUID, str]]
) -> list[CalendarGroup]:
    """Return one group per therapist, those without visits too, so that free people are seen."""
    return _grouped(
        rows,
        entries,
        [(str(each), name) for each, name in therapists],
        lambda row: (str(row.therapist_id), row.therapist_name),
    )


def by_day(rows: Sequence[AppointmentRow], entries: Sequence[CalendarEntry], span: Span) -> list[CalendarGroup]:
    """Return one group per local day of the span."""
    days = [span.first + timedelta(days=offset) for offset in range((span.end - span.first).days)]
    return _grouped(
        rows,
        entries,
        [(day.isoformat(), _day_title(day)) for day in days],
        lambda row: (row.local_start.date().isoformat(), _day_title(row.local_start.date())),
    )


def today_at(zone: str | None, now: datetime) -> date:
    """Return the local date at a clinic, in UTC when there is none."""
    return (zones.to_local(now, zone) if zone else now.astimezone(UTC)).date()


def _grouped(
    rows: Sequence[AppointmentRow],
    entries: Sequence[CalendarEntry],
    known: Sequence[tuple[str, str]],
    key_of: Callable[[AppointmentRow], tuple[str, str]],
) -> list[CalendarGroup]:
    titles = dict(known)
    found: dict[str, list[CalendarEntry]] = {key: [] for key in titles}
    for row, entry in zip(rows, entries, strict=True):
        key, title = key_of(row)
        titles.setdefault(key, title)
        found.setdefault(key, []).append(entry)
    return [CalendarGroup(key, titles[key], _count(visits), visits) for key, visits in found.items()]


def _flags(actor: Actor, rows: Sequence[AppointmentRow], day: date) -> Mapping[UUID, Sequence[FlagRow]]:
    if not rows or not actor.can("health-history:read"):
        return {}
    return active_flags(actor, sorted({row.client_id for row in rows}), day)


def _count(visits: Sequence[CalendarEntry]) -> str:
    return "1 visit" if len(visits) == 1 else f"{len(visits)} visits"


def _day_title(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
