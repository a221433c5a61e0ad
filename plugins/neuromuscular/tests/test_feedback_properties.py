"""What holds for every sequence of feedback, whatever the client says."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from polyclinic_neuromuscular.rules.feedback import Feedback, apply_feedback, releases
from polyclinic_neuromuscular.schemas import ProtocolSchema
from polyclinic_neuromuscular.vocabulary import MAX_RAISES, ProtocolRefused, Sensation, Signal

NOW = datetime(2026, 11, 23, 10, 58, tzinfo=UTC)
POINT_ID = "5f0c1f6e-8c7e-4d43-9a55-0a3f5b1f2d01"
SIGNALS = st.builds(
    Feedback,
    event_id=st.uuids().map(str),
    point_id=st.just(POINT_ID),
    signal=st.sampled_from([Signal.MORE, Signal.GOOD, Signal.LESS, Signal.STOP]),
    pain=st.none() | st.integers(0, 10),
    sensation=st.none() | st.sampled_from([sensation.value for sensation in Sensation]),
)


def run(level, signals, cap):
    data = {"state": "treating", "points": [{"point_id": POINT_ID, "point_pressure": level}], "feedback": []}
    for signal in signals:
        given_data = deepcopy(data)
        try:
            changed = apply_feedback(data, signal, cap, NOW)
        except ProtocolRefused:
            assert data["state"] == "paused"
            break
        assert data == given_data
        data = changed
    return data


@given(level=st.integers(0, 5), signals=st.lists(SIGNALS, max_size=12), cap=st.none() | st.integers(0, 5))
def test_pressure_never_rises_above_the_cap_nor_more_than_three_times(level, signals, cap):
    data = run(level, signals, cap)
    rises = [event for event in data["feedback"] if event["level_after"] > event["level_before"]]

    assert all(event["level_after"] <= (5 if cap is None else cap) for event in rises)
    assert len(rises) <= MAX_RAISES
    assert 0 <= data["points"][0]["point_pressure"] <= 5


@given(level=st.integers(0, 5), signals=st.lists(SIGNALS, max_size=12), cap=st.none() | st.integers(0, 5))
def test_release_always_ends_the_log_at_zero_and_paused(level, signals, cap):
    data = run(level, signals, cap)
    released = [releases(event["signal"], event["pain"], event["sensation"]) for event in data["feedback"]]

    assert not any(released[:-1])
    assert (data["state"] == "paused") == any(released)
    assert not any(released) or data["points"][0]["point_pressure"] == 0


@given(level=st.integers(0, 5), signals=st.lists(SIGNALS, max_size=12), cap=st.none() | st.integers(0, 5))
def test_every_outcome_is_a_valid_draft_with_a_gapless_log(level, signals, cap):
    data = run(level, signals, cap)
    levels = [(event["level_before"], event["level_after"]) for event in data["feedback"]]

    assert ProtocolSchema().validate(data, partial=True) == {}
    assert [before for before, _ in levels] == [level, *(after for _, after in levels)][: len(levels)]
    assert all(UUID(event["event_id"]) for event in data["feedback"])
