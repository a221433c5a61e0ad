"""Operations c and d: search clients, show one, list the newest records."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from benchmarks.ceiling.access import Caller, Refused
from benchmarks.ceiling.calendar import dump

CLIENTS, RECORDS = "clients:read", "treatment-records:read"
_KNOWN_AT = """
    array(SELECT n.clinic_id FROM client_clinic n WHERE n.organisation_id = k.organisation_id AND n.client_id = k.id
             AND n.clinic_id = ANY (%(clinic_ids)s::uuid[]) ORDER BY n.clinic_id)
"""
_SEARCH = f"""
    SELECT k.id, k.given_name, k.family_name, k.preferred_name, k.birth_on, k.email, k.phone, k.archived_at,
           k.row_version, {_KNOWN_AT}
    FROM client k JOIN search_client(%(organisation_id)s::uuid, %(patterns)s::text[], NULL::text, NULL::uuid, 'no',
                                     NULL::uuid, %(limit)s) AS found ON found.client_id = k.id
    WHERE k.organisation_id = %(organisation_id)s::uuid ORDER BY k.sort_name, k.id
"""
_LISTED = (
    "id",
    "given_name",
    "family_name",
    "preferred_name",
    "birth_on",
    "email",
    "phone",
    "archived_at",
    "row_version",
)
CONTACT = (
    *("id", "given_name", "family_name", "preferred_name", "pronouns", "gender_identity", "birth_on", "email", "phone"),
    *("street", "postal_code", "city", "country", "language", "time_zone", "reminder_channel", "aftercare_channel"),
    *("marketing_channel", "merged_into_id", "archived_at", "erased_at", "row_version"),
)
ONE = f"""
    SELECT {", ".join(f"k.{name}" for name in CONTACT)}, {_KNOWN_AT}
    FROM client k WHERE k.organisation_id = %(organisation_id)s::uuid AND k.id = %(client_id)s::uuid
"""
SEE_GRANTS = "SELECT set_config('app.member_id', %(member_id)s, true)"
VISIBLE = """
    (r.privacy IN ('clinic', 'organisation') AND r.clinic_id = ANY (%(clinic_ids)s::uuid[])
     OR r.privacy = 'organisation' OR r.author_member_id = %(member_id)s::uuid
     OR EXISTS (SELECT * FROM treatment_record_grant g
                WHERE g.organisation_id = r.organisation_id AND g.record_id = r.id AND g.member_id = %(member_id)s::uuid
                  AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())))
"""
_NEWEST = f"""
    SELECT r.id, r.clinic_id, r.client_id, r.therapist_id, r.appointment_id, r.service_name, r.privacy, r.service_at,
           r.time_zone, coalesce(d.row_version, r.row_version), d.id IS NOT NULL, v.version, v.recorded_at, v.is_late,
           v.is_chronic, v.outcome, v.author_name, v.summary, v.content_sha256
    FROM treatment_record r
    LEFT JOIN treatment_record_draft d ON d.organisation_id = r.organisation_id AND d.record_id = r.id
    LEFT JOIN LATERAL (SELECT * FROM treatment_record_version v
                        WHERE v.organisation_id = r.organisation_id AND v.record_id = r.id
                        ORDER BY v.version DESC LIMIT 1) v ON true
    WHERE r.organisation_id = %(organisation_id)s::uuid AND {VISIBLE} AND r.client_id = %(client_id)s::uuid
    ORDER BY r.service_at DESC, r.id DESC LIMIT %(limit)s
"""
_RECORD = (
    *("id", "clinic_id", "client_id", "therapist_id", "appointment_id", "service_name", "privacy", "service_at"),
    *("time_zone", "row_version", "has_draft", "version", "recorded_at", "is_late", "is_chronic", "outcome"),
    *("author_name", "summary", "content_sha256"),
)


def search(caller: Caller, query: Mapping[str, str]) -> bytes:
    """Answer `GET /clients` for one word."""
    limit = int(query["limit"])
    values = {
        "organisation_id": caller.organisation_id,
        "clinic_ids": caller.clinics_with(CLIENTS),
        "patterns": [f"%{query['q']}%"],
        "limit": limit + 1,
    }
    rows = caller.transaction.rows(_SEARCH, values)
    data = [_with_name(dict(zip((*_LISTED, "clinic_ids"), row, strict=True))) for row in rows[:limit]]
    last = [["u", rows[limit - 1][0]]] if len(rows) > limit else None
    return dump({"data": data, "next_cursor": _cursor(last)})


def show(caller: Caller, client_id: str) -> tuple[bytes, int]:
    """Answer `GET /clients/<id>`."""
    values = {"organisation_id": caller.organisation_id, "clinic_ids": caller.clinics_with(CLIENTS)}
    row = caller.transaction.row(ONE, values | {"client_id": client_id})
    if row is None:
        raise Refused("404 Not Found")
    shown = _with_name(dict(zip((*CONTACT, "clinic_ids"), row, strict=True)))
    del shown["merged_into_id"]
    return dump(shown), shown["row_version"]


def list_records(caller: Caller, query: Mapping[str, str]) -> bytes:
    """Answer `GET /treatment-records` of one client; the ids shown are audited."""
    limit = int(query["limit"])
    caller.transaction.run(SEE_GRANTS, {"member_id": caller.member_id})
    values = {
        "organisation_id": caller.organisation_id,
        "clinic_ids": caller.clinics_with(RECORDS),
        "member_id": caller.member_id,
        "client_id": query["client_id"],
        "limit": limit + 1,
    }
    rows = caller.transaction.rows(_NEWEST, values)
    data = [dict(zip(_RECORD, row, strict=True)) for row in rows[:limit]]
    for each in data:
        each["state"] = "draft" if each["version"] is None else "signed" if each["version"] == 1 else "amended"
    if len(data) == 1:
        caller.audit("treatment_record.read", ("treatment_record", data[0]["id"], None), {})
    elif data:
        ids = [each["id"] for each in data]
        caller.audit("treatment_record.listed", ("treatment_record", None, None), {"ids": ids})
    last = rows[limit - 1] if len(rows) > limit else None
    key = [["t", last[7].isoformat()], ["u", last[0]]] if last else None
    return dump({"data": data, "next_cursor": _cursor(key)})


def _with_name(client: dict[str, Any]) -> dict[str, Any]:
    client["display_name"] = f"{client['preferred_name'] or client['given_name']} {client['family_name']}".strip()
    return client


def _cursor(key: list[list[str]] | None) -> str | None:
    return None if key is None else base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()
