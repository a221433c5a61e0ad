"""The shape of the benchmark's data."""

from collections import Counter
from datetime import UTC, date, datetime

from benchmarks.dataset import SLOTS_PER_DAY, THERAPISTS_PER_CLINIC, dataset_of

TODAY = date(2026, 11, 25)
SMALL = dataset_of(0.05, today=TODAY)


def test_two_makings_in_one_week_are_equal():
    monday = dataset_of(0.05, today=date(2026, 11, 23))

    assert monday == SMALL
    assert list(monday.visits())[:500] == list(SMALL.visits())[:500]
    assert monday.id("client", 7) == SMALL.id("client", 7)


def test_scale_decides_the_numbers():
    sizes = [(data.clinics, data.therapists, data.clients) for data in map(dataset_of, (0.05, 0.1, 1.0))]

    assert sizes == [(1, 10, 1_000), (2, 20, 2_000), (20, 200, 20_000)]
    assert sum(1 for _ in SMALL.visits()) == SMALL.therapists * SMALL.days * SLOTS_PER_DAY // 2


def test_nobody_is_in_two_places_at_once():
    visits = list(SMALL.visits())
    clients = Counter((visit.slot.starts_at, visit.client) for visit in visits)
    therapists = Counter((visit.slot.starts_at, visit.therapist) for visit in visits)

    assert (max(clients.values()), max(therapists.values())) == (1, 1)


def test_a_fifth_of_the_clients_has_four_fifths_of_the_visits():
    visits = list(SMALL.visits())
    regulars = sum(1 for visit in visits if visit.client < SMALL.clients // 5)

    assert regulars / len(visits) == 0.8


def test_free_times_lie_ahead_and_unwritten_visits_behind():
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    free = list(SMALL.free_slots())
    unwritten = list(SMALL.unwritten_visits())

    assert min(slot.starts_at for slot, _ in free) > monday
    assert max(visit.slot.starts_at for visit in unwritten) < monday
    assert not any(SMALL.is_taken(slot, therapist) for slot, therapist in free)
    assert {therapist for _, therapist in free} == set(range(THERAPISTS_PER_CLINIC))


def test_ids_differ_and_rise():
    ids = [SMALL.id("appointment", number) for number in range(1_000)]

    assert ids == sorted(set(ids))
    assert {made.version for made in ids} == {7}
    assert not set(ids) & {SMALL.id("client", number) for number in range(1_000)}
