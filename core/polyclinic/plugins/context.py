"""The context that a hook gets as `ctx`: who asks, where, and the ways back into core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.kit import clock


@dataclass(frozen=True)
class Ctx:
    """One call's context. `core` is the typed facade over core's services, with the actor's permissions checked."""

    actor: Actor
    clinic_id: UUID | None = None
    plugin_id: str = "core"
    locale: str = "en"
    zone: str = "UTC"
    settings: Mapping[str, Any] = field(default_factory=dict)
    core: Any = None
    open_db: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def organisation_id(self) -> UUID:
        """The organisation on whose behalf the hook runs."""
        return self.actor.organisation_id

    @property
    def db(self) -> Any:
        """A SQLAlchemy session inside the hook's guard: nothing is sent before its first use, no write is kept."""
        if self.open_db is None:
            raise RuntimeError("This hook runs without a database: declaring hooks and section functions are pure.")
        return self.open_db()

    def of_plugin(self, plugin_id: str, open_db: Callable[[], Any]) -> Ctx:
        """Return this context as `plugin_id` gets it; copied by hand, because it happens for every call of a hook."""
        own = object.__new__(Ctx)
        own.__dict__.update(self.__dict__, plugin_id=plugin_id, open_db=open_db)
        return own

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return clock.now()

    def can(self, permission: str) -> bool:
        """Tell whether the actor holds `permission` at the context's clinic (anywhere when there is none)."""
        return self.actor.can(permission, self.clinic_id)
