"""Change of what was measured, by measure, with the smallest change that matters."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import Better, Measure, Moment
from polyclinic.plugins.report_types import Chart, ChartKind, Column, ColumnType, Drill, ReportDefinition, ReportRequest
from polyclinic.plugins.report_values import percent
from polyclinic.plugins.runtime import runtime
from polyclinic.reports import columns, sources
from polyclinic.reports.change import FEWEST, outcome_of
from polyclinic.reports.sources import measurement

_MOMENTS = {moment.value: place for place, moment in enumerate(Moment)}


def run(ctx: Ctx, request: ReportRequest) -> list[dict[str, Any]]:
    """Answer `core.outcome_change`."""
    directed = {code: each for code, each in runtime().measures().items() if each.better is not Better.NONE}
    found = _changes(ctx, request, directed)
    keys = sorted(found, key=lambda key: (directed[key[0]].title, key[0], _MOMENTS[key[1]]))
    return [_row(directed[code], moment, found[code, moment]) for code, moment in keys]


def _changes(
    ctx: Ctx, request: ReportRequest, measures: Mapping[str, Measure]
) -> Mapping[tuple[str, str], list[Fraction]]:
    """Return by measure and moment how far each client's mean moved from the first visit to the last."""
    m, merged = measurement.c, sources.survivors(ctx)
    client_id = sources.surviving(m.client_id, merged)
    statement = (
        select(m.code, m.moment, client_id, func.sum(m.value), func.count())
        .outerjoin(merged, merged.c.id == m.client_id)
        .where(sources.in_request(measurement, ctx, request), m.code.in_(sorted(measures)))
        .group_by(m.code, m.moment, client_id, m.service_at, m.record_id)
        .order_by(m.code, m.moment, client_id, m.service_at, m.record_id)
    )
    visits: dict[tuple[str, str, Any], list[Fraction]] = {}
    for code, moment, client, total, number in ctx.db.execute(statement):
        visits.setdefault((code, moment, client), []).append(Fraction(total) / number)
    changes: dict[tuple[str, str], list[Fraction]] = {}
    for (code, moment, _client), means in visits.items():
        if len(means) > 1:
            changes.setdefault((code, moment), []).append(means[-1] - means[0])
    return changes


def _row(measure: Measure, moment: str, changes: list[Fraction]) -> dict[str, Any]:
    outcome = outcome_of(changes, measure)
    is_judged = outcome.improved is not None and outcome.clients is not None
    return {
        "code": measure.code,
        "measure": measure.title,
        "moment": moment,
        "unit": measure.unit,
        "mcid": measure.mcid,
        **vars(outcome),
        "improved_share": percent(outcome.improved or 0, outcome.clients or 0) if is_judged else None,
    }


OUTCOME_CHANGE = ReportDefinition(
    key="core.outcome_change",
    title="Change of outcome measures",
    group="Treatment records",
    description=(
        "For every client with at least two measured visits in the period: the mean of the last visit minus that of "
        "the first, by measure and moment of the visit. Improved and worse are those who changed by at least the "
        f"smallest change that matters. Numbers about fewer than {FEWEST} clients are not shown. Records that only "
        "their author or named members may read are left out."
    ),
    columns=(
        Column("code", "Code", ColumnType.ID),
        Column("measure", "Measure"),
        Column("moment", "Moment"),
        Column("unit", "Unit"),
        Column("mcid", "Smallest change that matters", ColumnType.DECIMAL),
        Column("clients", "Clients", ColumnType.INTEGER),
        Column("improved", "Improved", ColumnType.INTEGER),
        Column("unchanged", "Unchanged", ColumnType.INTEGER),
        Column("worse", "Worse", ColumnType.INTEGER),
        Column("median", "Median change", ColumnType.DECIMAL),
        Column("improved_share", "Improved share", ColumnType.PERCENT),
    ),
    run=run,
    permission=columns.RECORDS,
    chart=Chart(ChartKind.BAR, "measure", ("improved_share",), within="moment"),
    drill=Drill("core.records", "Treatment records"),
)
