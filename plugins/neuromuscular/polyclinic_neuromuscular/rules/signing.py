"""What must hold before a protocol is signed."""

from __future__ import annotations

from collections.abc import Iterator

from polyclinic.sdk.sections import ClientFacts, Finding, SectionData, Severity
from polyclinic_neuromuscular.protocol import Protocol, read_protocol
from polyclinic_neuromuscular.rules.feedback import is_pause_open
from polyclinic_neuromuscular.rules.limits import check_site, check_surround, check_technique, check_tool
from polyclinic_neuromuscular.rules.safety import (
    check_cap,
    check_exclusions,
    check_sensitised_pain,
    check_stops,
)
from polyclinic_neuromuscular.vocabulary import MODALITY, ProtocolState
from polyclinic_neuromuscular.wording import counted, label


def check_protocol(data: SectionData, facts: ClientFacts) -> list[Finding]:
    """Give everything that speaks against signing, the therapist's right first, then the client, then each point.

    A visit that was stopped before any point was treated may be signed in spite of the flag that stopped it.
    """
    protocol = read_protocol(data)
    findings = [*check_therapist(facts), *check_state(protocol)]
    findings += check_stops(facts.flags) if protocol.treated else []
    findings += [*check_confirmed(protocol), *check_sensitised_pain(protocol, facts.flags)]
    for point in protocol.treated:
        findings += check_cap(protocol, point, facts.flags)
        findings += check_exclusions(point, facts.flags)
        findings += check_site(point)
        findings += check_tool(point)
        findings += check_technique(protocol, point)
        findings += check_surround(protocol, point)
    return findings


def check_therapist(facts: ClientFacts) -> Iterator[Finding]:
    """Block a therapist who does not practise the modality or whose registration has run out (S8)."""
    if MODALITY not in facts.therapist_modalities:
        yield Finding(
            "neuromuscular.modality_missing",
            "The therapist's profile does not name neuromuscular therapy. An administrator can add it.",
            Severity.BLOCK,
        )
    if not facts.registration_valid:
        yield Finding(
            "neuromuscular.registration_expired",
            "The therapist's registration was not valid on the day of the visit. Renew it in the profile.",
            Severity.BLOCK,
        )


def check_state(protocol: Protocol) -> Iterator[Finding]:
    """Block a pause or an early end without a reason, and a pause that was left without one to resume (S31)."""
    if protocol.state != ProtocolState.TREATING and not (protocol.pause_reason or "").strip():
        yield Finding(
            "neuromuscular.pause_without_reason",
            f"The treatment is {label(protocol.state)} without a reason. Write the reason, or resume with one.",
            Severity.BLOCK,
            "/pause_reason",
        )
    log = ((event.signal, event.pain, event.sensation) for event in protocol.feedback)
    if protocol.state == ProtocolState.TREATING and is_pause_open(log):
        yield Finding(
            "neuromuscular.resumed_without_reason",
            "The treatment was paused on feedback and went on without a reason. Resume it with one.",
            Severity.BLOCK,
            "/state",
        )


def check_confirmed(protocol: Protocol) -> Iterator[Finding]:
    """Block points copied from an earlier visit that have no new pain scores."""
    unconfirmed = [point for point in protocol.points if point.is_unconfirmed]
    if unconfirmed:
        yield Finding(
            "neuromuscular.points_not_confirmed",
            f"{counted(len(unconfirmed), 'point')} not confirmed. Score the pain, or mark them not treated today.",
            Severity.BLOCK,
            f"/points/{unconfirmed[0].position}/pain_before",
        )
