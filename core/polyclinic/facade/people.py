"""Therapists, clients and members for plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from polyclinic.clients import queries as client_queries
from polyclinic.clients.rows import ClientRow
from polyclinic.facade.door import Door
from polyclinic.identity import queries as identity_queries
from polyclinic.identity.queries import MemberRow
from polyclinic.kit.pagination import MAX_LIMIT, PageRequest
from polyclinic.plugins.facts import ClientFact, MemberFact, RegistrationFact, TherapistFact
from polyclinic.therapists import queries as therapist_queries
from polyclinic.therapists import rules
from polyclinic.therapists.rows import TherapistRow

THERAPISTS, CLIENTS, MEMBERS = "therapists:read", "clients:read", "members:read"


@dataclass(frozen=True)
class TherapistsFacade:
    """Therapists of the actor's clinics."""

    door: Door

    def get_many(self, therapist_ids: Sequence[UUID]) -> Mapping[UUID, TherapistFact]:
        """Return therapists by id, archived ones included."""
        with self.door.open(THERAPISTS) as actor:
            found = therapist_queries.find_therapists(actor, therapist_ids)
        return {row.id: _therapist(row) for row in found}

    def list(self, clinic_id: UUID | None = None) -> Sequence[TherapistFact]:
        """Return the therapists of a clinic, or of all the actor's clinics, by name."""
        with self.door.open(THERAPISTS) as actor:
            return [_therapist(row) for row in therapist_queries.list_therapists(actor, clinic_id)]

    def registration(self, therapist_id: UUID, modality: str, on: date) -> RegistrationFact | None:
        """Return the therapist's registration for a modality that is valid on a day."""
        with self.door.open(THERAPISTS) as actor:
            rows = therapist_queries.list_registrations(actor, [therapist_id])
        state = rules.registration_state(rows, modality, on)
        held = next((row for row in rows if row.id == state.registration_id and row.valid_from <= on), None)
        if held is None or (held.expires_on is not None and held.expires_on < on):
            return None
        return RegistrationFact(held.authority, held.number, held.modality)

    def of_member(self, member_id: UUID) -> TherapistFact | None:
        """Return the therapist as whom a member treats."""
        with self.door.open(THERAPISTS) as actor:
            row = therapist_queries.find_therapist_of_member(actor, member_id)
        return _therapist(row) if row else None


@dataclass(frozen=True)
class ClientsFacade:
    """Clients' names and contact data; no clinical content is read, so no clinical read is audited."""

    door: Door

    def get_many(self, client_ids: Sequence[UUID]) -> Mapping[UUID, ClientFact]:
        """Return clients by the id asked for; a merged client's id answers with the surviving client."""
        with self.door.open(CLIENTS) as actor:
            found = client_queries.find_clients(actor, client_ids)
        return {asked: _client(row) for asked, row in found.items()}

    def find(self, text: str, *, limit: int = 20) -> Sequence[ClientFact]:
        """Return clients that a name, telephone number or e-mail address finds."""
        if not text.strip():
            return []
        page = PageRequest(limit=max(1, min(limit, MAX_LIMIT)))
        with self.door.open(CLIENTS) as actor:
            found = [row.id for row in client_queries.search_clients(actor, text, page=page).rows]
            whole = client_queries.find_clients(actor, found)
        return [_client(whole[client_id]) for client_id in found if client_id in whole]


@dataclass(frozen=True)
class MembersFacade:
    """People who sign in."""

    door: Door

    def get_many(self, member_ids: Sequence[UUID]) -> Mapping[UUID, MemberFact]:
        """Return members by id, disabled ones included."""
        wanted = set(member_ids)
        return {row.id: _member(row) for row in self._rows() if row.id in wanted}

    def list(self) -> Sequence[MemberFact]:
        """Return the members who may sign in, by name."""
        return [_member(row) for row in self._rows() if not row.is_disabled]

    def _rows(self) -> Sequence[MemberRow]:
        with self.door.open(MEMBERS) as actor:
            return identity_queries.list_members(actor)


def _therapist(row: TherapistRow) -> TherapistFact:
    is_archived = row.archived_at is not None
    return TherapistFact(
        row.id, row.display_name, row.member_id, tuple(row.modalities), tuple(row.clinic_ids), is_archived
    )


def _client(row: ClientRow) -> ClientFact:
    return ClientFact(
        row.id,
        row.display_name,
        row.given_name,
        row.family_name,
        row.birth_on,
        row.email,
        row.phone,
        row.street,
        row.postal_code,
        row.city,
        row.country,
        row.archived_at is not None,
    )


def _member(row: MemberRow) -> MemberFact:
    return MemberFact(row.id, row.display_name, row.email)
