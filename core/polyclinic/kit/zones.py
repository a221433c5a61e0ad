"""Wall time and instants: IANA zones from the pinned `tzdata`, never the system's files."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache


class LocalTimeError(ValueError):
    """A wall time that names no single instant; `suggestion` is a wall time that does, if one is near."""

    def __init__(self, message: str, *, code: str, suggestion: datetime | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.suggestion = suggestion


def use_pinned_zones() -> None:
    """Make every zone come from the `tzdata` distribution (system data differs between machines)."""
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return every IANA zone name that the pinned data knows."""
    return frozenset(zoneinfo.available_timezones())


def is_zone(name: str) -> bool:
    """Tell whether `name` is a known IANA zone."""
    return name in zone_names()


def to_instant(local: datetime, zone: str, *, fold: int | None = None) -> datetime:
    """Return the UTC instant of a naive wall time.

    Raises `LocalTimeError` with code `time_in_gap` when clocks skip it (the suggestion is the first valid wall time)
    and `time_ambiguous` when it happens twice and `fold` (0 first, 1 second) was not given.
    """
    if local.tzinfo is not None:
        raise ValueError("a wall time carries no offset")
    info = zoneinfo.ZoneInfo(zone)
    first, second = local.replace(tzinfo=info, fold=0), local.replace(tzinfo=info, fold=1)
    first_utc, second_utc = first.astimezone(UTC), second.astimezone(UTC)
    if first_utc.astimezone(info).replace(tzinfo=None) != local:
        # In a gap the round trip shifts the wall time by the gap's width.
        suggestion = _end_of_gap(local, info)
        raise LocalTimeError(
            f"{local:%H:%M} does not exist on {local:%d %B %Y} in {zone}: the clocks go forward. "
            f"The next valid time is {suggestion:%H:%M}.",
            code="time_in_gap",
            suggestion=suggestion,
        )
    if first_utc != second_utc and fold is None:
        raise LocalTimeError(
            f"{local:%H:%M} happens twice on {local:%d %B %Y} in {zone}: the clocks go back. "
            "Choose the first or the second.",
            code="time_ambiguous",
            suggestion=local,
        )
    return second_utc if fold == 1 else first_utc


def to_local(instant: datetime, zone: str) -> datetime:
    """Return `instant` as an aware wall time of `zone`."""
    return instant.astimezone(zoneinfo.ZoneInfo(zone))


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the instants at which the local `day` starts and ends, half-open."""
    return start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)


def start_of_day(day: date, zone: str) -> datetime:
    """Return the first instant of the local `day`, also where midnight falls into a gap."""
    info = zoneinfo.ZoneInfo(zone)
    midnight = datetime.combine(day, time())
    candidate = midnight.replace(tzinfo=info).astimezone(UTC)
    if candidate.astimezone(info).replace(tzinfo=None) == midnight:
        return candidate
    return _end_of_gap(midnight, info).replace(tzinfo=info).astimezone(UTC)


def _end_of_gap(local: datetime, info: zoneinfo.ZoneInfo) -> datetime:
    before = local.replace(tzinfo=info, fold=1).utcoffset() or timedelta()
    after = local.replace(tzinfo=info, fold=0).utcoffset() or timedelta()
    width = abs(after - before)
    probe = local - width
    while probe.replace(tzinfo=info).astimezone(UTC).astimezone(info).replace(tzinfo=None) == probe:
        probe += timedelta(minutes=1)
    return probe + width
