"""The permission registry: `resource:verb` for core, `<plugin>.<noun>:<verb>` for plugins."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CORE_PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {
        "organisation:read": "See the organisation's own data",
        "organisation:write": "Change the organisation's own data and settings",
        "clinics:read": "See clinics and rooms",
        "clinics:write": "Open, change and archive clinics and rooms",
        "members:read": "See who works here and in which role",
        "members:write": "Invite members and assign roles",
        "therapists:read": "See therapists, their registrations and hours",
        "therapists:write": "Change therapists, registrations and hours",
        "services:read": "See the services on offer",
        "services:write": "Change services",
        "clients:read": "See clients and their contact data",
        "clients:write": "Create and change clients",
        "clients:merge": "Merge clients, undo a merge and mark clients as different people",
        "clients:erase": "Erase clients, except what must be kept",
        "health-history:read": "See health history and flags",
        "health-history:write": "Change health history and flags",
        "appointments:read": "See the calendar",
        "appointments:write": "Book, move and cancel appointments",
        "appointments:overbook": "Book over an occupied time, with a reason",
        "treatment-records:read": "Read treatment records",
        "treatment-records:write": "Write treatment records",
        "treatment-records:sign": "Sign treatment records",
        "treatment-records:amend": "Amend signed treatment records",
        "treatment-records:override-block": "Sign in spite of a blocking finding, with a reason",
        "api-keys:read": "See API keys",
        "api-keys:write": "Create and revoke API keys",
        "audit:read": "Read the audit trail",
        "plugins:read": "See plugins and their state",
        "plugins:write": "Enable and disable plugins",
        "jobs:read": "See background jobs",
    }
)

PUBLIC = "public"
"""Marks a route that needs no sign-in; such routes stand on the short list checked at start-up."""

SIGNED_IN = "signed-in"
"""Marks a route that every signed-in actor may use, for its own data alone (sign-out, own profile)."""
