"""Everything that core itself declares."""

from __future__ import annotations

from collections.abc import Sequence

from polyclinic.plugins.report_types import DailyFigure, ReportDefinition
from polyclinic.reports.clientele import CLIENTS_OF_PERIOD, NEW_AND_RETURNING
from polyclinic.reports.figures import FIGURES
from polyclinic.reports.outcomes import OUTCOME_CHANGE
from polyclinic.reports.records import RECORDS, UNSIGNED_RECORDS
from polyclinic.reports.utilisation import UTILISATION
from polyclinic.reports.visits import APPOINTMENTS, NO_SHOW, THERAPIST_LOAD


def core_reports() -> Sequence[ReportDefinition]:
    """Return core's reports."""
    return (
        UTILISATION,
        NO_SHOW,
        NEW_AND_RETURNING,
        UNSIGNED_RECORDS,
        THERAPIST_LOAD,
        OUTCOME_CHANGE,
        APPOINTMENTS,
        RECORDS,
        CLIENTS_OF_PERIOD,
    )


def core_figures() -> Sequence[DailyFigure]:
    """Return core's daily figures."""
    return FIGURES
