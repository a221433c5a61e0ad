"""Found one organisation through the product's services: clinics, rooms, services on offer, members, API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import sessionmaker

from benchmarks.dataset import SERVICES, THERAPISTS_PER_CLINIC, ZONE, Dataset
from benchmarks.texts import MODALITY
from polyclinic.access.actor import Actor, ActorKind
from polyclinic.access.permissions import CORE_PERMISSIONS
from polyclinic.identity.commands import CreateApiKey, CreateMember, RoleAt
from polyclinic.identity.services import api_keys, members
from polyclinic.identity.vocabulary import ROLE_PERMISSIONS, Role
from polyclinic.kit.db import install_tenant_setting, make_engine, set_clinics, transaction
from polyclinic.organisation.commands import CreateClinic, CreateRoom, FoundOrganisation
from polyclinic.organisation.services import create_clinic, create_room, found_organisation
from polyclinic.plugins.commands import EnablePlugin
from polyclinic.plugins.registry import PluginRegistry
from polyclinic.plugins.services import enable_plugin
from polyclinic.scheduling.commands import CreateService
from polyclinic.scheduling.services.catalogue import create_service

PASSWORD = "seven grey geese resting"


@dataclass(frozen=True)
class Founded:
    """An organisation with the token of an integration's key and, per signing therapist, member and token."""

    dataset: Dataset
    token: str
    figures: Sequence[str]
    """The figures of operation g: appointments, records, and revenue where a plugin counts it."""
    signers: Sequence[tuple[UUID, str]]


def found(app_url: str, dataset: Dataset, registry: PluginRegistry, *, signers: int) -> Founded:
    """Commit the organisation; `signers` is how many therapists, from the first, get a member and a key."""
    engine = make_engine(app_url, pool_size=1)
    factory = sessionmaker(engine, expire_on_commit=False)
    install_tenant_setting(factory)
    organisation_id = dataset.id("organisation")
    try:
        with transaction(factory, organisation_id=organisation_id, clinic_ids=[]):
            _open_clinics(_system(organisation_id, (organisation_id,)), dataset)
        clinics = tuple(dataset.id("clinic", number) for number in range(dataset.clinics))
        with transaction(factory, organisation_id=organisation_id, clinic_ids=clinics):
            set_clinics(clinics)
            actor = _system(organisation_id, clinics)
            _furnish(actor, dataset, registry)
            token = _hire(actor, dataset, 0, RoleAt(Role.CHAIN_ADMINISTRATOR.value), _plugin_scopes(registry))[1]
            signing = [_hire(actor, dataset, 1 + n, _therapist_at(dataset, n)) for n in range(signers)]
    finally:
        engine.dispose()
    return Founded(dataset, token, figures_of(registry), signing)


def figures_of(registry: PluginRegistry) -> Sequence[str]:
    """Return the keys of the figures that the month report asks for."""
    declared = [figure.key for plugin in registry.active for figure in plugin.declarations.daily_figures]
    return ["core.booked", "core.records_signed", *(key for key in declared if key.endswith(".revenue"))]


def _system(organisation_id: UUID, clinic_ids: tuple[UUID, ...]) -> Actor:
    everything = {permission: frozenset(clinic_ids) for permission in CORE_PERMISSIONS}
    return Actor(ActorKind.SYSTEM, organisation_id, clinic_ids, everything)


def _open_clinics(actor: Actor, dataset: Dataset) -> None:
    found_organisation(actor, FoundOrganisation("Benchmark", f"benchmark-{dataset.organisation}"))
    for number in range(dataset.clinics):
        create_clinic(actor, CreateClinic(f"Clinic {number:02}", ZONE, id=dataset.id("clinic", number)))


def _furnish(actor: Actor, dataset: Dataset, registry: PluginRegistry) -> None:
    for number in range(dataset.therapists):
        clinic, place = divmod(number, THERAPISTS_PER_CLINIC)
        create_room(actor, CreateRoom(dataset.id("clinic", clinic), f"Room {place}", id=dataset.id("room", number)))
    for number, name in enumerate(SERVICES):
        modality = MODALITY if number % 2 == 0 else None
        create_service(actor, CreateService(name, 30, modality, id=dataset.id("service", number)))
    for plugin in registry.active:
        enable_plugin(actor, EnablePlugin(plugin.id), registry=registry)


def _therapist_at(dataset: Dataset, number: int) -> RoleAt:
    return RoleAt(Role.THERAPIST.value, dataset.id("clinic", number // THERAPISTS_PER_CLINIC))


def _plugin_scopes(registry: PluginRegistry) -> frozenset[str]:
    return frozenset(item.key for plugin in registry.active for item in plugin.declarations.permissions)


def _hire(
    actor: Actor, dataset: Dataset, number: int, at: RoleAt, further: frozenset[str] = frozenset()
) -> tuple[UUID, str]:
    email = f"member-{number}@benchmark-{dataset.organisation}.example"
    command = CreateMember(email, f"Member {number}", PASSWORD, (at,), id=dataset.id("member", number))
    member = members.create_member(actor, command)
    scopes = tuple(sorted(ROLE_PERMISSIONS[at.role] | further))
    return member.id, api_keys.mint_api_key(actor, member.id, CreateApiKey("benchmark", scopes)).token
