"""Runs reports and daily figures for one actor: `ctx.core.reports`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy.sql.expression import SelectBase

from polyclinic.audit import trail
from polyclinic.kit.db import CLINICS_KEY, session, set_clinics
from polyclinic.kit.errors import Invalid, NotFound
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.report_types import DailyFigure, FigureRow, Period, ReportDefinition, ReportRequest
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.sections import CORE
from polyclinic.reports import catalogue, rules

TIMEOUT_MS = 20_000

T = TypeVar("T")


@dataclass(frozen=True)
class ReportRunner:
    """The reports of core and of all plugins that are on, for the actor of `ctx`; implements `Reports`."""

    ctx: Ctx

    def list(self) -> Sequence[ReportDefinition]:
        """Return the definitions that the actor may run somewhere, by group and title."""
        with as_core():
            return catalogue.list_reports(self.ctx.actor)

    def get(self, key: str) -> ReportDefinition:
        """Return one of them; raises `NotFound`."""
        definition: ReportDefinition = _of_key(key, self.list(), "report")
        return definition

    def run(  # noqa: PLR0913 -- as the facade declares it
        self,
        key: str,
        *,
        clinic_ids: Sequence[UUID] | None,
        first_on: date,
        last_on: date,
        params: Mapping[str, Any],
        for_file: bool = False,
    ) -> Sequence[Mapping[str, Any]]:
        """Run a report and return its rows, each a plain mapping in the order of the columns; leaves an audit row."""
        definition = self.get(key)
        most = definition.max_file_rows if for_file else definition.max_rows
        with as_core():
            asked = self._request(definition, clinic_ids, (first_on, last_on), params)
            rows = self._collect(definition, asked, most)
            rules.check_number(len(rows), most)
            self._audit(definition, asked, len(rows))
        return rows

    def check(
        self, key: str, *, clinic_ids: Sequence[UUID] | None, first_on: date, last_on: date, params: Mapping[str, Any]
    ) -> Sequence[UUID]:
        """Return the clinics that a question is about; raises what running it would raise before it begins."""
        definition = self.get(key)
        with as_core():
            return self._request(definition, clinic_ids, (first_on, last_on), params).clinic_ids

    def figures(self) -> Sequence[DailyFigure]:
        """Return the daily figures that the actor may see somewhere."""
        with as_core():
            return catalogue.list_figures(self.ctx.actor)

    def run_figure(self, key: str, *, first_on: date, last_on: date) -> Sequence[FigureRow]:
        """Compute a daily figure anew over the clinics where the actor holds its permission."""
        figure: DailyFigure = _of_key(key, self.figures(), "figure")
        rules.check_period(first_on, last_on)
        with as_core():
            clinics = catalogue.clinics_of(self.ctx.actor, figure)

            def compute(own: Ctx) -> list[FigureRow]:
                found = figure.run(own, first_on, last_on)
                return rules.check_figure_rows(found, frozenset(clinics), first_on, last_on)

            return self._guarded(figure, clinics, compute)

    def _request(
        self,
        definition: ReportDefinition,
        clinic_ids: Sequence[UUID] | None,
        days: tuple[date, date],
        params: Mapping[str, Any],
    ) -> ReportRequest:
        allowed = catalogue.clinics_of(self.ctx.actor, definition)
        if clinic_ids is not None and not set(clinic_ids) <= set(allowed):
            raise NotFound("clinic")
        chosen = allowed if clinic_ids is None else tuple(dict.fromkeys(clinic_ids))
        if not chosen:
            raise Invalid({"clinic_ids": "Choose at least one clinic."})
        first_on, last_on = (days[1], days[1]) if definition.period is Period.DAY else days
        rules.check_period(first_on, last_on)
        return ReportRequest(chosen, first_on, last_on, _loaded(definition, params))

    def _collect(self, definition: ReportDefinition, asked: ReportRequest, most: int) -> Sequence[Mapping[str, Any]]:
        def compute(own: Ctx) -> list[dict[str, Any]]:
            answer = definition.run(own, asked)
            return rules.plain_rows(_taken(own, answer, most + 1), definition.columns)

        return self._guarded(definition, asked.clinic_ids, compute)

    def _guarded(
        self, definition: ReportDefinition | DailyFigure, clinics: Sequence[UUID], compute: Callable[[Ctx], T]
    ) -> T:
        """Call a plugin's code read only, under its own role; row security shows it the chosen clinics alone."""
        dispatcher = runtime().dispatcher
        owner = catalogue.owner_of(definition)
        role = self.ctx.plugin_id if owner == CORE else owner
        compute.__name__ = f"report {definition.key}"
        with _seeing_only(clinics), dispatcher.guarded(self.ctx, role, TIMEOUT_MS) as own:
            return dispatcher.safe_call(owner, compute, own)

    def _audit(self, definition: ReportDefinition, asked: ReportRequest, rows: int) -> None:
        clinics = asked.clinic_ids
        detail = {
            "report": definition.key,
            "first_on": asked.first_on.isoformat(),
            "last_on": asked.last_on.isoformat(),
            "clinic_ids": [str(clinic_id) for clinic_id in clinics],
            "rows": rows,
        }
        subject = trail.Subject("report", None, clinics[0] if len(clinics) == 1 else None)
        trail.write(self.ctx.actor, "report.run", subject, detail=detail)


def _of_key(key: str, found: Sequence[Any], noun: str) -> Any:
    definition = next((each for each in found if each.key == key), None)
    if definition is None:
        raise NotFound(noun)
    return definition


def _loaded(definition: ReportDefinition, params: Mapping[str, Any]) -> Mapping[str, Any]:
    if definition.params is None:
        if params:
            raise Invalid({f"params.{name}": "This report does not ask for it. Leave it out." for name in params})
        return {}
    try:
        loaded: Mapping[str, Any] = definition.params().load(dict(params))
    except ValidationError as error:
        raise Invalid(list(rules.errors_of(error.messages, "/params"))) from error
    return loaded


def _taken(own: Ctx, answer: Any, most: int) -> list[Mapping[str, Any]]:
    """Return at most so many rows of a select or of mappings; a select's further rows never leave the database."""
    if not isinstance(answer, SelectBase):
        return list(answer)
    result = own.db.execute(answer, execution_options={"stream_results": True, "max_row_buffer": most})
    with result:
        return list(result.mappings().fetchmany(most))


@contextmanager
def _seeing_only(clinic_ids: Sequence[UUID]) -> Iterator[None]:
    """Narrow row security to these clinics: a report that forgets its filter shows no other clinic's rows."""
    before = session().info.get(CLINICS_KEY)
    set_clinics(clinic_ids)
    try:
        yield
    finally:
        set_clinics(before or ())
