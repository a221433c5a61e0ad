"""How the deliveries of a plugin are doing, for administrators: at their clinics and in the whole organisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, bindparam, func, or_, select

from polyclinic.access.actor import Actor
from polyclinic.access.scope import in_scope_clinics, scope
from polyclinic.kit.db import session
from polyclinic.kit.errors import NotFound
from polyclinic.kit.pagination import Page, PageRequest, page_of
from polyclinic.plugins.models import EventDelivery, EventRow
from polyclinic.plugins.vocabulary import DeliveryState

READ = "plugins:read"
DEAD_SHOWN = 50

_D, _E = EventDelivery, EventRow
_IN_SCOPE = and_(
    _D.organisation_id == bindparam("organisation_id", type_=Uuid()),
    or_(_D.clinic_id.is_(None), in_scope_clinics(_D.clinic_id)),
)
_OF_PLUGIN = and_(_IN_SCOPE, _D.plugin_id == bindparam("plugin_id", type_=Text()))
_ROWS = select(
    _D.id,
    _D.plugin_id,
    _D.handler,
    _D.event_id,
    _E.type.label("event_type"),
    _E.occurred_at,
    _E.aggregate,
    _D.aggregate_id,
    _D.clinic_id,
    _D.state,
    _D.attempts,
    _D.next_attempt_at,
    _D.last_error,
    _D.finished_at,
).join(_E, and_(_E.organisation_id == _D.organisation_id, _E.id == _D.event_id))
_STATE, _AFTER = bindparam("state", type_=Text()), bindparam("after_id", type_=Uuid())
_LIST = (
    _ROWS.where(_OF_PLUGIN)
    .where(or_(_STATE.is_(None), _D.state == _STATE))
    .where(or_(_AFTER.is_(None), _D.id < _AFTER))
    .order_by(_D.id.desc())
    .limit(bindparam("limit"))
)
_ONE = _ROWS.where(_OF_PLUGIN, _D.id == bindparam("id", type_=Uuid()))
_COUNT = select(_D.state, func.count()).where(_OF_PLUGIN).group_by(_D.state)


@dataclass(frozen=True)
class DeliveryRow:
    """One event on its way to one handler."""

    id: UUID
    plugin_id: str
    handler: str
    event_id: UUID
    event_type: str
    occurred_at: datetime
    aggregate: str
    aggregate_id: UUID
    clinic_id: UUID | None
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_error: str | None
    """Type and place of the last error, without its words."""
    finished_at: datetime | None


def list_deliveries(
    actor: Actor, plugin_id: str, page: PageRequest, *, state: DeliveryState | None = None
) -> Page[DeliveryRow]:
    """Return the deliveries of a plugin, newest first; needs `plugins:read`."""
    parameters = _parameters(actor, plugin_id, READ) | {
        "state": state.value if state else None,
        "after_id": page.after[0] if page.after else None,
        "limit": page.limit + 1,
    }
    rows = [_row(row) for row in session().execute(_LIST, parameters)]
    return page_of(rows, page, key=lambda row: (row.id,))


def list_dead(actor: Actor, plugin_id: str) -> Sequence[DeliveryRow]:
    """Return the newest deliveries that failed for good; needs `plugins:read`."""
    return list_deliveries(actor, plugin_id, PageRequest(DEAD_SHOWN), state=DeliveryState.DEAD).rows


def count_deliveries(actor: Actor, plugin_id: str) -> Mapping[DeliveryState, int]:
    """Return how many deliveries of a plugin stand where; needs `plugins:read`."""
    found = {row[0]: row[1] for row in session().execute(_COUNT, _parameters(actor, plugin_id, READ))}
    return {state: found.get(state.value, 0) for state in DeliveryState}


def get_delivery(actor: Actor, plugin_id: str, delivery_id: UUID, *, permission: str = READ) -> DeliveryRow:
    """Return one delivery of a plugin; raises `NotFound`."""
    parameters = _parameters(actor, plugin_id, permission) | {"id": delivery_id}
    row = session().execute(_ONE, parameters).one_or_none()
    if row is None:
        raise NotFound("delivery")
    return _row(row)


def _parameters(actor: Actor, plugin_id: str, permission: str) -> dict[str, Any]:
    return scope(actor, permission) | {"plugin_id": plugin_id}


def _row(row: Any) -> DeliveryRow:
    return DeliveryRow(**{**row._mapping, "state": DeliveryState(row.state)})  # noqa: SLF001 -- SQLAlchemy's own name
