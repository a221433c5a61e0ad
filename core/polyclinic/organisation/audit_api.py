"""JSON REST of the audit trail (it stands here because the trail itself lies below the web)."""

from __future__ import annotations

from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.audit.schemas import AuditEventSchema, AuditQuerySchema
from polyclinic.kit.pagination import Page, PageRequest
from polyclinic.web.api_blueprint import ApiBlueprint

events = ApiBlueprint("audit_api", "/api/v1/audit-events", tag="Audit")


@events.get("", permission="audit:read", query=AuditQuerySchema, response=AuditEventSchema, paged=True)
def list_audit_events(actor: Actor, query: dict[str, Any], page: PageRequest) -> Page[trail.AuditEntry]:
    """List who did what, newest first; with `object_id` who saw or changed one thing."""
    return trail.list_audit_events(actor, page, object_id=query.get("object_id"))
