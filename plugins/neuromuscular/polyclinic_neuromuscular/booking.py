"""What speaks against booking the modality."""

from __future__ import annotations

from collections.abc import Collection

from polyclinic.sdk.context import ServiceFact
from polyclinic.sdk.sections import ClientFacts, Finding
from polyclinic_neuromuscular.rules.signing import check_therapist
from polyclinic_neuromuscular.vocabulary import MODALITY, SECTION_KEY


def check_booking(facts: ClientFacts, service: ServiceFact, section_keys: Collection[str]) -> list[Finding]:
    """Give what speaks against a therapist for a service of the modality (S8).

    Silent while no therapist with modalities is chosen, and once the record holds the protocol, which checks it itself.
    """
    is_ours = MODALITY in service.modalities and SECTION_KEY not in section_keys
    is_chosen = bool(facts.therapist_modalities) or not facts.registration_valid
    return list(check_therapist(facts)) if is_ours and is_chosen else []
