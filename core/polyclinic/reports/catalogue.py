"""Which reports and daily figures there are for an actor, and at which clinics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.plugins.queries import get_enablement
from polyclinic.plugins.report_types import DailyFigure, ReportDefinition
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.sections import CORE
from polyclinic.reports.definitions import core_figures, core_reports

ON_BEHALF_OF_ALL = frozenset({ActorKind.SYSTEM, ActorKind.PLUGIN})
"""Background work adds figures up for everybody; whoever looks at them needs the permission."""


def owner_of(definition: ReportDefinition | DailyFigure) -> str:
    """Return the plugin that declares a report or figure, or `core`."""
    return definition.key.partition(".")[0]


def clinics_of(actor: Actor, definition: ReportDefinition | DailyFigure) -> tuple[UUID, ...]:
    """Return the clinics where the actor may run it: the permission is held and the declaring plugin is on."""
    is_for_all = actor.kind in ON_BEHALF_OF_ALL
    held = actor.clinic_ids if is_for_all else actor.clinics_with(definition.permission)
    owner = owner_of(definition)
    if owner == CORE:
        return held
    enablement = get_enablement(actor.organisation_id)
    return tuple(clinic_id for clinic_id in held if enablement.is_enabled(owner, clinic_id))


def list_reports(actor: Actor) -> Sequence[ReportDefinition]:
    """Return the reports that the actor may run somewhere, by group and title."""
    found = [report for report in _reports() if clinics_of(actor, report)]
    return sorted(found, key=lambda report: (report.group, report.title, report.key))


def list_figures(actor: Actor) -> Sequence[DailyFigure]:
    """Return the daily figures that the actor may see somewhere, by key."""
    return sorted((figure for figure in _figures() if clinics_of(actor, figure)), key=lambda figure: figure.key)


def _reports() -> Iterator[ReportDefinition]:
    yield from core_reports()
    for plugin in runtime().registry.active:
        yield from plugin.declarations.reports


def _figures() -> Iterator[DailyFigure]:
    yield from core_figures()
    for plugin in runtime().registry.active:
        yield from plugin.declarations.daily_figures
