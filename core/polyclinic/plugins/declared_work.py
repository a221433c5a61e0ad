"""Checks of what a plugin declares to be done: jobs keep within limits, reports name columns that they have."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.plugins.problems import wrong
from polyclinic.plugins.registry import Declarations
from polyclinic.plugins.report_types import ReportDefinition
from polyclinic.plugins.suggestions import did_you_mean
from polyclinic.plugins.work import Job

CRON_FIELDS = 5
MAX_TIMEOUT_SECONDS = 600


def check_work(declared: Declarations) -> None:
    """Raise `PluginRefusedError` for the first job or report that breaks the contract."""
    for job in declared.jobs:
        _check_job(job)
    for report in declared.reports:
        _check_report(report)


def _check_job(job: Job) -> None:
    if not 1 <= job.timeout_seconds <= MAX_TIMEOUT_SECONDS:
        raise wrong(f'the job "{job.key}" has a timeout of {job.timeout_seconds} s; it is 1 to {MAX_TIMEOUT_SECONDS}.')
    if job.cron is not None and len(job.cron.split()) != CRON_FIELDS:
        raise wrong(f'the job "{job.key}" has the times "{job.cron}"; cron has five fields.')


def _check_report(report: ReportDefinition) -> None:
    names = [column.name for column in report.columns]
    if not names:
        raise wrong(f'the report "{report.key}" has no columns.')
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise wrong(f'the report "{report.key}" has the column "{repeated}" twice.')
    for what, name in _named_columns(report):
        if name not in names:
            raise wrong(
                f'the {what} of the report "{report.key}" names the column "{name}".{did_you_mean(name, names)}'
            )


def _named_columns(report: ReportDefinition) -> Iterator[tuple[str, str]]:
    for column in report.columns:
        named = (column.currency, column.numerator, column.denominator)
        yield from ((f"column {column.name}", name) for name in named if name)
    if report.chart is not None:
        yield from (("chart", name) for name in (report.chart.x, *report.chart.series))
    if report.drill is not None:
        yield from (("drill-down", name) for name in report.drill.parameters.values())
