"""Pure decisions about a question to a report: its period, its params, the shape of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from polyclinic.kit.errors import Conflict, FieldError, Invalid
from polyclinic.plugins.report_types import Column, FigureRow

MAX_YEARS = 5


def check_period(first_on: date, last_on: date) -> None:
    """Raise `Invalid` naming `last_on` for a period that ends before it starts or lasts more than five years."""
    if last_on < first_on:
        raise Invalid({"last_on": f"The period ends before it starts. Choose {first_on:%d %B %Y} or a later day."})
    if last_on >= _years_later(first_on):
        raise Invalid({"last_on": f"A report covers at most {MAX_YEARS} years. Choose an earlier last day."})


def errors_of(messages: Any, pointer: str) -> Iterator[FieldError]:
    """Yield one error for each message that a schema gave."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from errors_of(inner, pointer if key == "_schema" else f"{pointer}/{key}")
    else:
        for message in messages if isinstance(messages, Sequence) and not isinstance(messages, str) else [messages]:
            yield FieldError(pointer, str(message))


def plain_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return the rows as dictionaries in the order of the columns; raises `ValueError` where the names differ."""
    names = [column.name for column in columns]
    wanted = set(names)
    for row in rows:
        if set(row) != wanted:
            raise ValueError(f"a row has the columns {sorted(row)}, the report declares {sorted(wanted)}")
    return [{name: row[name] for name in names} for row in rows]


def check_number(rows: int, max_rows: int) -> None:
    """Raise `Conflict` for more rows than a report may have: nothing is cut off in silence."""
    if rows > max_rows:
        raise Conflict(
            f"The report has more than {max_rows:,} rows. Choose a shorter period or fewer clinics, or make a file.",
            code="too_many_rows",
        )


def check_figure_rows(rows: Sequence[Any], clinics: frozenset[Any], first_on: date, last_on: date) -> list[FigureRow]:
    """Return the rows that are not zero; raises `ValueError` for anything else than the figure was asked for."""
    for row in rows:
        if not isinstance(row, FigureRow) or not isinstance(row.value, int):
            raise TypeError("a daily figure returns FigureRows with whole numbers")
        if row.clinic_id not in clinics or not first_on <= row.day <= last_on:
            raise ValueError("a daily figure answered for another clinic or day")
    return [row for row in rows if row.value]


def _years_later(day: date) -> date:
    try:
        return day.replace(year=day.year + MAX_YEARS)
    except ValueError:  # 29 February
        return date(day.year + MAX_YEARS, 3, 1)
