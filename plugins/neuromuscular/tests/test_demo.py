"""Demo protocols are complete, safe and the same for the same random source."""

from __future__ import annotations

from random import Random
from statistics import mean

import pytest

from polyclinic_neuromuscular.demo import make_protocol
from polyclinic_neuromuscular.rules.signing import check_protocol
from polyclinic_neuromuscular.schemas import ProtocolSchema


def visits(seed, count=6):
    rng, previous = Random(seed), None
    for number in range(1, count + 1):
        previous = make_protocol(rng, number, previous and {**previous, "_service_on": f"2026-0{number}-01"})
        yield previous


@pytest.mark.parametrize("seed", range(40))
def test_every_demo_visit_can_be_signed_even_for_a_sensitised_client(seed, make_facts):
    for data in visits(seed):
        assert ProtocolSchema().validate(data) == {}
        assert check_protocol(data, make_facts()) == []
        assert [finding.code for finding in check_protocol(data, make_facts("cancer_treatment", "fibromyalgia"))] == []


def test_same_seed_gives_the_same_visits():
    assert list(visits(7)) == list(visits(7))


def test_a_client_keeps_the_same_points_over_the_visits():
    first, *later = ([point["point_id"] for point in data["points"]] for data in visits(3))

    assert all(ids == first for ids in later)


def test_pain_falls_over_the_visits_and_within_each():
    scores = [[], [], [], [], [], []]
    for seed in range(40):
        for visit, data in zip(scores, visits(seed), strict=True):
            visit += [(point["pain_before"], point["pain_after"]) for point in data["points"] if "pain_before" in point]
    before = [mean(first for first, _ in visit) for visit in scores]

    assert before == sorted(before, reverse=True)
    assert all(after <= first for visit in scores for first, after in visit)
