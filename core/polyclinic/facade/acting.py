"""Work of a plugin on behalf of a member: with what the member may do at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from polyclinic.identity.actor_loading import load_member
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.queries import role_permissions
from polyclinic.plugins.runtime import runtime


def on_behalf_of(ctx: Ctx, member_id: UUID) -> Ctx:
    """Return the context with a member's present permissions and clinics; the transaction shows these clinics alone.

    Raises `NotFound` for nobody's id and `NotAllowed` for a member who was disabled or has no role.
    """
    with as_core():
        actor = load_member(ctx.organisation_id, member_id, extra=plugin_permissions)
    return ctx.as_actor(actor)


def plugin_permissions(organisation_id: UUID) -> Mapping[str, frozenset[str]]:
    """Return role -> plugin permissions; asks the database only when a plugin declares any."""
    active = runtime().registry.active
    return role_permissions(organisation_id) if any(p.declarations.permissions for p in active) else {}
