"""Money of a clinic's day that can be added up."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Subquery, func, select

from polyclinic.sdk.context import Ctx
from polyclinic.sdk.reports import ColumnType, DailyFigure, FigureRow, ReportRequest
from polyclinic_billing.queries import scope
from polyclinic_billing.reports import movements
from polyclinic_billing.reports.tills import money_of


def invoiced(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    """Answer `billing.revenue`: net of what was invoiced, less voids and credit notes of the day."""
    clinics = ctx.actor.clinic_ids
    return _by_day(ctx, movements.documents(ctx, ReportRequest(clinics, first_on, last_on)), "net_minor")


def received(ctx: Ctx, first_on: date, last_on: date) -> list[FigureRow]:
    """Answer `billing.payments`: money that came in, less refunds of the day."""
    clinics = ctx.actor.clinic_ids
    return _by_day(ctx, money_of(ctx, ReportRequest(clinics, first_on, last_on)), "amount_minor")


FIGURES = (
    DailyFigure("billing.revenue", "Invoiced, net", ColumnType.MONEY, scope.INVOICES_READ, invoiced),
    DailyFigure("billing.payments", "Money received", ColumnType.MONEY, scope.PAYMENTS_READ, received),
)


def _by_day(ctx: Ctx, source: Subquery, amount: str) -> list[FigureRow]:
    total = func.sum(source.c[amount])
    statement = (
        select(source.c.clinic_id, source.c.on, total, source.c.currency)
        .group_by(source.c.clinic_id, source.c.on, source.c.currency)
        .having(total != 0)
        .order_by(source.c.on, source.c.clinic_id, source.c.currency)
    )
    return [FigureRow(row[0], row[1], int(row[2]), row[3]) for row in ctx.db.execute(statement)]
