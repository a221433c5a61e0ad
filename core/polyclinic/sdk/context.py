"""What hooks, pages, REST views and jobs get: the actor, the context, the way into core and the facts it answers."""

from polyclinic.access.actor import Actor
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import ServiceFact
from polyclinic.plugins.core_facade import (
    Appointments,
    Clients,
    Clinics,
    Core,
    Extensions,
    Members,
    Records,
    Reports,
    Services,
    Therapists,
)
from polyclinic.plugins.facts import (
    AppointmentFact,
    ClientFact,
    ClinicFact,
    FreeTimeFact,
    MemberFact,
    OrganisationFact,
    RecordFact,
    RegistrationFact,
    ServiceOfferFact,
    TherapistFact,
)

__all__ = [
    "Actor",
    "AppointmentFact",
    "Appointments",
    "ClientFact",
    "Clients",
    "ClinicFact",
    "Clinics",
    "Core",
    "Ctx",
    "Extensions",
    "FreeTimeFact",
    "MemberFact",
    "Members",
    "OrganisationFact",
    "RecordFact",
    "Records",
    "RegistrationFact",
    "Reports",
    "ServiceFact",
    "ServiceOfferFact",
    "Services",
    "TherapistFact",
    "Therapists",
]
