"""Operation f: open and sign a treatment record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from benchmarks.ceiling import record_sql as sql
from benchmarks.ceiling import sections as section_work
from benchmarks.ceiling.access import Caller, Refused
from benchmarks.ceiling.calendar import dump
from benchmarks.ceiling.client_file import ONE, RECORDS, SEE_GRANTS
from polyclinic.kit.ids import new_id

APPOINTMENTS, CLIENTS, THERAPISTS = "appointments:read", "clients:read", "therapists:read"
WRITE, SIGN, HEALTH = "treatment-records:write", "treatment-records:sign", "health-history:read"
LATE_AFTER = timedelta(hours=24)
ENVELOPE = (
    *("id", "clinic_id", "client_id", "therapist_id", "author_member_id", "appointment_id", "service_name", "modality"),
    *("privacy", "service_at", "service_ends_at", "time_zone", "row_version", "latest_version", "sections"),
    *("based_on_version", "carried_from_record_id", "updated_at"),
)
_HIDDEN = ("author_member_id", "latest_version", "sections", "based_on_version", "carried_from_record_id", "updated_at")

Answer = tuple[str, bytes, dict[str, str]]


def open_record(caller: Caller, raw: bytes) -> Answer:
    """Answer `POST /treatment-records`; raises `Refused`."""
    body, run = orjson.loads(raw), caller.transaction
    scope = {"organisation_id": caller.organisation_id, "member_id": caller.member_id}
    scope["appointment_id"] = body["appointment_id"]
    visit = run.row(sql.APPOINTMENT, scope | {"clinic_ids": caller.clinics_with(APPOINTMENTS)})
    if visit is None or visit[16] in {"cancelled", "no_show"} or visit[1] not in caller.clinics_with(WRITE):
        raise Refused("404 Not Found")
    run.run(SEE_GRANTS, {"member_id": caller.member_id})
    if run.row(sql.FIND, scope | {"clinic_ids": caller.clinics_with(RECORDS)}):
        raise Refused("409 Conflict")
    enabled = {plugin for plugin, _, state, _, _ in run.rows(sql.ENABLEMENT, scope) if state == "enabled"}
    by_id = {"clinic_ids": caller.clinics_with(THERAPISTS), "therapist_id": visit[5]}
    therapist = run.row(sql.THERAPIST, scope | by_id)
    sections = section_work.load(body["sections"], enabled)
    now = datetime.now(UTC)
    record_id = body.get("id") or str(new_id())
    values = {
        **scope,
        "id": record_id,
        "draft_id": str(new_id()),
        "clinic_id": visit[1],
        "client_id": visit[3],
        "therapist_id": visit[5],
        "author_member_id": therapist[1] if therapist else None,
        "service_name": visit[8],
        "modality": visit[9],
        "privacy": "clinic",
        "service_at": visit[12],
        "service_ends_at": visit[13],
        "time_zone": visit[14],
        "now": now,
        "sections": orjson.dumps(sections).decode(),
    }
    if run.row(sql.OPEN, values) is None:
        raise Refused("409 Conflict")
    subject = ("treatment_record", record_id, visit[1])
    caller.audit("treatment_record.opened", subject, {"appointment_id": body["appointment_id"]})
    record = _record(caller, record_id, WRITE)
    headers = {"Location": f"/api/v1/treatment-records/{record_id}", "ETag": f'"{record["row_version"]}"'}
    return "201 Created", dump(_shown(record)), headers


def sign(caller: Caller, record_id: str, row_version: int, raw: bytes) -> Answer:
    """Answer `POST /treatment-records/<id>/sign`; raises `Refused`."""
    body, run = orjson.loads(raw), caller.transaction
    run.run(sql.LOCK, {"record_id": record_id})
    run.run(SEE_GRANTS, {"member_id": caller.member_id})
    record = _record(caller, record_id, SIGN)
    now = datetime.now(UTC)
    is_late = now - record["service_at"] > LATE_AFTER
    if (
        record["sections"] is None
        or record["row_version"] != row_version
        or (is_late and len(body["late_reason"]) < 10)
    ):
        raise Refused("409 Conflict")
    therapist, registration = _facts(caller, record)
    sealed, measured = section_work.seal(run, caller.organisation_id, record["sections"])
    version = {
        "record_id": record_id,
        "version": 1,
        "kind": "signed",
        "reason": "",
        "outcome": "treated",
        "is_chronic": None,
        "carried_from_record_id": record["carried_from_record_id"],
        "service_at": record["service_at"],
        "service_ends_at": record["service_ends_at"],
        "time_zone": record["time_zone"],
        "service_name": record["service_name"],
        "recorded_at": now,
        "is_late": is_late,
        "late_reason": body["late_reason"] if is_late else "",
        "signed_by": caller.member_id,
        "author_name": therapist[2],
        "author_registration": registration,
        "findings": [],
        "override_reason": "",
        "summary": "\n".join(section["summary"] for section in sealed if section["summary"]),
    }
    owners = {name: record[name] for name in ("clinic_id", "client_id", "therapist_id")}
    signed = version | owners | {"organisation_id": caller.organisation_id}
    version["content_sha256"] = section_work.content_hash(signed, sealed, measured)
    _store(caller, signed | {"content_sha256": version["content_sha256"]}, sealed, measured)
    detail = {"version": 1, "content_sha256": version["content_sha256"]}
    caller.audit("treatment_record.signed", ("treatment_record", record_id, record["clinic_id"]), detail)
    return "200 OK", dump(version | {"sections": sealed}), {"ETag": f'"{row_version + 1}"'}


def _record(caller: Caller, record_id: str, permission: str) -> dict[str, Any]:
    values = {
        "organisation_id": caller.organisation_id,
        "clinic_ids": caller.clinics_with(permission),
        "member_id": caller.member_id,
        "record_id": record_id,
    }
    row = caller.transaction.row(sql.RECORD, values)
    if row is None:
        raise Refused("404 Not Found")
    return dict(zip(ENVELOPE, row, strict=True))


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    draft = {name: record[name] for name in ("row_version", "sections", "based_on_version", "carried_from_record_id")}
    draft |= {"record_id": record["id"], "is_chronic": None, "updated_at": record["updated_at"], "warnings": []}
    shown = {name: value for name, value in record.items() if name not in _HIDDEN}
    return shown | {"state": "draft", "is_chronic": None, "draft": draft, "newest_version": None}


def _facts(caller: Caller, record: dict[str, Any]) -> tuple[tuple[Any, ...], str]:
    """Read what the checks look at; refuse when it speaks against signing. Returns therapist row and registration."""
    run, client_id = caller.transaction, record["client_id"]
    scope = {"organisation_id": caller.organisation_id, "client_id": client_id, "client_ids": [client_id]}
    own = run.row(sql.OWN_THERAPIST, scope | {"clinic_ids": caller.clinics_with(SIGN), "member_id": caller.member_id})
    if own is None or own[0] != record["therapist_id"]:
        raise Refused("403 Forbidden")
    run.rows(sql.ENABLEMENT, scope)
    client = run.row(ONE, scope | {"clinic_ids": caller.clinics_with(CLIENTS)})
    health = scope | {"clinic_ids": caller.clinics_with(HEALTH)}
    known = run.rows(sql.KNOWN, health)
    flags = run.rows(sql.FLAGS, health)
    caller.audit("health_history.read", ("health_history", client_id, None), {})
    registrations = run.rows(sql.REGISTRATIONS, scope | {"therapist_ids": [record["therapist_id"]]})
    on = record["service_at"].date()
    valid = [r[3] for r in registrations if r[4] == record["modality"] and r[5] <= on and (r[6] is None or on <= r[6])]
    if client is None or not known or flags or (record["modality"] and not valid):
        raise Refused("409 Conflict")
    return own, valid[0] if valid else ""


def _store(
    caller: Caller, signed: dict[str, Any], sealed: list[dict[str, Any]], measured: list[dict[str, Any]]
) -> None:
    part = {name: signed[name] for name in sql.PART_NAMES}
    numbered = {"service_at": signed["service_at"]}
    values = {
        "organisation_id": caller.organisation_id,
        "record_id": signed["record_id"],
        "row_version": 1,
        "now": signed["recorded_at"],
        "versions": _rows([signed | {"id": str(new_id())}]),
        "sections": _rows([part | _place(n) | row for n, row in enumerate(sealed, start=1)]),
        "measurements": _rows([part | _place(n) | row | numbered for n, row in enumerate(measured, start=1)]),
        "schemas": "[]",
    }
    if caller.transaction.row(sql.STORE, values) is None:
        raise Refused("409 Conflict")


def _place(position: int) -> dict[str, Any]:
    return {"id": str(new_id()), "position": position}


def _rows(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
