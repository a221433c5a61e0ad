"""What every write does besides its rows: who acted, what happened where, what others should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError

from polyclinic.sdk.context import Ctx


@dataclass(frozen=True)
class Act:
    """Something that happened to a thing of billing at a clinic (None = everywhere)."""

    noun: str
    id: UUID
    clinic_id: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def audit(ctx: Ctx, action: str, act: Act) -> None:
    """Leave a line in the audit trail."""
    ctx.audit(action, act.noun, act.id, clinic_id=act.clinic_id, detail=act.detail)


def announce(ctx: Ctx, event_type: str, act: Act, **payload: Any) -> None:
    """Announce an event; ids and days become text."""
    texts = {name: _text(value) for name, value in payload.items() if value is not None}
    ctx.emit(event_type, act.noun, act.id, texts, clinic_id=act.clinic_id)


def member_of(ctx: Ctx) -> UUID | None:
    """Return the member who acts; None for plugins and keys without one."""
    return ctx.actor.member_id


def today_at(ctx: Ctx, clinic_id: UUID) -> date:
    """Return the local day of a clinic."""
    return ctx.now().astimezone(ZoneInfo(ctx.at_clinic(clinic_id).zone)).date()


def violated(error: IntegrityError) -> str:
    """Return the name of the constraint that refused a row."""
    return str(getattr(getattr(error.orig, "diag", None), "constraint_name", "") or "")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value
