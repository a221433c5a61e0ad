"""Booking the modality needs a therapist who may give it."""

from __future__ import annotations

import pytest

from polyclinic.sdk.context import ServiceFact
from polyclinic_neuromuscular.booking import check_booking

OURS = ServiceFact(None, "Neuromuscular 60", modalities=("neuromuscular",))
OTHER = ServiceFact(None, "Relaxation 60", modalities=("swedish",))


@pytest.mark.parametrize(
    ("service", "modalities", "is_valid", "sections", "expected"),
    [
        (OURS, ("neuromuscular",), True, (), []),
        (OURS, ("swedish",), True, (), ["neuromuscular.modality_missing"]),
        (OURS, ("neuromuscular",), False, (), ["neuromuscular.registration_expired"]),
        (OURS, (), True, (), []),
        (OURS, ("swedish",), True, ("neuromuscular.protocol",), []),
        (OTHER, ("swedish",), False, (), []),
    ],
)
def test_booking_asks_for_modality_and_registration(make_facts, service, modalities, is_valid, sections, expected):
    facts = make_facts(therapist_modalities=modalities, registration_valid=is_valid)

    assert [finding.code for finding in check_booking(facts, service, sections)] == expected
