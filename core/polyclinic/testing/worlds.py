"""Two unrelated organisations with clinics, rooms and a member and API key per role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from uuid import UUID

from sqlalchemy.orm import Session

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.access.permissions import CORE_PERMISSIONS
from polyclinic.identity import rules
from polyclinic.identity.commands import CreateApiKey, CreateMember, RoleAt
from polyclinic.identity.models import Member
from polyclinic.identity.services import api_keys, members
from polyclinic.identity.vocabulary import ROLE_PERMISSIONS, Role
from polyclinic.kit.db import session, set_clinics
from polyclinic.kit.ids import new_id
from polyclinic.organisation.commands import CreateClinic, CreateRoom
from polyclinic.organisation.models import Clinic, Organisation, Room
from polyclinic.organisation.services import create_clinic, create_room
from polyclinic.plugins.loading import load_plugins

PASSWORD = "four quiet herons wading"  # noqa: S105 -- exists in test data only


@dataclass(frozen=True)
class Person:
    """A member with a ready actor and API key token."""

    member: Member
    actor: Actor
    token: str
    email: str
    password: str = PASSWORD


@dataclass(frozen=True)
class World:
    """One organisation: the clinic-bound `people` work at `clinics[0]`, those of `elsewhere` at `clinics[1]`."""

    organisation: Organisation
    clinics: Sequence[Clinic]
    rooms: Sequence[Room]
    people: Mapping[str, Person]
    elsewhere: Mapping[str, Person] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """Return the organisation's id."""
        return self.organisation.id

    @property
    def clinic(self) -> Clinic:
        """Return the first clinic."""
        return self.clinics[0]

    @property
    def other_clinic(self) -> Clinic:
        """Return the second clinic."""
        return self.clinics[1]

    def actor(self, role: str = "chain_administrator") -> Actor:
        """Return the actor of a role at the first clinic."""
        return self.people[role].actor


def system_actor(organisation_id: UUID, clinic_ids: Sequence[UUID] = ()) -> Actor:
    """Return an actor that may do everything in the organisation."""
    everything = {permission: frozenset(clinic_ids) or frozenset({new_id()}) for permission in CORE_PERMISSIONS}
    return Actor(ActorKind.SYSTEM, organisation_id, tuple(clinic_ids), everything)


def make_organisation(current: Session, slug: str, name: str) -> Organisation:
    """Create an organisation; the running transaction must be the one of its id."""
    organisation_id: UUID = current.info["organisation_id"]
    organisation = Organisation(id=organisation_id, name=name, slug=slug, row_version=1)
    current.add(organisation)
    current.flush()
    return organisation


def make_world(slug: str, name: str) -> World:
    """Fill the running transaction's organisation with two clinics (two zones), rooms and people."""
    organisation = make_organisation(session(), slug, name)
    actor = system_actor(organisation.id)
    clinics = [
        create_clinic(actor, CreateClinic(f"{name} North", "Europe/London", street="1 High Street", country="GB")),
        create_clinic(actor, CreateClinic(f"{name} South", "America/New_York", street="2 Low Street", country="US")),
    ]
    ids = [clinic.id for clinic in clinics]
    set_clinics(ids)
    actor = system_actor(organisation.id, ids)
    rooms = [create_room(actor, CreateRoom(clinic.id, f"Room {n}")) for clinic in clinics for n in (1, 2)]
    people = {role.value: make_person(actor, slug, role, ids[0], ids) for role in Role}
    elsewhere = {
        role.value: make_person(actor, slug + "-south", role, ids[1], ids)
        for role in Role
        if role is not Role.CHAIN_ADMINISTRATOR
    }
    return World(organisation, clinics, rooms, people, elsewhere)


def make_person(actor: Actor, prefix: str, role: Role, clinic_id: UUID, all_clinics: Sequence[UUID]) -> Person:
    """Create a member in `role` at the clinic (a chain administrator at all) with a key of all its permissions."""
    email = f"{role.value}@{prefix}.example"
    at = RoleAt(role.value, None if role is Role.CHAIN_ADMINISTRATOR else clinic_id)
    member = members.create_member(actor, CreateMember(email, f"{role.value.title()} {prefix}", PASSWORD, (at,)))
    grants = rules.grants_of([(at.role, at.clinic_id)], all_clinics)
    visible = rules.visible_clinics(grants, all_clinics)
    own = Actor(
        ActorKind.MEMBER, actor.organisation_id, visible, grants, member.user_id, member.id, name=member.display_name
    )
    command = CreateApiKey("test", tuple(sorted(ROLE_PERMISSIONS[role.value] | plugin_permissions())))
    token = api_keys.mint_api_key(actor, member.id, command).token
    return Person(member, own, token, email)


@cache
def plugin_permissions() -> frozenset[str]:
    """Return the permissions that plugins declare: keys may hold them, and their member has them where they are on."""
    active = load_plugins().active
    return frozenset(permission.key for plugin in active for permission in plugin.declarations.permissions)


def without(actor: Actor, permission: str) -> Actor:
    """Return the same actor lacking one permission."""
    return replace(actor, grants={key: clinics for key, clinics in actor.grants.items() if key != permission})
