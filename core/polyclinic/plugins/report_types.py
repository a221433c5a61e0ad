"""Reports as data: what they ask for, what they answer, how a row leads to the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from marshmallow import Schema


class ColumnType(StrEnum):
    """What the values of a column are; null means unknown and is shown as a dash."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    """A `Decimal`."""
    PERCENT = "percent"
    """A `Decimal` from 0 to 100."""
    MONEY = "money"
    """A whole number of minor units in the currency that the column `Column.currency` holds."""
    MINUTES = "minutes"
    DATE = "date"
    INSTANT = "instant"
    """An aware instant, shown in the clinic's time zone."""
    ID = "id"
    """An id: exported and used by drill-down, never shown."""


class Total(StrEnum):
    """How a column's total is made; money is totalled for each currency on its own."""

    NONE = "none"
    SUM = "sum"
    RATIO = "ratio"
    """100 * sum(`Column.numerator`) / sum(`Column.denominator`): a mean of percentages would be wrong."""


@dataclass(frozen=True)
class Column:
    """One column: the name of its value in a row, its heading, type, unit and total."""

    name: str
    title: str
    type: ColumnType = ColumnType.TEXT
    unit: str = ""
    total: Total = Total.NONE
    currency: str = ""
    numerator: str = ""
    denominator: str = ""


class Period(StrEnum):
    """Which dates a report asks for; days are local days of each clinic."""

    SPAN = "span"
    """From a first to a last day, both included."""
    DAY = "day"
    """As of one day, which is both first and last."""


class ChartKind(StrEnum):
    """How a chart is drawn."""

    BAR = "bar"
    LINE = "line"


@dataclass(frozen=True)
class Chart:
    """A picture of the rows: column `x` against one or two series; a table twin is always there.

    `within` names a second column that tells rows with the same `x` apart. Money is drawn by currency, time in hours.
    """

    kind: ChartKind
    x: str
    series: Sequence[str]
    within: str = ""


@dataclass(frozen=True)
class Drill:
    """Where a row leads: another report whose parameters come from the row's columns.

    `parameters` maps a parameter of the target (`clinic_id`, `from`, `until` or one of its schema) to a column of this
    report; the period is handed on unless it is mapped.
    """

    report: str
    title: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportRequest:
    """What a report is asked: `clinic_ids` are those chosen among the clinics where the actor holds its permission."""

    clinic_ids: Sequence[UUID]
    first_on: date
    last_on: date
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportDefinition:
    """A report: `run(ctx, request)` returns a SQLAlchemy select or mappings of column name to value.

    `key` is `<plugin id>.<name>` (core's are `core.<name>`). It runs with the role of the plugin that declares it, read
    only, within 20 seconds, over `pub.v1_*` and the plugin's own schema; row security limits it to the actor's clinics,
    and it must filter by `request.clinic_ids` as well. `params` is a `SectionSchema` of further questions.
    """

    key: str
    title: str
    group: str
    description: str
    columns: Sequence[Column]
    run: Callable[..., Any]
    permission: str
    period: Period = Period.SPAN
    params: type[Schema] | None = None
    chart: Chart | None = None
    drill: Drill | None = None
    link: str = ""
    """The page of a row, with columns in braces: `/appointments/{appointment_id}`; for rows that lead to no report."""
    max_rows: int = 50_000
    """More rows than this are refused with advice to narrow the question, never cut off in silence."""
    max_file_rows: int = 200_000
    """The same for files that are made in the background."""


@dataclass(frozen=True)
class FigureRow:
    """One day's value of a figure at a clinic; money in minor units with its currency, else `currency` is empty."""

    clinic_id: UUID
    day: date
    value: int
    currency: str = ""


@dataclass(frozen=True)
class DailyFigure:
    """A number per clinic and local day that can be added up over days and clinics (visits, minutes, money taken).

    `run(ctx, first_on, last_on)` returns `FigureRow`s of the days on which it is not zero, under the same rules as a
    report: row security shows it the clinics that were asked for, so it filters by `ctx.actor.clinic_ids`, and
    background work asks for all. `key` is `<plugin id>.<name>`. Days whose figures may have changed are found by the
    dates `on` and `was_on` in the payload of events.
    """

    key: str
    title: str
    type: ColumnType
    permission: str
    run: Callable[..., Sequence[FigureRow]]
    report: str = ""
    """The report that shows the rows behind the number, asked with `params`, if there is one."""
    params: Mapping[str, str] = field(default_factory=dict)
