"""The live feedback: what the client's signal does to the pressure (rules fb1 to fb8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from polyclinic_neuromuscular.vocabulary import (
    CAUTION_ABOVE,
    MAX_LEVEL,
    MAX_RAISES,
    STOP_FROM,
    STOPPING_SENSATIONS,
    ProtocolRefused,
    ProtocolState,
    Signal,
)


@dataclass(frozen=True)
class Feedback:
    """What the client said about one point; pain 0-10 under the pressure, `event_id` makes a repeat harmless."""

    event_id: str
    point_id: str
    signal: Signal
    pain: int | None = None
    pain_before: int | None = None
    pain_after: int | None = None
    sensation: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Adjustment:
    """The new level 0-5, why it is not what the client asked for, and whether the treatment pauses."""

    level: int
    note: str | None = None
    pauses: bool = False


def releases(signal: str | None, pain: int | None, sensation: str | None) -> bool:
    """Tell whether to release fully (fb4): stop, pain of 8 or more, new tingling, numbness or dizziness."""
    return signal == Signal.STOP or (pain is not None and pain >= STOP_FROM) or sensation in STOPPING_SENSATIONS


def adjust(level: int, feedback: Feedback, *, cap: int | None, raises: int) -> Adjustment:
    """Give the level that follows one signal; `cap` is the client's pressure cap, `raises` those the point had so far.

    A release beats everything (fb4), then easing by one level (fb3), then a raise by one up to the cap and at most
    three times (fb5, fb7). The level never rises in any other case.
    """
    if releases(feedback.signal, feedback.pain, feedback.sensation):
        return Adjustment(0, pauses=True)
    if feedback.signal is Signal.LESS or (feedback.pain is not None and feedback.pain > CAUTION_ABOVE):
        return Adjustment(max(0, level - 1))
    if feedback.signal is not Signal.MORE:
        return Adjustment(level)
    return _raised(level, MAX_LEVEL if cap is None else min(cap, MAX_LEVEL), raises)


def apply_feedback(data: Mapping[str, Any], feedback: Feedback, cap: int | None, now: datetime) -> dict[str, Any]:
    """Give the protocol after one signal: the point's pressure adjusted, the event logged with both levels.

    Raises ProtocolRefused while the treatment is paused or ended, and for a point that the protocol does not hold.
    An event whose id is already logged changes nothing.
    """
    log = list(data.get("feedback") or ())
    if any(event.get("event_id") == feedback.event_id for event in log):
        return dict(data)
    _require_treating(data)
    points = list(data.get("points") or ())
    position = _position(points, feedback.point_id)
    before = points[position].get("point_pressure") or 0
    adjustment = adjust(before, feedback, cap=cap, raises=_raises(log, feedback.point_id))
    points[position] = {**points[position], "point_pressure": adjustment.level}
    event = _event(feedback, (before, adjustment.level), now)
    event["note"] = " ".join(filter(None, (feedback.note, adjustment.note))) or None
    changed = {**data, "points": points, "feedback": [*log, event]}
    return {**changed, "state": ProtocolState.PAUSED.value, "pause_reason": None} if adjustment.pauses else changed


def apply_resume(data: Mapping[str, Any], reason: str, event_id: str, now: datetime) -> dict[str, Any]:
    """Give the protocol after the therapist ended a pause with a reason; the pressure stays where it is.

    Raises ProtocolRefused when nothing is paused or the reason is empty. The reason of the pause moves into the log.
    """
    if data.get("state") != ProtocolState.PAUSED:
        raise ProtocolRefused("The treatment is not paused.")
    if not reason.strip():
        raise ProtocolRefused("Give a reason to resume.")
    event = {
        **_EMPTY_EVENT,
        "event_id": event_id,
        "at": _utc_text(now),
        "signal": Signal.RESUME.value,
        "note": data.get("pause_reason"),
        "reason": reason.strip(),
    }
    log = [*(data.get("feedback") or ()), event]
    return {**data, "feedback": log, "state": ProtocolState.TREATING.value, "pause_reason": None}


def is_pause_open(events: Iterable[tuple[str | None, int | None, str | None]]) -> bool:
    """Tell whether the log, as (signal, pain, sensation) from oldest to newest, ends in a release without a resume."""
    is_open = False
    for signal, pain, sensation in events:
        if signal == Signal.RESUME:
            is_open = False
        elif releases(signal, pain, sensation):
            is_open = True
    return is_open


_EMPTY_EVENT: Mapping[str, Any] = {
    "event_id": None,
    "at": None,
    "point_id": None,
    "signal": None,
    "level_before": None,
    "level_after": None,
    "pain": None,
    "pain_before": None,
    "pain_after": None,
    "sensation": None,
    "note": None,
    "reason": None,
}


def _raised(level: int, ceiling: int, raises: int) -> Adjustment:
    if level >= ceiling:
        return Adjustment(level, note=f"Not raised: pressure {ceiling} is the cap.")
    if raises >= MAX_RAISES:
        return Adjustment(level, note=f"Not raised: the point had {MAX_RAISES} raises.")
    return Adjustment(level + 1)


def _require_treating(data: Mapping[str, Any]) -> None:
    if data.get("state") == ProtocolState.PAUSED:
        raise ProtocolRefused("The treatment is paused. Resume it with a reason first.")
    if data.get("state") == ProtocolState.ENDED_EARLY:
        raise ProtocolRefused("The treatment was ended early and takes no more feedback.")


def _position(points: list[Any], point_id: str) -> int:
    for position, point in enumerate(points):
        if point.get("point_id") == point_id:
            return position
    raise ProtocolRefused("This point is no longer in the protocol. Reload the page.")


def _raises(log: list[Any], point_id: str) -> int:
    return sum(
        event.get("point_id") == point_id and (event.get("level_after") or 0) > (event.get("level_before") or 0)
        for event in log
    )


def _event(feedback: Feedback, levels: tuple[int, int], now: datetime) -> dict[str, Any]:
    return {
        **_EMPTY_EVENT,
        "event_id": feedback.event_id,
        "at": _utc_text(now),
        "point_id": feedback.point_id,
        "signal": feedback.signal.value,
        "level_before": levels[0],
        "level_after": levels[1],
        "pain": feedback.pain,
        "pain_before": feedback.pain_before,
        "pain_after": feedback.pain_after,
        "sensation": feedback.sensation,
    }


def _utc_text(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds")
