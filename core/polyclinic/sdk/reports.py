"""Reports and daily figures as data."""

from polyclinic.plugins.report_types import (
    Chart,
    ChartKind,
    Column,
    ColumnType,
    DailyFigure,
    Drill,
    FigureRow,
    Period,
    ReportDefinition,
    ReportRequest,
    Total,
)
from polyclinic.plugins.report_values import percent

__all__ = [
    "Chart",
    "ChartKind",
    "Column",
    "ColumnType",
    "DailyFigure",
    "Drill",
    "FigureRow",
    "Period",
    "ReportDefinition",
    "ReportRequest",
    "Total",
    "percent",
]
