"""Columns and questions that several of core's reports share."""

from __future__ import annotations

from polyclinic.plugins.fields import SectionSchema, text
from polyclinic.plugins.report_types import Column, ColumnType, Total

APPOINTMENTS = "appointments:read"
CLIENTS = "clients:read"
RECORDS = "treatment-records:read"

CLINIC = (Column("clinic_id", "Clinic id", ColumnType.ID), Column("clinic", "Clinic"))
THERAPIST = (Column("therapist_id", "Therapist id", ColumnType.ID), Column("therapist", "Therapist"))
CLIENT = (Column("client_id", "Client id", ColumnType.ID), Column("client", "Client"))


def count(name: str, title: str) -> Column:
    """Return a column of whole numbers that add up."""
    return Column(name, title, ColumnType.INTEGER, total=Total.SUM)


def minutes(name: str, title: str) -> Column:
    """Return a column of minutes that add up."""
    return Column(name, title, ColumnType.MINUTES, total=Total.SUM)


def share(name: str, title: str, numerator: str, denominator: str) -> Column:
    """Return a column of percentages whose total is the ratio of two other columns' totals."""
    return Column(name, title, ColumnType.PERCENT, total=Total.RATIO, numerator=numerator, denominator=denominator)


def constant(name: str) -> Column:
    """Return a hidden column that hands a choice on to the rows behind."""
    return Column(name, name, ColumnType.ID)


class OfTherapist(SectionSchema):
    """Rows of one therapist; asked by a drill-down, not by the form."""

    therapist_id = text("Therapist", maximum=36, widget="hidden")
