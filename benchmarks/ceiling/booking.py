"""Operation e: book a time, with locks in one order, a conflict check under them and the three reservations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from benchmarks.ceiling.access import Caller, Refused
from benchmarks.ceiling.calendar import NAMES, dump
from polyclinic.kit.ids import new_id

WRITE = "appointments:write"
LOOK_BACK = timedelta(minutes=720)

_CONTEXT = """
    SELECT c.name, c.time_zone, c.archived_at, s.name, s.modality, s.duration_minutes, s.buffer_before_minutes,
           s.buffer_after_minutes, s.needs_room, s.archived_at, t.display_name, t.archived_at, k.id,
           btrim(concat(coalesce(nullif(k.preferred_name, ''), k.given_name), ' ', k.family_name)),
           coalesce(k.archived_at IS NOT NULL, false), k.merged_into_id,
           EXISTS (SELECT 1 FROM therapist_clinic w WHERE w.organisation_id = %(organisation_id)s::uuid
                     AND w.therapist_id = %(therapist_id)s::uuid AND w.clinic_id = %(clinic_id)s::uuid),
           (SELECT json_agg(json_build_array(g.valid_from, g.expires_on)) FROM registration g
             WHERE g.organisation_id = %(organisation_id)s::uuid AND g.therapist_id = %(therapist_id)s::uuid
               AND g.modality = s.modality),
           (SELECT json_agg(json_build_array(h.weekday, h.starts_at, h.ends_at, h.valid_from, h.valid_until))
              FROM working_hours h WHERE h.organisation_id = %(organisation_id)s::uuid
               AND h.therapist_id = %(therapist_id)s::uuid AND h.clinic_id = %(clinic_id)s::uuid),
           (SELECT json_agg(json_build_array(o.id, o.name)) FROM
             (SELECT r.id, r.name FROM room r WHERE r.organisation_id = %(organisation_id)s::uuid
                 AND r.clinic_id = %(clinic_id)s::uuid AND r.archived_at IS NULL ORDER BY r.name, r.id) o)
    FROM clinic c
    LEFT JOIN service s ON s.organisation_id = %(organisation_id)s::uuid AND s.id = %(service_id)s::uuid
    LEFT JOIN therapist t ON t.organisation_id = %(organisation_id)s::uuid AND t.id = %(therapist_id)s::uuid
    LEFT JOIN client k ON k.organisation_id = %(organisation_id)s::uuid AND k.id = %(client_id)s::uuid
    WHERE c.organisation_id = %(organisation_id)s::uuid AND c.id = %(clinic_id)s::uuid
"""
_LOCK = "SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) AS key"
_BUSY = """
    SELECT resource_kind, resource_id, starts_at, ends_at, clinic_id, appointment_id FROM reservation
    WHERE organisation_id = %(organisation_id)s::uuid AND resource_id = ANY (%(resource_ids)s::uuid[]) AND active
      AND starts_at > %(earliest)s AND starts_at < %(ends_at)s AND ends_at > %(starts_at)s
      AND (%(without_id)s::uuid IS NULL OR appointment_id IS DISTINCT FROM %(without_id)s::uuid)
    ORDER BY starts_at, id
"""
_INSERT = """
    INSERT INTO appointment (organisation_id, id, clinic_id, client_id, therapist_id, service_id, room_id, starts_at,
           ends_at, time_zone, local_start, buffer_before_minutes, buffer_after_minutes, is_overbooked,
           is_outside_hours, overbook_reason, note)
    VALUES (%(organisation_id)s::uuid, %(id)s::uuid, %(clinic_id)s::uuid, %(client_id)s::uuid, %(therapist_id)s::uuid,
           %(service_id)s::uuid, %(room_id)s::uuid, %(starts_at)s, %(ends_at)s, %(time_zone)s, %(local_start)s,
           %(before)s, %(after)s, false, false, NULL, %(note)s)
"""
_RESERVE = """
    INSERT INTO reservation (organisation_id, id, resource_kind, resource_id, clinic_id, appointment_id, starts_at,
           ends_at, overbooked)
    VALUES (%(organisation_id)s::uuid, %(id_0)s::uuid, 'therapist', %(therapist_id)s::uuid, %(clinic_id)s::uuid,
            %(id)s::uuid, %(kept_from)s, %(kept_until)s, false),
           (%(organisation_id)s::uuid, %(id_1)s::uuid, 'room', %(room_id)s::uuid, %(clinic_id)s::uuid,
            %(id)s::uuid, %(kept_from)s, %(kept_until)s, false),
           (%(organisation_id)s::uuid, %(id_2)s::uuid, 'client', %(client_id)s::uuid, %(clinic_id)s::uuid,
            %(id)s::uuid, %(starts_at)s, %(ends_at)s, false)
"""
_LINK = """
    INSERT INTO client_clinic (organisation_id, id, client_id, clinic_id)
    SELECT organisation_id, %(link_id)s::uuid, id, %(clinic_id)s::uuid FROM client
     WHERE organisation_id = %(organisation_id)s::uuid AND id = %(client_id)s::uuid
    ON CONFLICT ON CONSTRAINT uq_client_clinic DO NOTHING RETURNING id
"""


def book(caller: Caller, raw: bytes) -> tuple[str, bytes, dict[str, str]]:
    """Answer `POST /appointments`; raises `Refused` for a time that cannot be had."""
    body = orjson.loads(raw)
    if body["clinic_id"] not in caller.clinics_with(WRITE):
        raise Refused("404 Not Found")
    ids = {name: body[name] for name in ("clinic_id", "client_id", "therapist_id", "service_id")}
    scope = {"organisation_id": caller.organisation_id, **ids}
    found = caller.transaction.row(_CONTEXT, scope)
    if found is None or found[3] is None or found[10] is None or found[12] is None:
        raise Refused("404 Not Found")
    clinic, zone, _, service, modality, minutes, before, after, _, _, therapist, _, _, client, *_ = found
    starts_at = datetime.fromisoformat(body["starts_at"]).astimezone(UTC)
    ends_at = starts_at + timedelta(minutes=minutes)
    kept = starts_at - timedelta(minutes=before), ends_at + timedelta(minutes=after)
    local_start = starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    _check_standing(found, local_start, ends_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
    room_id, room = _place(caller, scope, found[19] or [], kept)
    values = scope | {
        "id": body.get("id") or str(new_id()),
        "room_id": room_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "time_zone": zone,
        "local_start": local_start,
        "before": before,
        "after": after,
        "note": body.get("note", ""),
    }
    _write(caller, values, kept)
    row = (
        *(values["id"], ids["clinic_id"], clinic, ids["client_id"], client, ids["therapist_id"], therapist),
        *(ids["service_id"], service, modality, room_id, room, starts_at, ends_at, zone, local_start, "booked"),
        *(False, False, 1),
    )
    headers = {"Location": f"/api/v1/appointments/{values['id']}", "ETag": '"1"'}
    return "201 Created", dump(dict(zip(NAMES, row, strict=True))), headers


def _check_standing(found: tuple[Any, ...], start: datetime, end: datetime) -> None:
    """Refuse the past, what is archived, foreign therapists, missing registrations and closed hours."""
    archived = found[2] or found[9] or found[11] or found[14] or found[15]
    day = start.date()
    registered = found[4] is None or any(_holds(first, last, day) for first, last in found[17] or [])
    is_open = any(
        weekday == day.weekday()
        and time.fromisoformat(opens) <= start.time()
        and end.time() <= time.fromisoformat(closes)
        and _holds(first, last, day)
        for weekday, opens, closes, first, last in found[18] or []
    )
    if archived or not found[16] or not registered or not is_open or day < datetime.now(UTC).date():
        raise Refused("409 Conflict")


def _holds(first: str, last: str | None, day: date) -> bool:
    return date.fromisoformat(first) <= day and (last is None or day <= date.fromisoformat(last))


def _place(
    caller: Caller, scope: Mapping[str, str], rooms: Sequence[tuple[str, str]], kept: tuple[datetime, datetime]
) -> tuple[str, str]:
    """Lock everything concerned and return the first free room; raises `Refused` when somebody is busy."""
    people = [scope["therapist_id"], scope["client_id"]]
    resources = [*people, *(room_id for room_id, _ in rooms)]
    organisation = UUID(caller.organisation_id).bytes
    caller.transaction.run(_LOCK, {"keys": sorted(_key(organisation, resource) for resource in resources)})
    values = {
        "organisation_id": caller.organisation_id,
        "resource_ids": resources,
        "earliest": kept[0] - LOOK_BACK,
        "starts_at": kept[0],
        "ends_at": kept[1],
        "without_id": None,
    }
    busy = {row[1] for row in caller.transaction.rows(_BUSY, values)}
    free = [(room_id, name) for room_id, name in rooms if room_id not in busy]
    if busy.intersection(people) or not free:
        raise Refused("409 Conflict")
    return free[0]


def _key(organisation: bytes, resource: str) -> int:
    digest = hashlib.blake2b(organisation + UUID(resource).bytes, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _write(caller: Caller, values: dict[str, Any], kept: tuple[datetime, datetime]) -> None:
    caller.transaction.run(_INSERT, values)
    own = {"id_0": str(new_id()), "id_1": str(new_id()), "id_2": str(new_id())}
    caller.transaction.run(_RESERVE, values | own | {"kept_from": kept[0], "kept_until": kept[1]})
    clinic_id = values["clinic_id"]
    if caller.transaction.row(_LINK, values | {"link_id": str(new_id())}):
        caller.audit("client.linked_to_clinic", ("client", values["client_id"], clinic_id), {})
    detail = {"is_overbooked": False, "is_outside_hours": False}
    caller.audit("appointment.booked", ("appointment", values["id"], clinic_id), detail)
