"""What the page of a report shows: its form, its totals as tiles, a chart, and the table with its links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from polyclinic.sdk.context import ClinicFact
from polyclinic.sdk.forms import FormField, schema_form
from polyclinic.sdk.reports import Column, ColumnType, Period, ReportDefinition
from polyclinic_reporting.asking import Question, drill_url
from polyclinic_reporting.charts import chart_of
from polyclinic_reporting.exports.report_table import Format, ReportTable
from polyclinic_reporting.periods import PRESET_TITLES, Preset
from polyclinic_reporting.value_text import cell_text, period_text, total_text
from polyclinic_reporting.vocabulary import CUSTOM, MOST_AT_ONCE, PARAMS

ROWS_SHOWN = 200
NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.PERCENT, ColumnType.MONEY, ColumnType.MINUTES})


Heading: TypeAlias = Mapping[str, Any]
"""A column as the macro `table` takes it: key, label, number, sort_url, sorted (the value of aria-sort)."""


@dataclass(frozen=True)
class ShownRow:
    """One row: its texts by column, and where it leads."""

    cells: Mapping[str, str]
    url: str = ""
    is_total: bool = False


@dataclass(frozen=True)
class Tile:
    """A total; money has one value for each currency."""

    label: str
    value: str


@dataclass(frozen=True)
class Export:
    """A way to the answer as a file: a link, or where it is large a button that has the worker make it."""

    label: str
    url: str
    is_large: bool


@dataclass(frozen=True)
class ReportForm:
    """The questions of a report with what was asked."""

    presets: Sequence[tuple[str, str]]
    preset: str
    first: str
    last: str
    asks_span: bool
    clinics: Sequence[tuple[str, str]]
    chosen: Sequence[str]
    fields: Sequence[FormField]
    hidden: Sequence[tuple[str, str]]
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportView:
    """One report's page; without a table only the form is shown."""

    definition: ReportDefinition
    form: ReportForm
    period: str = ""
    headings: Sequence[Heading] = ()
    rows: Sequence[ShownRow] = ()
    tiles: Sequence[Tile] = ()
    count: int = 0
    shown_from: int = 0
    shown_until: int = 0
    chart: str = ""
    chart_label: str = ""
    previous_url: str = ""
    next_url: str = ""
    exports: Sequence[Export] = ()
    schedule_url: str = ""
    print_meta: str = ""


def form_of(
    definition: ReportDefinition,
    question: Question | None,
    clinics: Sequence[ClinicFact],
    errors: Mapping[str, str] | None = None,
) -> ReportForm:
    """Return the form of a report; errors are keyed by the form's names or by JSON pointers into the parameters."""
    pointers = {f"/{name.removeprefix('params/')}": text for name, text in (errors or {}).items()}
    params = question.params if question else {}
    fields = schema_form(definition.params, PARAMS, params, pointers) if definition.params else ()
    return ReportForm(
        presets=[*((preset.value, PRESET_TITLES[preset]) for preset in Preset), (CUSTOM, "From … until …")],
        preset=question.preset if question else CUSTOM,
        first=question.first_on.isoformat() if question else "",
        last=question.last_on.isoformat() if question else "",
        asks_span=definition.period is Period.SPAN,
        clinics=[(str(clinic.id), clinic.name) for clinic in clinics],
        chosen=[str(clinic_id) for clinic_id in question.clinic_ids] if question else (),
        fields=[shown for shown in fields if shown.widget != "hidden"],
        hidden=[(shown.name, shown.value) for shown in fields if shown.widget == "hidden" and shown.value],
        errors=errors or {},
    )


def view_of(table: ReportTable, question: Question, form: ReportForm, zones: Mapping[UUID, str]) -> ReportView:
    """Return the page of a finished report; `zones` maps clinics to their time zones."""
    definition = table.definition
    columns = [column for column in definition.columns if column.type is not ColumnType.ID]
    start = (question.page - 1) * ROWS_SHOWN
    page = table.rows[start : start + ROWS_SHOWN]
    return ReportView(
        definition=definition,
        form=form,
        period=period_text(table),
        headings=[_heading(column, question) for column in columns],
        rows=[*(_row(definition, columns, row, question, zones) for row in page), *_total_row(table, columns)],
        tiles=[
            Tile(column.title, total_text(column, table.totals[column.name]))
            for column in columns
            if column.name in table.totals
        ],
        count=len(table.rows),
        shown_from=start + 1 if page else 0,
        shown_until=start + len(page),
        chart=chart_of(table),
        chart_label=f"{definition.title}, {period_text(table)}",
        previous_url=question.url(page=question.page - 1) if question.page > 1 else "",
        next_url=question.url(page=question.page + 1) if start + ROWS_SHOWN < len(table.rows) else "",
        exports=exports_of(question, is_large=len(table.rows) > MOST_AT_ONCE),
        schedule_url=f"/ext/reporting/schedules/new?report={definition.key}&{question.query()}",
        print_meta=", ".join(table.clinics),
    )


def exports_of(question: Question, *, is_large: bool) -> Sequence[Export]:
    """Return the ways to an answer as a file, one for each kind."""
    address = question.file_url if is_large else question.export_url
    return [Export(kind.value.upper(), address(kind), is_large) for kind in Format]


def _total_row(table: ReportTable, columns: Sequence[Column]) -> list[ShownRow]:
    """Return the line of totals; none for a single row, which is its own."""
    if len(table.rows) < 2 or not table.totals:
        return []
    cells = {column.name: total_text(column, table.totals.get(column.name)) for column in columns}
    first = columns[0].name
    return [ShownRow(cells | {first: cells[first] or "All"}, is_total=True)]


def _heading(column: Column, question: Question) -> Heading:
    is_ascending, is_descending = question.sort == column.name, question.sort == f"-{column.name}"
    sort = f"-{column.name}" if is_ascending or (column.type in NUMBERS and not is_descending) else column.name
    direction = "ascending" if is_ascending else "descending" if is_descending else ""
    unit = f" ({column.unit})" if column.unit else ""
    return {
        "key": column.name,
        "label": f"{column.title}{unit}",
        "number": column.type in NUMBERS,
        "sort_url": question.url(sort=sort, page=1),
        "sorted": direction,
    }


def _row(
    definition: ReportDefinition,
    columns: Sequence[Column],
    row: Mapping[str, Any],
    question: Question,
    zones: Mapping[UUID, str],
) -> ShownRow:
    zone = zones.get(row.get("clinic_id"), "UTC")  # type: ignore[arg-type]
    cells = {column.name: cell_text(column, row, zone) for column in columns}
    if definition.drill is not None:
        return ShownRow(cells, drill_url(definition.drill, question, row))
    return ShownRow(cells, definition.link.format(**row) if definition.link else "")
