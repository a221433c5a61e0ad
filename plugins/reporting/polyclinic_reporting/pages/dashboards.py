"""The dashboards of the chain and of one clinic, from the daily roll-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from polyclinic.sdk.context import ClinicFact, Ctx
from polyclinic.sdk.errors import NotFound
from polyclinic.sdk.pages import query_arguments, redirect, render
from polyclinic.sdk.reports import DailyFigure
from polyclinic_reporting import dashboard_view
from polyclinic_reporting.asking import Question
from polyclinic_reporting.charts import POINTS_DRAWN, chart_of_days
from polyclinic_reporting.dashboard_view import BEFORE, PRESETS, TREND, DashboardRow, Period, PeriodLink
from polyclinic_reporting.pages.site import pages
from polyclinic_reporting.periods import PRESET_TITLES, Preset, span_of
from polyclinic_reporting.places import today_of
from polyclinic_reporting.queries.month import list_clinic_months
from polyclinic_reporting.queries.trend import list_days
from polyclinic_reporting.vocabulary import DASHBOARDS

HOME = "/ext/reporting/"
TREND_DAYS = 14


@pages.get("/", permission=DASHBOARDS)
def show_chain(ctx: Ctx) -> Any:
    """Show a line for every clinic; with one clinic chosen, or one only, that clinic's dashboard."""
    clinics = _clinics(ctx)
    period = _period(ctx, clinics)
    only = ctx.clinic_id or (clinics[0].id if len(clinics) == 1 else None)
    if only is not None:
        return redirect(f"clinics/{only}?{urlencode({'period': period.preset.value})}")
    figures = list(ctx.core.reports.figures())
    months = {month.clinic_id: month for month in list_clinic_months(ctx, period.first_on, period.last_on)}
    sums = {clinic.id: dashboard_view.sums_of(months[clinic.id]) if clinic.id in months else {} for clinic in clinics}
    rows = [
        dashboard_view.row_of(clinic.name, _clinic_url(clinic.id, period), figures, sums[clinic.id])
        for clinic in clinics
    ]
    return render(
        "reporting/dashboard.html",
        period=period,
        links=_links(period, HOME),
        columns=dashboard_view.columns_of(figures),
        rows=_with_trends(ctx, clinics, rows, figures),
        total=dashboard_view.row_of("", "", figures, dashboard_view.added(list(sums.values()))),
        organisation_id=ctx.organisation_id,
    )


@pages.get("/clinics/<uuid:clinic_id>", permission=DASHBOARDS)
def show_clinic(ctx: Ctx, clinic_id: UUID) -> Any:
    """Show one clinic's figures; each leads to the rows behind it."""
    clinics = [clinic for clinic in _clinics(ctx) if clinic.id == clinic_id]
    if not clinics:
        raise NotFound("clinic")
    period = _period(ctx, clinics)
    figures = list(ctx.core.reports.figures())
    question = Question("", period.first_on, period.last_on, period.preset.value)
    sums, before = _sums(ctx, clinic_id, period), None
    if period.preset in BEFORE:
        earlier = BEFORE[period.preset]
        before = _sums(ctx, clinic_id, Period(earlier, *span_of(earlier, today_of(ctx, clinics))))
    return render(
        "reporting/clinic.html",
        clinic=clinics[0],
        period=period,
        before=PRESET_TITLES[BEFORE[period.preset]] if before is not None else "",
        links=_links(period, f"{HOME}clinics/{clinic_id}"),
        tiles=dashboard_view.tiles_of(figures, sums, before, question, clinic_id),
        chart=_chart(ctx, clinic_id, period, figures),
        has_chain=len(ctx.actor.clinics_with(DASHBOARDS)) > 1,
    )


def _clinics(ctx: Ctx) -> Sequence[ClinicFact]:
    allowed = set(ctx.actor.clinics_with(DASHBOARDS))
    return [clinic for clinic in ctx.core.clinics.list() if clinic.id in allowed and not clinic.is_archived]


def _period(ctx: Ctx, clinics: Sequence[ClinicFact]) -> Period:
    asked = query_arguments().get("period", "")
    preset = Preset(asked) if asked in set(PRESETS) else Preset.THIS_MONTH
    return Period(preset, *span_of(preset, today_of(ctx, clinics)))


def _links(period: Period, path: str) -> list[PeriodLink]:
    return [
        PeriodLink(PRESET_TITLES[preset], f"{path}?period={preset.value}", preset is period.preset)
        for preset in PRESETS
    ]


def _clinic_url(clinic_id: UUID, period: Period) -> str:
    return f"{HOME}clinics/{clinic_id}?period={period.preset.value}"


def _sums(ctx: Ctx, clinic_id: UUID, period: Period) -> dashboard_view.Sums:
    months = list_clinic_months(ctx, period.first_on, period.last_on)
    return next((dashboard_view.sums_of(month) for month in months if month.clinic_id == clinic_id), {})


def _chart(ctx: Ctx, clinic_id: UUID, period: Period, figures: Sequence[DailyFigure]) -> str:
    """Return the completed visits of each day as a chart, where the actor may see them and the days fit into one."""
    figure = next((each for each in figures if each.key == TREND), None)
    days = (period.last_on - period.first_on).days + 1
    if figure is None or days > POINTS_DRAWN or clinic_id not in ctx.actor.clinics_with(figure.permission):
        return ""
    values = list_days(ctx, TREND, [clinic_id], period.first_on, period.last_on)[clinic_id]
    return chart_of_days(figure.title, period.first_on, values) if any(values) else ""


def _with_trends(
    ctx: Ctx, clinics: Sequence[ClinicFact], rows: Sequence[DashboardRow], figures: Sequence[DailyFigure]
) -> Sequence[DashboardRow]:
    """Add the completed visits of the last two weeks where the actor may see them."""
    figure = next((each for each in figures if each.key == TREND), None)
    if figure is None:
        return rows
    allowed = set(ctx.actor.clinics_with(figure.permission))
    last_on: date = today_of(ctx, clinics)
    first_on = last_on - timedelta(days=TREND_DAYS - 1)
    days = list_days(ctx, TREND, [clinic.id for clinic in clinics if clinic.id in allowed], first_on, last_on)
    return [
        dashboard_view.with_trend(row, days[clinic.id]) if clinic.id in days else row
        for clinic, row in zip(clinics, rows, strict=True)
    ]
