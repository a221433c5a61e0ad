"""Reports over what signed protocols measured: treated points by region, and how pain answers to pressure.

They read measurements alone. The muscle of a point is not among these, its region is: reports count by region.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, func, literal, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.measures import Moment
from polyclinic.sdk.reports import (
    Chart,
    ChartKind,
    Column,
    ColumnType,
    DailyFigure,
    Drill,
    FigureRow,
    ReportDefinition,
    ReportRequest,
    Total,
    percent,
)
from polyclinic.sdk.views import clinic, measurement, on_days
from polyclinic_neuromuscular.catalogue import region_name
from polyclinic_neuromuscular.measures import APPLIED_PRESSURE, PAIN
from polyclinic_neuromuscular.vocabulary import PLUGIN_ID, SECTION_KEY

READ = "treatment-records:read"
NO_REGION = "Not on the chart"
TENTH = Decimal("0.1")
RECORDS = Drill("core.records", "Treatment records")

_M = measurement.c
_POINT = func.concat(_M.record_id, " ", _M.subject_id)
"""One point in one visit; the point itself stays the same over the visits."""


def count_by_region(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `neuromuscular.points`."""
    statement = (
        select(
            _M.clinic_id,
            clinic.c.name.label("clinic"),
            _M.region_id,
            func.count(_POINT.distinct()).label("treated"),
            func.count(_M.subject_id.distinct()).label("points"),
            func.count(_M.record_id.distinct()).label("visits"),
        )
        .join(clinic, and_(clinic.c.organisation_id == _M.organisation_id, clinic.c.id == _M.clinic_id))
        .where(*_asked(ctx, request))
        .group_by(_M.clinic_id, clinic.c.name, _M.region_id)
    )
    rows = [
        {**row, "region": region_name(row["region_id"]) if row["region_id"] else NO_REGION}
        for row in ctx.db.execute(statement).mappings()
    ]
    return sorted(rows, key=lambda row: (row["clinic"], str(row["clinic_id"]), -row["treated"], row["region"]))


def compare_by_pressure(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `neuromuscular.pressure_response`: a point counts as scored when pain was asked before and after."""
    by_level: dict[int, list[tuple[Decimal | None, Decimal | None]]] = {}
    for scores in _scores(ctx, request):
        pressure = scores.get((APPLIED_PRESSURE.code, Moment.DURING))
        if pressure is not None:
            pains = scores.get((PAIN.code, Moment.BEFORE)), scores.get((PAIN.code, Moment.AFTER))
            by_level.setdefault(int(pressure), []).append(pains)
    return [_response(level, pains) for level, pains in sorted(by_level.items())]


def count_points(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    """Count the treated points by clinic and day."""
    statement = (
        select(_M.clinic_id, _M.on_date, func.count(_POINT.distinct()))
        .where(_M.organisation_id == ctx.organisation_id, _M.section_key == SECTION_KEY)
        .where(on_days(measurement, first_on, last_on))
        .group_by(_M.clinic_id, _M.on_date)
        .order_by(_M.clinic_id, _M.on_date)
    )
    return [FigureRow(*row) for row in ctx.db.execute(statement)]


def _asked(ctx: Ctx, request: ReportRequest) -> tuple[ColumnElement[bool], ...]:
    return (
        _M.organisation_id == ctx.organisation_id,
        _M.clinic_id == any_(literal(list(request.clinic_ids), ARRAY(Uuid()))),
        on_days(measurement, request.first_on, request.last_on),
        _M.section_key == SECTION_KEY,
    )


def _scores(ctx: Ctx, request: ReportRequest) -> list[Mapping[tuple[str, str], Decimal]]:
    """Return the scores of every treated point, by measure and moment."""
    statement = select(_M.record_id, _M.subject_id, _M.code, _M.moment, _M.value).where(
        *_asked(ctx, request), _M.code.in_((APPLIED_PRESSURE.code, PAIN.code))
    )
    points: dict[tuple[Any, str | None], dict[tuple[str, str], Decimal]] = {}
    for record_id, subject_id, code, moment, value in ctx.db.execute(statement):
        points.setdefault((record_id, subject_id), {})[code, moment] = value
    return list(points.values())


def _response(level: int, pains: list[tuple[Decimal | None, Decimal | None]]) -> dict[str, Any]:
    scored = [(before, after) for before, after in pains if before is not None and after is not None]
    eased = sum(after < before for before, after in scored)
    return {
        "pressure": level,
        "points": len(pains),
        "scored": len(scored),
        "eased": eased,
        "worse": sum(after > before for before, after in scored),
        "eased_share": percent(eased, len(scored)),
        "pain_before": _mean([before for before, _ in scored]),
        "pain_after": _mean([after for _, after in scored]),
    }


def _mean(values: list[Decimal]) -> Decimal | None:
    return (sum(values, Decimal()) / len(values)).quantize(TENTH, ROUND_HALF_UP) if values else None


POINTS = ReportDefinition(
    key=f"{PLUGIN_ID}.points",
    title="Treated points by region",
    group="Neuromuscular therapy",
    description=(
        "Treated points by body region, from signed protocols. A point that is treated in three visits counts three "
        "times as treated and once as a point."
    ),
    columns=(
        Column("clinic_id", "Clinic id", ColumnType.ID),
        Column("clinic", "Clinic"),
        Column("region_id", "Region id", ColumnType.ID),
        Column("region", "Region"),
        Column("treated", "Treated", ColumnType.INTEGER, total=Total.SUM),
        Column("points", "Points", ColumnType.INTEGER),
        Column("visits", "Visits", ColumnType.INTEGER),
    ),
    run=count_by_region,
    permission=READ,
    chart=Chart(ChartKind.BAR, "region", ("treated",)),
    drill=Drill(RECORDS.report, RECORDS.title, {"clinic_id": "clinic_id"}),
)
PRESSURE_RESPONSE = ReportDefinition(
    key=f"{PLUGIN_ID}.pressure_response",
    title="Pressure and pain response",
    group="Neuromuscular therapy",
    description=(
        "Treated points by the pressure they ended on (0 a resting hand, 5 the most), and the pain before and after. "
        "Means and shares are of the points whose pain was asked before and after."
    ),
    columns=(
        Column("pressure", "Pressure", ColumnType.INTEGER, unit="of 5"),
        Column("points", "Treated", ColumnType.INTEGER, total=Total.SUM),
        Column("scored", "Pain asked twice", ColumnType.INTEGER, total=Total.SUM),
        Column("eased", "Eased", ColumnType.INTEGER, total=Total.SUM),
        Column("worse", "Worse", ColumnType.INTEGER, total=Total.SUM),
        Column(
            "eased_share", "Eased share", ColumnType.PERCENT, total=Total.RATIO, numerator="eased", denominator="scored"
        ),
        Column("pain_before", "Mean pain before", ColumnType.DECIMAL, unit="of 10"),
        Column("pain_after", "Mean pain after", ColumnType.DECIMAL, unit="of 10"),
    ),
    run=compare_by_pressure,
    permission=READ,
    chart=Chart(ChartKind.BAR, "pressure", ("pain_before", "pain_after")),
    drill=RECORDS,
)
POINTS_BY_DAY = DailyFigure(
    f"{PLUGIN_ID}.points_treated", "Treated points", ColumnType.INTEGER, READ, count_points, POINTS.key
)
