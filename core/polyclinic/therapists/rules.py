"""Pure decisions about registrations and weekly hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from polyclinic.therapists.rows import HoursSpan, RegistrationRow, RegistrationState
from polyclinic.therapists.vocabulary import EXPIRY_WARNING_DAYS, RegistrationStatus


@dataclass(frozen=True)
class Window:
    """A half-open span of one day's wall time."""

    starts_at: time
    ends_at: time


@dataclass(frozen=True)
class HoursProblem:
    """Why the hours at `index` of a list cannot be kept."""

    index: int
    detail: str


def registration_state(registrations: Iterable[RegistrationRow], modality: str | None, on: date) -> RegistrationState:
    """Return whether `modality` (None = any) may be practised on a day; the longest valid registration speaks.

    A registration holds from `valid_from` to `expires_on`, both included; one that starts later counts as missing.
    """
    known = [r for r in registrations if modality is None or r.modality == modality]
    valid = [r for r in known if r.valid_from <= on and (r.expires_on is None or on <= r.expires_on)]
    if valid:
        return _state(RegistrationStatus.VALID, max(valid, key=_last_day))
    expired = [r for r in known if r.expires_on is not None and r.expires_on < on]
    if expired:
        return _state(RegistrationStatus.EXPIRED, max(expired, key=_last_day))
    return RegistrationState(RegistrationStatus.MISSING)


def expires_soon(state: RegistrationState, on: date) -> bool:
    """Tell whether a valid registration ends within the next 60 days."""
    is_valid = state.status is RegistrationStatus.VALID and state.expires_on is not None
    return is_valid and state.expires_on <= on + timedelta(days=EXPIRY_WARNING_DAYS)  # type: ignore[operator]


def holds_on(hours: HoursSpan, day: date) -> bool:
    """Tell whether weekly hours count on a day."""
    is_begun = hours.valid_from <= day
    return hours.weekday == day.weekday() and is_begun and (hours.valid_until is None or day <= hours.valid_until)


def windows_of_day(hours: Iterable[HoursSpan], day: date) -> list[Window]:
    """Return the working time of a day in order; touching and overlapping hours become one window."""
    merged: list[Window] = []
    for span in sorted((h for h in hours if holds_on(h, day)), key=lambda h: (h.starts_at, h.ends_at)):
        if merged and span.starts_at <= merged[-1].ends_at:
            merged[-1] = Window(merged[-1].starts_at, max(merged[-1].ends_at, span.ends_at))
        else:
            merged.append(Window(span.starts_at, span.ends_at))
    return merged


def free_windows(working: Iterable[Window], busy: Iterable[Window]) -> list[Window]:
    """Return what is left of a day's working time when the busy spans are taken out."""
    taken = sorted(busy, key=lambda window: window.starts_at)
    return [free for window in working for free in _left_over(window, taken)]


def hours_problems(hours: Sequence[HoursSpan], elsewhere: Sequence[HoursSpan] = ()) -> list[HoursProblem]:
    """Return why weekly hours at one clinic cannot be kept; `elsewhere` are the same therapist's other hours."""
    problems = []
    for index, span in enumerate(hours):
        detail = _fault(span) or _clash(span, hours[:index], elsewhere)
        if detail:
            problems.append(HoursProblem(index, detail))
    return problems


def _fault(span: HoursSpan) -> str | None:
    if not 0 <= span.weekday <= 6:
        return "Give the weekday as 0 (Monday) to 6 (Sunday)."
    if any(moment.second or moment.microsecond or moment.tzinfo for moment in (span.starts_at, span.ends_at)):
        return "Give times in whole minutes of the clinic's wall time, for example 09:30."
    if span.starts_at >= span.ends_at:
        return "The hours must end after they start, on the same day."
    if span.valid_until is not None and span.valid_until < span.valid_from:
        return "The last day must not lie before the first."
    return None


def _clash(span: HoursSpan, earlier: Sequence[HoursSpan], elsewhere: Sequence[HoursSpan]) -> str | None:
    for other in earlier:
        if _overlap(span, other):
            return f"These hours overlap {other.starts_at:%H:%M} to {other.ends_at:%H:%M} of the same weekday."
    for other in elsewhere:
        if _overlap(span, other):
            return (
                f"The therapist already works from {other.starts_at:%H:%M} to {other.ends_at:%H:%M} "
                "at another clinic on this weekday."
            )
    return None


def _overlap(one: HoursSpan, other: HoursSpan) -> bool:
    share_days = one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (one.valid_until or date.max)
    share_time = one.starts_at < other.ends_at and other.starts_at < one.ends_at
    return one.weekday == other.weekday and share_days and share_time


def _left_over(window: Window, taken: Sequence[Window]) -> list[Window]:
    free, starts_at = [], window.starts_at
    for busy in taken:
        if busy.ends_at <= starts_at or busy.starts_at >= window.ends_at:
            continue
        if busy.starts_at > starts_at:
            free.append(Window(starts_at, busy.starts_at))
        starts_at = busy.ends_at
    if starts_at < window.ends_at:
        free.append(Window(starts_at, window.ends_at))
    return free


def _last_day(registration: RegistrationRow) -> date:
    return registration.expires_on or date.max


def _state(status: RegistrationStatus, row: RegistrationRow) -> RegistrationState:
    return RegistrationState(status, row.number, row.expires_on, row.id)
