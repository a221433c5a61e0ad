"""One demo chain in the database: stable ids, and actors of the people who work there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5

from polyclinic.access.actor import Actor, ActorKind
from polyclinic.demo.plan import ChainPlan, ClinicPlan, TherapistPlan
from polyclinic.identity import rules
from polyclinic.identity.vocabulary import Role
from polyclinic.jobs.actors import system_actor
from polyclinic.plugins.queries import role_permissions

_NAMESPACE = uuid5(NAMESPACE_URL, "polyclinic:demo")


@dataclass(frozen=True)
class Chain:
    """A plan and the ids that follow from it: every start of the demo finds what an earlier one made."""

    plan: ChainPlan

    @cached_property
    def id(self) -> UUID:
        """Return the organisation's id."""
        return uuid5(_NAMESPACE, self.plan.slug)

    def made(self, kind: str, key: object) -> UUID:
        """Return the id of one thing of this chain."""
        return uuid5(self.id, f"{kind}/{key}")

    @cached_property
    def clinic_ids(self) -> tuple[UUID, ...]:
        """Return the ids of the planned clinics, in the plan's order."""
        return tuple(self.made("clinic", number) for number in range(len(self.plan.clinics)))

    @cached_property
    def system(self) -> Actor:
        """Return the actor that sets the chain up."""
        return system_actor(self.id, self.clinic_ids, name="Demo")

    def therapist_id(self, number: int) -> UUID:
        """Return the id of a planned therapist."""
        return self.made("therapist", self.plan.therapists[number].name)

    def client_id(self, number: int) -> UUID:
        """Return the id of a planned client."""
        return self.made("client", number)

    def place_of(self, therapist: int) -> tuple[UUID, ClinicPlan]:
        """Return the clinic of a therapist: its id and its plan."""
        number = self.plan.therapists[therapist].clinic
        return self.clinic_ids[number], self.plan.clinics[number]

    def member_id(self, role: Role, number: int = 0) -> UUID:
        """Return the id of a member: the administrator, the front desk of a clinic, or a therapist, by number."""
        key = self.plan.therapists[number].name if role is Role.THERAPIST else number
        return self.made("member", f"{role}/{key}")

    def member(self, role: Role, number: int = 0) -> Actor:
        """Return the actor of a member, with the plugin permissions that the role was given."""
        clinic = self._clinic_of(role, number)
        extra = role_permissions(self.id)
        grants = rules.grants_of([(role.value, clinic)], self.clinic_ids, extra)
        visible = rules.visible_clinics(grants, self.clinic_ids)
        member_id = self.member_id(role, number)
        name = self.name_of(role, number)
        return Actor(ActorKind.MEMBER, self.id, visible, grants, member_id=member_id, name=name)

    def name_of(self, role: Role, number: int = 0) -> str:
        """Return a member's name."""
        match role:
            case Role.CHAIN_ADMINISTRATOR:
                return self.plan.administrator
            case Role.THERAPIST:
                return self.therapist(number).name
            case _:
                return self.plan.front_desk[number]

    def therapist(self, number: int) -> TherapistPlan:
        """Return the plan of a therapist."""
        return self.plan.therapists[number]

    def email_of(self, role: Role, number: int = 0) -> str:
        """Return a member's e-mail; the first of each role has the role's name, so that it can be remembered."""
        domain = self.plan.domain
        if role is Role.CHAIN_ADMINISTRATOR:
            return f"administrator@{domain}"
        if number == 0:
            return f"{role.value.replace('_', '.')}@{domain}"
        return f"{self.name_of(role, number).lower().replace(' ', '.')}@{domain}"

    def _clinic_of(self, role: Role, number: int) -> UUID | None:
        match role:
            case Role.CHAIN_ADMINISTRATOR:
                return None
            case Role.THERAPIST:
                return self.place_of(number)[0]
            case _:
                return self.clinic_ids[number]
