"""The month report: every clinic's figures, added up from the daily roll-up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, Uuid, and_, any_, bindparam, cast, func, select

from polyclinic.sdk import views
from polyclinic.sdk.context import Ctx
from polyclinic.sdk.errors import Invalid
from polyclinic.sdk.reports import DailyFigure
from polyclinic_reporting.models.rollup import DailyRollup
from polyclinic_reporting.vocabulary import READ

_R, _C = DailyRollup.__table__.c, views.clinic.c
_CLINICS = bindparam("clinic_ids", type_=ARRAY(Uuid()))
_SUMS = (
    select(_R.clinic_id, _R.figure_key, _R.currency, cast(func.sum(_R.value), BigInteger).label("value"))
    .where(
        _R.organisation_id == bindparam("organisation_id"),
        _R.figure_key == any_(bindparam("keys", type_=ARRAY(Text()))),
        _R.day.between(bindparam("first_on"), bindparam("last_on")),
        _R.clinic_id == any_(_CLINICS),
    )
    .group_by(_R.clinic_id, _R.figure_key, _R.currency)
    .subquery("sums")
)
_MONTH = (
    select(_C.id, _C.name, _SUMS.c.figure_key, _SUMS.c.currency, _SUMS.c.value)
    .outerjoin(_SUMS, _SUMS.c.clinic_id == _C.id)
    .where(_C.organisation_id == bindparam("organisation_id"), and_(_C.id == any_(_CLINICS)))
    .order_by(_C.name, _C.id, _SUMS.c.figure_key, _SUMS.c.currency)
)


@dataclass(frozen=True, slots=True)
class FigureSum:
    """One figure over the period; `currency` is empty but for money, which is in minor units."""

    key: str
    currency: str
    value: int


@dataclass(frozen=True, slots=True)
class ClinicMonth:
    """One clinic's figures; a figure that is zero everywhere in the period is left out."""

    clinic_id: UUID
    clinic_name: str
    figures: list[FigureSum]


def list_clinic_months(ctx: Ctx, first_on: date, last_on: date, *, keys: Collection[str] = ()) -> Sequence[ClinicMonth]:
    """Return a row for each clinic where the actor may see reports, by name, with the figures it may see there.

    No keys = all figures. Raises `Invalid` for a figure that is not there or not for the actor.
    """
    seen = {figure.key: figure for figure in ctx.core.reports.figures()}
    unknown = sorted(set(keys) - seen.keys())
    if unknown:
        raise Invalid({"figures": f"There is no figure {unknown[0]} for you. Known: {', '.join(sorted(seen))}."})
    wanted = [seen[key] for key in keys] if keys else list(seen.values())
    clinics = ctx.actor.clinics_with(READ)
    parameters = {
        "organisation_id": ctx.organisation_id,
        "clinic_ids": list(clinics),
        "keys": [figure.key for figure in wanted],
        "first_on": first_on,
        "last_on": last_on,
    }
    return _by_clinic(ctx.db.connection().execute(_MONTH, parameters), _allowed(ctx, wanted))


def _allowed(ctx: Ctx, figures: Sequence[DailyFigure]) -> dict[str, frozenset[UUID]]:
    """Return where each figure may be seen: its own permission holds clinic by clinic."""
    held = {permission: frozenset(ctx.actor.clinics_with(permission)) for permission in {f.permission for f in figures}}
    return {figure.key: held[figure.permission] for figure in figures}


def _by_clinic(rows: Any, allowed: dict[str, frozenset[UUID]]) -> list[ClinicMonth]:
    found: list[ClinicMonth] = []
    for clinic_id, name, key, currency, value in rows:
        if not found or found[-1].clinic_id != clinic_id:
            found.append(ClinicMonth(clinic_id, name, []))
        if key is not None and clinic_id in allowed[key]:
            found[-1].figures.append(FigureSum(key, currency, value))
    return found
