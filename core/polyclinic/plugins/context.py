"""The context that plugin code gets as `ctx`: who asks, where, and the ways back into core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from polyclinic.access.actor import Actor
from polyclinic.audit import trail
from polyclinic.kit import clock
from polyclinic.kit.errors import NotFound
from polyclinic.plugins.core_facade import Core
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.documents import Document
from polyclinic.plugins.ports import Announcement, Letter, WantedJob, ports


@dataclass(frozen=True)
class Ctx:
    """One call's context: the actor, the clinic (None = all of the actor's) and what the plugin may do in core."""

    actor: Actor
    clinic_id: UUID | None = None
    plugin_id: str = "core"
    locale: str = "en"
    time_zone: str = field(default="", repr=False)
    """The clinic's time zone where the caller knows it already; read `zone`."""
    open_db: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def organisation_id(self) -> UUID:
        """The organisation on whose behalf the call runs."""
        return self.actor.organisation_id

    @property
    def zone(self) -> str:
        """The IANA time zone of the clinic; UTC where there is no clinic."""
        return self.time_zone or ports().zone(self)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The plugin's effective settings here: the clinic's value, the organisation's, or the default."""
        return ports().settings(self)

    @property
    def core(self) -> Core:
        """The typed facade over core's services; the actor's permissions and the granted scopes are checked."""
        return ports().core(self)

    @property
    def db(self) -> Any:
        """A SQLAlchemy session inside the call's guard: nothing is sent before its first use.

        In an asking hook no write is kept; elsewhere writes to the plugin's own schema are, unless the request fails.
        """
        if self.open_db is None:
            raise RuntimeError("This hook runs without a database: declaring hooks and section functions are pure.")
        return self.open_db()

    def of_plugin(self, plugin_id: str, open_db: Callable[[], Any]) -> Ctx:
        """Return this context as `plugin_id` gets it; copied by hand, because it happens for every call of a hook."""
        return self._copy(plugin_id=plugin_id, open_db=open_db)

    def at_clinic(self, clinic_id: UUID | None) -> Ctx:
        """Return this context at another of the actor's clinics (None = all of them); raises `NotFound`."""
        if clinic_id is not None and clinic_id not in self.actor.clinic_ids:
            raise NotFound("clinic")
        return self._copy(clinic_id=clinic_id, time_zone="")

    def as_actor(self, actor: Actor) -> Ctx:
        """Return this context for another actor, at all of the actor's clinics."""
        return self._copy(actor=actor, clinic_id=None, time_zone="")

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return clock.now()

    def can(self, permission: str) -> bool:
        """Tell whether the actor holds `permission` at the context's clinic (anywhere when there is none)."""
        return self.actor.can(permission, self.clinic_id)

    def audit(
        self,
        action: str,
        object_type: str,
        object_id: UUID | None = None,
        *,
        clinic_id: UUID | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a line to the audit trail as `<plugin id>.<action>`; every write of a plugin leaves one.

        `detail` holds ids, codes and field names, no personal text.
        """
        subject = trail.Subject(object_type, object_id, clinic_id or self.clinic_id)
        with as_core():
            trail.write(self.actor, f"{self.plugin_id}.{action}", subject, detail=dict(detail or {}))

    def emit(
        self,
        event_type: str,
        aggregate: str,
        aggregate_id: UUID,
        payload: Mapping[str, Any] | None = None,
        *,
        clinic_id: UUID | None = None,
    ) -> UUID:
        """Announce one of the plugin's own event types and return the event's id; delivered after the commit."""
        told = Announcement(event_type, aggregate, aggregate_id, dict(payload or {}), clinic_id or self.clinic_id)
        return ports().emit(self, told)

    def enqueue(
        self,
        job_key: str,
        payload: Mapping[str, Any] | None = None,
        *,
        run_at: datetime | None = None,
        lock: str | None = None,
    ) -> None:
        """Have one of the plugin's jobs run after the commit, not before `run_at`; one at a time for each `lock`."""
        ports().enqueue(self, WantedJob(job_key, dict(payload or {}), run_at, lock))

    def once(self, key: UUID | str) -> bool:
        """Tell whether this plugin meets `key` for the first time in this organisation, and remember it.

        The memory belongs to the running transaction: what is rolled back was not met.
        """
        return ports().once(self, str(key))

    def mail(self, to: str, subject: str, text: str, attachments: Sequence[Document] = ()) -> None:
        """Send a mail after the commit, by the worker."""
        ports().mail(self, Letter(to, subject, text, tuple(attachments)))

    def on_behalf_of(self, member_id: UUID) -> Ctx:
        """Return this context with a member's present permissions.

        Raises `NotFound` for nobody's id and `NotAllowed` for a member without a role.
        """
        return ports().on_behalf_of(self, member_id)

    def _copy(self, **changed: Any) -> Ctx:
        own = object.__new__(Ctx)
        own.__dict__.update(self.__dict__, **changed)
        return own
