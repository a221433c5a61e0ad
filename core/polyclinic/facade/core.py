"""One plugin's way into core, and how an application hands it to every context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from polyclinic.facade.additions import ExtensionsFacade
from polyclinic.facade.door import Door
from polyclinic.facade.people import ClientsFacade, MembersFacade, TherapistsFacade
from polyclinic.facade.places import ClinicsFacade, organisation_of, zone_of
from polyclinic.facade.visits import AppointmentsFacade, RecordsFacade, ServicesFacade
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.core_facade import Core, Reports
from polyclinic.plugins.facts import OrganisationFact
from polyclinic.plugins.ports import Ports
from polyclinic.plugins.setting_queries import effective_settings

MakeReports: TypeAlias = Callable[[Ctx], Reports]


def _no_reports(_ctx: Ctx) -> NoReturn:
    raise RuntimeError("This application was put together without reports.")


@dataclass(frozen=True)
class CoreFacade:
    """What one context's plugin may ask and do in core."""

    ctx: Ctx
    make_reports: MakeReports = _no_reports

    @property
    def clinics(self) -> ClinicsFacade:
        """The clinics."""
        return ClinicsFacade(self._door)

    @property
    def therapists(self) -> TherapistsFacade:
        """The therapists."""
        return TherapistsFacade(self._door)

    @property
    def clients(self) -> ClientsFacade:
        """The clients."""
        return ClientsFacade(self._door)

    @property
    def services(self) -> ServicesFacade:
        """The services on offer."""
        return ServicesFacade(self._door)

    @property
    def appointments(self) -> AppointmentsFacade:
        """The appointments."""
        return AppointmentsFacade(self._door)

    @property
    def records(self) -> RecordsFacade:
        """Whether visits are written up."""
        return RecordsFacade(self._door)

    @property
    def members(self) -> MembersFacade:
        """The people who sign in."""
        return MembersFacade(self._door)

    @property
    def extensions(self) -> ExtensionsFacade:
        """The plugin's own fields on core's things."""
        return ExtensionsFacade(self.ctx)

    @property
    def reports(self) -> Reports:
        """The reports and daily figures of core and of all plugins."""
        return self.make_reports(self.ctx)

    def organisation(self) -> OrganisationFact:
        """Return the organisation."""
        return organisation_of(self._door)

    @property
    def _door(self) -> Door:
        return Door(self.ctx)


def make_ports(make_reports: MakeReports = _no_reports) -> Ports:
    """Return the ports that give every context its way into core."""

    def core_of(ctx: Ctx) -> Core:
        return CoreFacade(ctx, make_reports)

    return Ports(core=core_of, zone=zone_of, settings=effective_settings)
