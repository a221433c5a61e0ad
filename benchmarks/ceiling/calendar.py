"""Operations a and b: a therapist's day and a clinic's week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from benchmarks.ceiling.access import Caller

READ = "appointments:read"
STATUSES = ["booked", "confirmed", "arrived", "started", "completed", "cancelled", "no_show"]
SHOWN = [status for status in STATUSES if status != "cancelled"]
FIRST_ID = "00000000-0000-0000-0000-000000000000"
LIMIT = 50
MAX_WEEK_ROWS = 2_000

COLUMNS_AND_JOINS = """
    SELECT a.id, a.clinic_id, c.name, a.client_id,
           btrim(concat(coalesce(nullif(k.preferred_name, ''), k.given_name), ' ', k.family_name)), a.therapist_id,
           t.display_name,
           a.service_id, s.name, s.modality, a.room_id, r.name, a.starts_at, a.ends_at, a.time_zone, a.local_start,
           a.status, a.is_overbooked, a.is_outside_hours, a.row_version
    FROM appointment a
    JOIN clinic c ON c.organisation_id = a.organisation_id AND c.id = a.clinic_id
    JOIN client k ON k.organisation_id = a.organisation_id AND k.id = a.client_id
    JOIN therapist t ON t.organisation_id = a.organisation_id AND t.id = a.therapist_id
    JOIN service s ON s.organisation_id = a.organisation_id AND s.id = a.service_id
    LEFT JOIN room r ON r.organisation_id = a.organisation_id AND r.id = a.room_id
"""
_SELECT = f"""
    {COLUMNS_AND_JOINS}
    WHERE a.organisation_id = %(organisation_id)s::uuid AND a.clinic_id = ANY (%(clinic_ids)s::uuid[])
      AND (a.starts_at, a.id) > (%(after_at)s, %(after_id)s::uuid) AND a.starts_at < %(before)s
      AND a.status = ANY (%(statuses)s::text[]) AND
"""
_ORDER = "ORDER BY a.starts_at, a.id LIMIT %(limit)s"
_DAY = f"{_SELECT} a.therapist_id = %(therapist_id)s::uuid {_ORDER}"
_WEEK = f"{_SELECT} a.clinic_id = %(clinic_id)s::uuid {_ORDER}"
_ZONE = """
    SELECT time_zone FROM clinic
    WHERE organisation_id = %(organisation_id)s::uuid AND id = ANY (%(clinic_ids)s::uuid[]) AND id = %(clinic_id)s::uuid
"""
NAMES = (
    *("id", "clinic_id", "clinic_name", "client_id", "client_name", "therapist_id", "therapist_name", "service_id"),
    *("service_name", "service_modality", "room_id", "room_name", "starts_at", "ends_at", "time_zone", "local_start"),
    *("status", "is_overbooked", "is_outside_hours", "row_version"),
)


def show_day(caller: Caller, query: Mapping[str, str]) -> bytes:
    """Answer `GET /appointments` of one therapist between two instants."""
    values = {
        "organisation_id": caller.organisation_id,
        "clinic_ids": caller.clinics_with(READ),
        "therapist_id": query["therapist_id"],
        "after_at": datetime.fromisoformat(query["starts_at[gte]"]),
        "after_id": FIRST_ID,
        "before": datetime.fromisoformat(query["starts_at[lt]"]),
        "statuses": STATUSES,
        "limit": LIMIT + 1,
    }
    rows = caller.transaction.rows(_DAY, values)
    return dump({"data": [dict(zip(NAMES, row, strict=True)) for row in rows], "next_cursor": None})


def show_week(caller: Caller, query: Mapping[str, str]) -> bytes:
    """Answer `GET /appointments/week` of one clinic."""
    clinic_id, first = query["clinic_id"], date.fromisoformat(query["first_day"])
    clinics = caller.clinics_with(READ)
    scope = {"organisation_id": caller.organisation_id, "clinic_id": clinic_id}
    found = caller.transaction.row(_ZONE, scope | {"clinic_ids": [c for c in clinics if c == clinic_id]})
    zone = ZoneInfo(found[0] if found else "UTC")
    values: dict[str, Any] = {
        **scope,
        "clinic_ids": [clinic_id],
        "after_at": _start(first, zone),
        "after_id": FIRST_ID,
        "before": _start(first + timedelta(days=7), zone),
        "statuses": SHOWN,
        "limit": MAX_WEEK_ROWS,
    }
    rows = caller.transaction.rows(_WEEK, values)
    return dump({"data": [dict(zip(NAMES, row, strict=True)) for row in rows]})


def dump(value: Any) -> bytes:
    """Return JSON with instants in UTC, written with Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
