"""A plugin that was granted scopes, as it stands in the database, and the way into core that it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from polyclinic.access.actor import Actor
from polyclinic.facade.core import CoreFacade
from polyclinic.kit import clock
from polyclinic.kit.db import session
from polyclinic.kit.ids import new_id
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.models import PluginEnablement
from polyclinic.plugins.queries import forget_enablement

PLUGIN = "neuromuscular"
SCOPES = (
    *("organisation:read", "clinics:read", "therapists:read", "clients:read", "services:read", "members:read"),
    *("appointments:read", "appointments:write", "treatment-records:read"),
)


@pytest.fixture
def grant(db, world) -> Callable[..., None]:
    """Return a function that switches the plugin on with scopes, at one clinic or everywhere."""

    def switch(*scopes: str, clinic_id: UUID | None = None, state: str = "enabled") -> None:
        values = {
            "organisation_id": world.id,
            "id": new_id(),
            "plugin_id": PLUGIN,
            "clinic_id": clinic_id,
            "state": state,
            "granted_scopes": list(scopes),
            "changed_at": clock.now(),
        }
        session().execute(insert(PluginEnablement).values(values))
        forget_enablement()

    return switch


@pytest.fixture
def core(db, world) -> Callable[..., Any]:
    """Return a function that gives an actor's way into core through the plugin."""

    def of(actor: Actor | None = None, clinic_id: UUID | None = None) -> CoreFacade:
        return CoreFacade(Ctx(actor or world.actor(), clinic_id, PLUGIN))

    return of
