"""What somebody asks of a report: the parameters of an address as a question, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from werkzeug.datastructures import MultiDict

from polyclinic.sdk.errors import Invalid
from polyclinic.sdk.forms import read_schema_form
from polyclinic.sdk.reports import Drill, Period, ReportDefinition
from polyclinic_reporting.periods import Preset, span_of
from polyclinic_reporting.vocabulary import CUSTOM, PARAMS

FIRST_PAGE = 1


@dataclass(frozen=True)
class Question:
    """A report with its period, clinics and parameters; no clinics = all where the reader may run it."""

    report: str
    first_on: date
    last_on: date
    preset: str = CUSTOM
    clinic_ids: tuple[UUID, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""
    page: int = FIRST_PAGE

    def query(self, **changes: Any) -> str:
        """Return the parameters of this question's address, with some of its values changed."""
        asked = replace(self, **changes)
        pairs: list[tuple[str, str]] = [("period", asked.preset)]
        if asked.preset == CUSTOM:
            pairs += [("first", asked.first_on.isoformat()), ("last", asked.last_on.isoformat())]
        pairs += [("clinics", str(clinic_id)) for clinic_id in asked.clinic_ids]
        pairs += [(f"{PARAMS}:{name}", str(value)) for name, value in asked.params.items() if value not in (None, "")]
        pairs += [("sort", asked.sort)] if asked.sort else []
        pairs += [("page", str(asked.page))] if asked.page != FIRST_PAGE else []
        return urlencode(pairs)

    def url(self, **changes: Any) -> str:
        """Return the address of this question's page."""
        return f"/ext/reporting/reports/{self.report}?{self.query(**changes)}"

    def export_url(self, kind: str) -> str:
        """Return the address of this question's answer as a file."""
        return f"/ext/reporting/exports/{self.report}/{kind}?{self.query(page=FIRST_PAGE)}"

    def file_url(self, kind: str) -> str:
        """Return the address that has the worker make this question's answer into a file."""
        return f"/ext/reporting/files/new/{self.report}/{kind}?{self.query(page=FIRST_PAGE)}"


def read_question(
    definition: ReportDefinition, arguments: MultiDict[str, str], *, today: date, clinic_id: UUID | None
) -> Question:
    """Return the question that an address asks; without a period it is this month, for a report as of a day today.

    Raises `Invalid` naming the parameter that is wrong.
    """
    preset, first_on, last_on = _period(definition, arguments, today)
    clinics = _clinics(arguments.getlist("clinics"))
    params: Mapping[str, Any] = {}
    if definition.params is not None:
        given = read_schema_form(definition.params, PARAMS, arguments.items(multi=True))
        params = {name: value for name, value in given.items() if value not in (None, "", [])}
    return Question(
        report=definition.key,
        first_on=first_on,
        last_on=last_on,
        preset=preset,
        clinic_ids=clinics or ((clinic_id,) if clinic_id else ()),
        params=params,
        sort=arguments.get("sort", ""),
        page=_page(arguments.get("page", "")),
    )


def drill_url(drill: Drill, question: Question, row: Mapping[str, Any]) -> str:
    """Return the address of the rows behind a row."""
    found: dict[str, Any] = {name: row[column] for name, column in drill.parameters.items()}
    clinic = found.pop("clinic_id", None)
    first_on, last_on = found.pop("from", None), found.pop("until", None)
    is_moved = first_on is not None or last_on is not None
    target = Question(
        report=drill.report,
        first_on=first_on or question.first_on,
        last_on=last_on or question.last_on,
        preset=CUSTOM if is_moved else question.preset,
        clinic_ids=(clinic,) if clinic is not None else question.clinic_ids,
        params=found,
    )
    return target.url()


def _period(definition: ReportDefinition, arguments: MultiDict[str, str], today: date) -> tuple[str, date, date]:
    default = Preset.TODAY if definition.period is Period.DAY else Preset.THIS_MONTH
    preset = arguments.get("period") or (CUSTOM if arguments.get("first") or arguments.get("last") else default.value)
    if preset in set(Preset):
        first_on, last_on = span_of(Preset(preset), today)
        return preset, first_on, min(last_on, today) if definition.period is Period.DAY else last_on
    last_on = _day("last", arguments, today)
    return CUSTOM, _day("first", arguments, last_on), last_on


def _day(name: str, arguments: MultiDict[str, str], default: date) -> date:
    text = arguments.get(name, "")
    if not text:
        return default
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid({name: "This is not a date. Write it as 2026-11-24."}) from error
    if not 2000 <= found.year < 2100:
        raise Invalid({name: "Reports reach from the year 2000 to 2099."})
    return found


def _clinics(texts: Sequence[str]) -> tuple[UUID, ...]:
    try:
        return tuple(dict.fromkeys(UUID(text) for text in texts if text))
    except ValueError as error:
        raise Invalid({"clinics": "This is not the id of a clinic. Choose from the list."}) from error


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text[:6]) > 0 else FIRST_PAGE
