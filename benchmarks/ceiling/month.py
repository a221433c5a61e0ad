"""Operation g: every clinic's month, added up from the daily roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from benchmarks.ceiling.access import Caller, Refused
from benchmarks.ceiling.calendar import dump

READ = "reporting.reports:read"
PERMISSIONS = {
    "core.booked": "appointments:read",
    "core.records_signed": "treatment-records:read",
    "billing.revenue": "billing.invoices:read",
}
_SWITCHES = """
    SELECT plugin_id, clinic_id, state, granted_scopes, role_permissions FROM plugin_enablement
    WHERE organisation_id = %(organisation_id)s::uuid ORDER BY plugin_id, clinic_id
"""
_ROLES = """
    SELECT role, clinic_id FROM role_assignment
    WHERE organisation_id = %(organisation_id)s::uuid AND member_id = %(member_id)s::uuid
"""
_MONTH = """
    SELECT c.id, c.name, s.figure_key, s.currency, s.value FROM clinic c
    LEFT JOIN (
        SELECT r.clinic_id, r.figure_key, r.currency, sum(r.value)::bigint AS value
        FROM plugin_reporting.daily_rollup r
        WHERE r.organisation_id = %(organisation_id)s::uuid AND r.figure_key = ANY (%(keys)s::text[])
          AND r.day BETWEEN %(first_on)s AND %(last_on)s AND r.clinic_id = ANY (%(clinic_ids)s::uuid[])
        GROUP BY r.clinic_id, r.figure_key, r.currency
    ) s ON s.clinic_id = c.id
    WHERE c.organisation_id = %(organisation_id)s::uuid AND c.id = ANY (%(clinic_ids)s::uuid[])
    ORDER BY c.name, c.id, s.figure_key, s.currency
"""


def show_month(caller: Caller, query: Mapping[str, str]) -> bytes:
    """Answer `GET /ext/reporting/month`; raises `Refused` without the permissions."""
    keys = query["figures"].split(",")
    clinics = _clinics(caller, [READ, *(PERMISSIONS[key] for key in keys)])
    first_on = date.fromisoformat(f"{query['month']}-01")
    values: dict[str, Any] = {
        "organisation_id": caller.organisation_id,
        "keys": keys,
        "first_on": first_on,
        "last_on": (first_on + timedelta(days=32)).replace(day=1) - timedelta(days=1),
        "clinic_ids": clinics,
    }
    found: list[dict[str, Any]] = []
    for clinic_id, name, key, currency, value in caller.transaction.rows(_MONTH, values):
        if not found or found[-1]["clinic_id"] != clinic_id:
            found.append({"clinic_id": clinic_id, "clinic_name": name, "figures": []})
        if key is not None:
            found[-1]["figures"].append({"key": key, "currency": currency, "value": value})
    return dump({"data": found})


def _clinics(caller: Caller, permissions: list[str]) -> list[str]:
    """Return the clinics where the caller holds all permissions, those of plugins by what the plugins were given."""
    scope = {"organisation_id": caller.organisation_id, "member_id": caller.member_id}
    roles = {role for role, _ in caller.transaction.rows(_ROLES, scope)}
    own: set[str] = set()
    for _, _, state, _, role_permissions in caller.transaction.rows(_SWITCHES, scope):
        for role, held in role_permissions.items() if state == "enabled" else ():
            own |= set(held) if role in roles else set()
    if any("." in permission and permission not in own for permission in permissions):
        raise Refused("403 Forbidden")
    core = [permission for permission in permissions if "." not in permission]
    everywhere = caller.clinics_with("clinics:read")
    return [clinic for clinic in everywhere if all(clinic in caller.clinics_with(wanted) for wanted in core)]
