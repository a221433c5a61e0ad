"""Reads of single days of the roll-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Date, Text, Uuid, any_, bindparam, func, select

from polyclinic.sdk.context import Ctx
from polyclinic_reporting.models.rollup import DailyRollup

_R = DailyRollup.__table__.c
_DAYS = (
    select(_R.clinic_id, _R.day, func.sum(_R.value))
    .where(
        _R.organisation_id == bindparam("organisation_id", type_=Uuid()),
        _R.figure_key == bindparam("key", type_=Text()),
        _R.day.between(bindparam("first_on", type_=Date()), bindparam("last_on", type_=Date())),
        _R.clinic_id == any_(bindparam("clinic_ids", type_=ARRAY(Uuid()))),
    )
    .group_by(_R.clinic_id, _R.day)
)


def list_days(
    ctx: Ctx, key: str, clinic_ids: Sequence[UUID], first_on: date, last_on: date
) -> Mapping[UUID, Sequence[int]]:
    """Return a figure's value on each day of a span at each clinic, oldest first, zero where there is none."""
    asked = {
        "organisation_id": ctx.organisation_id,
        "key": key,
        "first_on": first_on,
        "last_on": last_on,
        "clinic_ids": list(clinic_ids),
    }
    known = {(clinic_id, day): int(value) for clinic_id, day, value in ctx.db.execute(_DAYS, asked)}
    days = [first_on + timedelta(days=number) for number in range((last_on - first_on).days + 1)]
    return {clinic_id: [known.get((clinic_id, day), 0) for day in days] for clinic_id in clinic_ids}
