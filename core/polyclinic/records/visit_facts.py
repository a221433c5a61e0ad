"""What is known of the client, the therapist and the visit when a record is edited, checked or signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polyclinic.access.actor import Actor
from polyclinic.clients import queries as client_queries
from polyclinic.clients.rows import ClientRow, FlagRow
from polyclinic.plugins.context import Ctx
from polyclinic.plugins.contract import ClientFacts, ClientFlagFact, SafetyVerdict, ServiceFact
from polyclinic.plugins.safety_engine import judge
from polyclinic.records.core_sections.safety import red_flags_of
from polyclinic.records.queries.records import RecordRow
from polyclinic.records.section_work import SectionWork
from polyclinic.records.vocabulary import SAFETY
from polyclinic.therapists import queries as therapist_queries
from polyclinic.therapists.rows import RegistrationState
from polyclinic.therapists.vocabulary import RegistrationStatus


@dataclass(frozen=True)
class VisitFacts:
    """Everything that the checks of one record look at; `verdict.cap` is the client's pressure cap 0-5 or None."""

    record: RecordRow
    client: ClientRow
    flags: Sequence[FlagRow]
    registration: RegistrationState | None
    facts: ClientFacts
    verdict: SafetyVerdict
    service: ServiceFact
    ctx: Ctx


def gather_visit(actor: Actor, work: SectionWork, record: RecordRow, sections: Mapping[str, Any]) -> VisitFacts:
    """Return a visit's facts, today's red-flag answers included; needs `clients:read` and `health-history:read`."""
    client = client_queries.get_client(actor, record.client_id)
    # A merged client resolves to the one that stayed, whose flags count.
    flags = client_queries.active_flags(actor, [client.id], record.service_on).get(client.id, [])
    registration = _registration(actor, record)
    facts = ClientFacts(
        birth_on=client.birth_on,
        flags=_flag_facts(flags, sections),
        service_on=record.service_on,
        therapist_modalities=tuple(record.therapist_modalities),
        registration_valid=registration is None or registration.status is RegistrationStatus.VALID,
    )
    rules = work.safety_rules(actor.organisation_id, record.clinic_id)
    modalities = (record.modality,) if record.modality else ()
    return VisitFacts(
        record=record,
        client=client,
        flags=flags,
        registration=registration,
        facts=facts,
        verdict=judge(rules, facts.flags, None, None, None),
        service=ServiceFact(None, record.service_name, modalities=modalities),
        ctx=Ctx(actor, record.clinic_id, time_zone=record.time_zone),
    )


def _registration(actor: Actor, record: RecordRow) -> RegistrationState | None:
    """A service without a modality asks for no registration."""
    if record.modality is None:
        return None
    return therapist_queries.registration_state_for_booking(
        actor.organisation_id, record.therapist_id, record.modality, record.service_on
    )


def _flag_facts(flags: Sequence[FlagRow], sections: Mapping[str, Any]) -> tuple[ClientFlagFact, ...]:
    recorded = [ClientFlagFact(flag.code, tuple(flag.region_ids)) for flag in flags]
    today = [ClientFlagFact(code) for code in red_flags_of(sections.get(SAFETY) or {})]
    return tuple(dict.fromkeys([*recorded, *today]))
