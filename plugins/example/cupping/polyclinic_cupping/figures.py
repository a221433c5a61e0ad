"""What cupping adds to dashboards."""

from datetime import date

from sqlalchemy import Integer, cast, func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.reports import ColumnType, DailyFigure, FigureRow
from polyclinic.sdk.views import measurement, on_days
from polyclinic_cupping.section import MINUTES

_MINUTES = (
    select(measurement.c.clinic_id, measurement.c.on_date, cast(func.sum(measurement.c.value), Integer))
    .where(measurement.c.code == MINUTES.code)
    .group_by(measurement.c.clinic_id, measurement.c.on_date)
    .order_by(measurement.c.clinic_id, measurement.c.on_date)
)


def count_minutes(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    """Count the minutes of all cups by clinic and day."""
    chosen = _MINUTES.where(
        measurement.c.organisation_id == ctx.organisation_id, on_days(measurement, first_on, last_on)
    )
    return [FigureRow(*row) for row in ctx.db.execute(chosen)]


MINUTES_BY_DAY = DailyFigure(
    "cupping.minutes", "Minutes of cupping", ColumnType.MINUTES, "treatment-records:read", count_minutes
)
