"""The organisation and its clinics for plugins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from polyclinic.facade.door import Door
from polyclinic.organisation import queries
from polyclinic.organisation.models import Clinic
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.crossing import as_core
from polyclinic.plugins.facts import ClinicFact, OrganisationFact
from polyclinic.plugins.ports import NO_ZONE

SCOPE = "clinics:read"


@dataclass(frozen=True)
class ClinicsFacade:
    """Clinics within the actor's scope."""

    door: Door

    def list(self) -> Sequence[ClinicFact]:
        """Return the actor's clinics by name, archived ones included."""
        with self.door.open(SCOPE) as actor:
            return [_fact(clinic) for clinic in queries.list_clinics(actor)]

    def get(self, clinic_id: UUID) -> ClinicFact:
        """Return one clinic; raises `NotFound`."""
        with self.door.open(SCOPE) as actor:
            return _fact(queries.get_clinic(actor, clinic_id))


def organisation_of(door: Door) -> OrganisationFact:
    """Return the organisation; whoever is signed in knows its name, so the scope alone is asked for."""
    with door.open("organisation:read") as actor:
        found = queries.get_organisation(actor)
        return OrganisationFact(found.id, found.name, found.slug)


def zone_of(ctx: Ctx) -> str:
    """Return the time zone of the context's clinic, UTC without one."""
    if ctx.clinic_id is None or ctx.clinic_id not in ctx.actor.clinic_ids:
        return NO_ZONE
    with as_core():
        return queries.zone_of_clinic(ctx.organisation_id, ctx.clinic_id) or NO_ZONE


def _fact(clinic: Clinic) -> ClinicFact:
    return ClinicFact(
        clinic.id,
        clinic.name,
        clinic.time_zone,
        clinic.street,
        clinic.postal_code,
        clinic.city,
        clinic.country,
        clinic.phone,
        clinic.email,
        clinic.archived_at is not None,
    )
