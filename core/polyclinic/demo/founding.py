"""Make a chain's organisation, clinics, rooms, members and plugins."""

from __future__ import annotations

from polyclinic.demo.chain import Chain
from polyclinic.identity.commands import CreateMember, RoleAt
from polyclinic.identity.passwords import DEMO_PASSWORD, demo_passwords_allowed
from polyclinic.identity.services.members import create_member
from polyclinic.identity.vocabulary import Role
from polyclinic.jobs.actors import system_actor
from polyclinic.kit.db import set_clinics
from polyclinic.kit.errors import Conflict
from polyclinic.organisation.commands import CreateClinic, CreateRoom, FoundOrganisation
from polyclinic.organisation.services import create_clinic, create_room, found_organisation
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.runtime import runtime
from polyclinic.plugins.services import enable_plugin


def found_chain(chain: Chain) -> None:
    """Make everything that a chain has before its first client."""
    plan = chain.plan
    found_organisation(system_actor(chain.id), FoundOrganisation(plan.name, plan.slug))
    for clinic_id, clinic in zip(chain.clinic_ids, plan.clinics, strict=True):
        email = f"{clinic.city.lower()}@{plan.domain}"
        address = (clinic.street, clinic.postal_code, clinic.city, clinic.country)
        create_clinic(
            system_actor(chain.id),
            CreateClinic(clinic.name, clinic.time_zone, *address, clinic.phone, email, id=clinic_id),
        )
    set_clinics(chain.clinic_ids)
    _furnish(chain)
    _enable_plugins(chain)
    with demo_passwords_allowed():
        _employ(chain, Role.CHAIN_ADMINISTRATOR, 0)
        for number in range(len(plan.clinics)):
            _employ(chain, Role.FRONT_DESK, number)
        for number in range(len(plan.therapists)):
            _employ(chain, Role.THERAPIST, number)


def _furnish(chain: Chain) -> None:
    for number, clinic_id in enumerate(chain.clinic_ids):
        therapists = sum(therapist.clinic == number for therapist in chain.plan.therapists)
        for room in range(max(2, therapists)):
            command = CreateRoom(clinic_id, f"Room {room + 1}", id=chain.made("room", f"{number}/{room}"))
            create_room(chain.system, command)


def _enable_plugins(chain: Chain) -> None:
    registry = runtime().registry
    for plugin in registry.active:
        try:
            enable_plugin(chain.system, EnablePlugin(plugin.id), registry=registry)
        except Conflict:
            continue  # its tables could not be made; `polyclinic plugin status` says why


def _employ(chain: Chain, role: Role, number: int) -> None:
    actor = chain.member(role, number)
    clinic = actor.clinic_ids[0] if role is not Role.CHAIN_ADMINISTRATOR else None
    command = CreateMember(
        email=chain.email_of(role, number),
        display_name=actor.name,
        password=DEMO_PASSWORD,
        roles=(RoleAt(role.value, clinic),),
        id=actor.member_id,
    )
    create_member(chain.system, command)
