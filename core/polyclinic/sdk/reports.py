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
]
