"""Runs a question and returns the finished table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from polyclinic.sdk.context import ClinicFact, Ctx
from polyclinic.sdk.errors import Conflict
from polyclinic.sdk.reports import ReportDefinition
from polyclinic_reporting.asking import Question
from polyclinic_reporting.exports.report_table import ReportTable
from polyclinic_reporting.totals import totals_of
from polyclinic_reporting.vocabulary import MOST_AT_ONCE


def clinics_for(ctx: Ctx, definition: ReportDefinition) -> Sequence[ClinicFact]:
    """Return the clinics at which the actor may run the report, by name."""
    allowed = set(ctx.actor.clinics_with(definition.permission))
    return [clinic for clinic in ctx.core.clinics.list() if clinic.id in allowed]


def run_question(ctx: Ctx, definition: ReportDefinition, question: Question, *, for_file: bool = False) -> ReportTable:
    """Run a report, `for_file` with more rows; raises what `ctx.core.reports.run` raises."""
    rows = ctx.core.reports.run(
        definition.key,
        clinic_ids=question.clinic_ids or None,
        first_on=question.first_on,
        last_on=question.last_on,
        params=question.params,
        for_file=for_file,
    )
    names = {clinic.id: clinic.name for clinic in clinics_for(ctx, definition)}
    return ReportTable(
        definition=definition,
        first_on=question.first_on,
        last_on=question.last_on,
        clinics=_names(names, question.clinic_ids),
        rows=sorted_rows(definition, rows, question.sort),
        totals=totals_of(definition.columns, rows),
    )


def check_size(table: ReportTable, remedy: str) -> None:
    """Raise `Conflict` for an answer that is too large to be made into a file while somebody waits."""
    if len(table.rows) > MOST_AT_ONCE:
        raise Conflict(f"The answer has {len(table.rows):,} rows. {remedy}", code="too_many_rows")


def sorted_rows(
    definition: ReportDefinition, rows: Sequence[Mapping[str, Any]], sort: str
) -> Sequence[Mapping[str, Any]]:
    """Return the rows by a column, `-name` from the largest; unknown values come last, unknown columns sort nothing."""
    name = sort.removeprefix("-")
    if name not in {column.name for column in definition.columns}:
        return rows
    known = [row for row in rows if row[name] is not None]
    unknown = [row for row in rows if row[name] is None]
    return sorted(known, key=lambda row: row[name], reverse=sort.startswith("-")) + unknown


def _names(names: Mapping[UUID, str], chosen: Sequence[UUID]) -> Sequence[str]:
    return [names[clinic_id] for clinic_id in chosen if clinic_id in names] if chosen else list(names.values())
