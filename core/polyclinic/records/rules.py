"""Pure decisions about treatment records."""

from __future__ import annotations

import calendar
from datetime import date, datetime

from polyclinic.records.vocabulary import CHRONIC_MONTHS, LATE_AFTER, MIN_REASON, RecordState


def is_chronic(onset_on: date | None, visit_on: date) -> bool | None:
    """Tell whether a complaint is chronic on the day of the visit: 3 calendar months or more; None = onset unknown.

    Source: the definition of chronic pain as pain that lasts three months or longer.
    """
    if onset_on is None or onset_on > visit_on:
        return None
    return add_months(onset_on, CHRONIC_MONTHS) <= visit_on


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_late(service_at: datetime, recorded_at: datetime) -> bool:
    """Tell whether a record signed at `recorded_at` is a late entry (more than 24 h after the visit began)."""
    return recorded_at - service_at > LATE_AFTER


def is_reason(text: str | None) -> bool:
    """Tell whether a text says enough to be a reason."""
    return len((text or "").strip()) >= MIN_REASON


def state_of(latest_version: int | None) -> RecordState:
    """Return the state that follows from the newest signed version; an open amendment leaves a record signed."""
    if latest_version is None:
        return RecordState.DRAFT
    return RecordState.SIGNED if latest_version == 1 else RecordState.AMENDED
