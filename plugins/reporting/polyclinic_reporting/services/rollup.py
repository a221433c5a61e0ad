"""Make the daily roll-up from the figures' definitions, and compare it with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Text, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.reports import FigureRow
from polyclinic_reporting.models.rollup import DailyRollup

Place: TypeAlias = tuple[str, UUID, date, str]
"""Figure, clinic, local day and currency."""

_TABLE: Any = DailyRollup.__table__
_R = _TABLE.c
_OWN = _R.organisation_id == bindparam("organisation_id")
_STORED = select(_R.figure_key, _R.clinic_id, _R.day, _R.currency, _R.value).where(
    _OWN,
    _R.figure_key == any_(bindparam("keys", type_=ARRAY(Text()))),
    _R.day.between(bindparam("first_on"), bindparam("last_on")),
)
_PLACE = (
    _R.organisation_id == bindparam("at_organisation"),
    _R.figure_key == bindparam("at_figure"),
    _R.clinic_id == bindparam("at_clinic"),
    _R.day == bindparam("at_day"),
    _R.currency == bindparam("at_currency"),
)
_REMOVE = delete(_TABLE).where(*_PLACE)
_CHANGE = update(_TABLE).where(*_PLACE).values(value=bindparam("to_value"))
_ADD = insert(_TABLE)


@dataclass(frozen=True)
class Difference:
    """One place at which the roll-up does not hold what the figure's definition says now; None = no row."""

    place: Place
    stored: int | None
    computed: int | None


def recompute(ctx: Ctx, first_on: date, last_on: date, keys: Iterable[str] | None = None) -> int:
    """Write the figures (None = all) of a span of days anew and return how many rows differed."""
    found = list(compare(ctx, first_on, last_on, keys))
    removed = [_at(ctx, each.place) for each in found if each.computed is None]
    changed = [
        _at(ctx, each.place) | {"to_value": each.computed}
        for each in found
        if each.stored is not None and each.computed is not None
    ]
    added = [
        _row(ctx, each.place, each.computed) for each in found if each.stored is None and each.computed is not None
    ]
    for statement, rows in ((_REMOVE, removed), (_CHANGE, changed), (_ADD, added)):
        if rows:
            ctx.db.connection().execute(statement, rows)
    return len(found)


def compare(ctx: Ctx, first_on: date, last_on: date, keys: Iterable[str] | None = None) -> Iterator[Difference]:
    """Yield where the roll-up of a span differs from a fresh computation, in the order of day and figure."""
    wanted = sorted(keys) if keys is not None else [figure.key for figure in ctx.core.reports.figures()]
    computed = {
        _place(key, row): row.value
        for key in wanted
        for row in ctx.core.reports.run_figure(key, first_on=first_on, last_on=last_on)
    }
    stored = _stored(ctx, wanted, first_on, last_on)
    for place in sorted({*computed, *stored}, key=lambda place: (place[2], place[0], str(place[1]), place[3])):
        if stored.get(place) != computed.get(place):
            yield Difference(place, stored.get(place), computed.get(place))


def _stored(ctx: Ctx, keys: list[str], first_on: date, last_on: date) -> Mapping[Place, int]:
    parameters = {"organisation_id": ctx.organisation_id, "keys": keys, "first_on": first_on, "last_on": last_on}
    return {(row[0], row[1], row[2], row[3]): row[4] for row in ctx.db.execute(_STORED, parameters)}


def _place(key: str, row: FigureRow) -> Place:
    return key, row.clinic_id, row.day, row.currency


def _at(ctx: Ctx, place: Place) -> dict[str, object]:
    names = ("at_figure", "at_clinic", "at_day", "at_currency")
    return {"at_organisation": ctx.organisation_id, **dict(zip(names, place, strict=True))}


def _row(ctx: Ctx, place: Place, value: int) -> dict[str, object]:
    names = ("figure_key", "clinic_id", "day", "currency")
    own = {"organisation_id": ctx.organisation_id, "id": uuid4(), "value": value}
    return own | dict(zip(names, place, strict=True))
