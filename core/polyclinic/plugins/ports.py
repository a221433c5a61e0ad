"""What a context reaches in the application: handed in by the composition root, because plugins lie below features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

if TYPE_CHECKING:
    from polyclinic.plugins.context import Ctx
    from polyclinic.plugins.core_facade import Core
    from polyclinic.plugins.documents import Document

NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})
NO_ZONE = "UTC"


@dataclass(frozen=True)
class Announcement:
    """An event that a plugin announces."""

    event_type: str
    aggregate: str
    aggregate_id: UUID
    payload: Mapping[str, Any]
    clinic_id: UUID | None


@dataclass(frozen=True)
class WantedJob:
    """A job that a plugin asks for."""

    job_key: str
    payload: Mapping[str, Any]
    run_at: datetime | None = None
    lock: str | None = None


@dataclass(frozen=True)
class Letter:
    """A mail that a plugin asks for."""

    to: str
    subject: str
    text: str
    attachments: Sequence[Document] = ()


def _absent(*_arguments: Any) -> NoReturn:
    raise RuntimeError("There is no application here: declaring hooks and section functions are pure.")


def _no_settings(_ctx: Ctx) -> Mapping[str, Any]:
    return NO_SETTINGS


def _no_zone(_ctx: Ctx) -> str:
    return NO_ZONE


@dataclass(frozen=True)
class Ports:
    """One process's ways from a context into core; each takes the context first."""

    core: Callable[[Ctx], Core] = _absent
    settings: Callable[[Ctx], Mapping[str, Any]] = _no_settings
    zone: Callable[[Ctx], str] = _no_zone
    emit: Callable[[Ctx, Announcement], UUID] = _absent
    enqueue: Callable[[Ctx, WantedJob], None] = _absent
    once: Callable[[Ctx, str], bool] = _absent
    mail: Callable[[Ctx, Letter], None] = _absent
    on_behalf_of: Callable[[Ctx, UUID], Ctx] = _absent


_EMPTY = Ports()
_held: dict[str, Ports] = {}


def use_ports(made: Ports) -> None:
    """Hand the process its ports; called by the composition root and by tests, never by features."""
    _held["ports"] = made


def ports() -> Ports:
    """Return the process's ports; without any, a context knows its actor and its place only."""
    return _held.get("ports", _EMPTY)
